#pragma once

#include "hourglass/cli/command_line.h"
#include "hourglass/cli/help_text.h"
#include "hourglass/core/fields.h"

#include <filesystem>
#include <string>

// What is made of a program's table of options when Hourglass is built: its manual page, what shells
// complete, and its line in the list of all programs.

namespace hourglass::cli {

/// The manual page "hourglass-NAME".
std::string man_page(const ProgramInfo& program, const FieldTable& table,
                     const ValueSources& sources = {});

/// What shells complete, a line an option: its name, the kind of its value, and the values offered.
///
///   --activation choice relu tanh     (one of these)
///   --save-parts list encoder decoder (some of these, comma-separated)
///   --out folder                      (or: file, value, switch)
///
/// A first line "argument file" where the program takes arguments.
std::string completion_table(const ProgramInfo& program, const FieldTable& table);

/// Writes `folder`/hourglass-NAME.1, NAME.options (the completion table) and NAME.summary (group and
/// summary, a line each). apps/ProgramPages.cmake puts them together.
void write_program_pages(const std::filesystem::path& folder, const ProgramInfo& program,
                         const FieldTable& table, const ValueSources& sources);

}  // namespace hourglass::cli
