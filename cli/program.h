#pragma once

#include <cstdio>
#include <exception>
#include <functional>
#include <string>

namespace hourglass::cli {

// The exit codes of every program.
constexpr int kDone = 0;
constexpr int kFailed = 1;         ///< the work failed
constexpr int kWrongUsage = 2;     ///< the command line cannot be right, whatever the files hold
constexpr int kInterrupted = 130;  ///< Ctrl-C

/// The one line of an error that users need (`words_of`). Fields are written as options.
std::string user_message(const std::exception& error);

/// "note      …", a line for people.
void print_note(std::FILE* stream, const std::string& note);

/// Whether the program was started with one; what is printed without goes nowhere.
bool standard_output_is_open();

/// Runs a program's work. Errors become one line on standard error, "name: message", and an exit
/// code. Standard streams that are closed become /dev/null. For the end of `main`: the process then
/// ends without the destructors of static objects.
int run_program(const std::string& name, const std::function<int()>& work);

}  // namespace hourglass::cli
