#pragma once

#include <functional>
#include <string>

namespace hourglass::cli {

// The exit codes of every program.
constexpr int kDone = 0;
constexpr int kFailed = 1;         ///< the work failed
constexpr int kWrongUsage = 2;     ///< the command line cannot be right, whatever the files hold
constexpr int kInterrupted = 130;  ///< Ctrl-C

/// Runs a program's work. Errors become one line on standard error, "name: message", and an exit
/// code.
int run_program(const std::string& name, const std::function<int()>& work);

}  // namespace hourglass::cli
