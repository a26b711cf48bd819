#pragma once

#include "core/options.h"

#include <optional>
#include <string>
#include <vector>

namespace hourglass {

/// What a program says of itself in --help.
struct ProgramInfo {
  std::string name;        ///< "dense_autoencoder"
  std::string summary;     ///< one line
  std::string positional;  ///< "CKPT [CKPT...]", or empty where only flags are taken
  std::vector<std::string> examples;
};

struct CommandLine {
  std::vector<std::string> positional;
  std::vector<std::string> given;  ///< names of the options on the command line, in order
  bool help = false;

  bool has(const std::string& name) const;
};

/// Sets the table's fields from `argv`. Throws `UsageError` on an unknown option (with the nearest
/// known one), a missing or wrong value, an option given twice, and positional arguments where the
/// program takes none.
CommandLine parse_command_line(const ProgramInfo& program, const OptionTable& table, int argc,
                               const char* const* argv);

/// The text of --help: options by group with their present values as defaults.
std::string help_text(const ProgramInfo& program, const OptionTable& table);

/// The value of one option before the table exists (a recipe decides the defaults of all others);
/// none when absent. Throws `UsageError` when the value is missing.
std::optional<std::string> peek_option(const std::string& name, int argc, const char* const* argv);

}  // namespace hourglass
