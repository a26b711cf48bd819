#pragma once

#include <string>

namespace hourglass::cli {

/// The program `<variant>_autoencoder` of a registered variant: trains a model as the command line
/// says and leaves a run's folder. Returns the exit code.
int train_from_command_line(const std::string& variant, int argc, const char* const* argv);

}  // namespace hourglass::cli
