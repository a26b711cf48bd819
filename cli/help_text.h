#pragma once

#include "hourglass/cli/command_line.h"
#include "hourglass/core/fields.h"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace hourglass::cli {

/// Where the values that options have come from.
struct ValueSources {
  /// "epochs" -> "recipe digits-2d". Fields that are not here have the program's own defaults.
  std::map<std::string, std::string> by_field;
  /// What decided them, said at the top of --help; a paragraph each.
  std::vector<std::string> notes;
};

/// "--epochs N".
std::string option_usage(const Field& field);

/// What an option does, the names it takes unless that tells them, its default, and where the
/// default comes from.
std::string option_explanation(const Field& field, const ValueSources& sources = {});

/// The options that every program has.
struct UsualOption {
  std::string usage, explanation;
};
std::vector<UsualOption> usual_options();

/// The text of --help: options by group, with the values they have as defaults, and where these
/// come from. Lines of at most `width` characters.
std::string help_text(const ProgramInfo& program, const FieldTable& table,
                      const ValueSources& sources = {}, size_t width = 80);

/// Answers what programs are asked about themselves: --help, on standard output, --version, and
/// the hidden --write-pages, see `write_program_pages`. False where it is the work that is asked
/// for.
bool answer_question(const ProgramInfo& program, const FieldTable& table, const CommandLine& line,
                     ValueSources sources = {});

}  // namespace hourglass::cli
