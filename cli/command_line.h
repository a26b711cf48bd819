#pragma once

#include "hourglass/core/fields.h"

#include <optional>
#include <string>
#include <vector>

namespace hourglass::cli {

/// What a program says of itself in --help.
struct ProgramInfo {
  std::string name;        ///< "dense_autoencoder"
  std::string summary;     ///< one line
  std::string positional;  ///< "CKPT [CKPT...]", or empty where only flags are taken
  std::vector<std::string> examples;
  std::string group = "Tools";  ///< its heading in the list of all programs
};

// A field "learning_rate" is the option --learning-rate.

struct CommandLine {
  std::vector<std::string> positional;
  std::vector<std::string> given;  ///< names of the fields that the command line sets, in order
  bool help = false, version = false;
  std::string pages;  ///< of --write-pages: where the program's man page goes; empty: not asked

  bool has(const std::string& name) const;
};

/// "learning_rate" -> "--learning-rate".
std::string option_name(const std::string& field);

/// The inverse; "" for what is no option.
std::string field_name(const std::string& option);

/// A message with every field that it names in backquotes, "`learning_rate`", written as users type
/// it, "--learning-rate".
std::string with_dashes(const std::string& message);

/// Sets the table's fields from `argv`. Throws `UsageError` on an unknown option (with the nearest
/// known one), a missing or wrong value, an option given twice, and positional arguments where the
/// program takes none. Beside --help wrong values and arguments are passed over: who asks for help
/// may want to know what would be right.
CommandLine parse_command_line(const ProgramInfo& program, const FieldTable& table, int argc,
                               const char* const* argv);

/// The value of one field before the table exists (a recipe decides the defaults of all others);
/// none when absent. Throws `UsageError` when the value is missing.
std::optional<std::string> peek_option(const std::string& field, int argc, const char* const* argv);

}  // namespace hourglass::cli
