#include "hourglass/cli/program_pages.h"

#include "hourglass/cli/man_page.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"

#include <fmt/format.h>

#include <string_view>

namespace hourglass::cli {
namespace {

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// What kind of value a placeholder stands for.
std::string kind_of(const Field& field) {
  if (field.is_switch()) return "switch";
  if (field.is_list()) return "list";
  const std::string& placeholder = field.placeholder();
  if (!field.offered().empty()) return "choice";
  if (holds(placeholder, "DIR")) return "folder";
  if (holds(placeholder, "FILE") || holds(placeholder, "PATH") || holds(placeholder, "CKPT")) {
    return "file";
  }
  return "value";
}

std::string without_period(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

std::string man_page(const ProgramInfo& program, const FieldTable& table,
                     const ValueSources& sources) {
  ManPage page("hourglass-" + program.name, without_period(program.summary));
  page.synopsis("hourglass " + program.name,
                program.positional.empty() ? "[OPTION...]" : program.positional + " [OPTION...]");
  if (!sources.notes.empty()) page.section("DESCRIPTION");
  for (const auto& note : sources.notes) page.paragraph(note);
  page.section("OPTIONS");
  std::string group;
  for (const auto& row : table.rows()) {
    if (row.group != group) page.subsection(row.group);
    group = row.group;
    page.entry(option_name(row.name), row.placeholder(),
               with_dashes(option_explanation(row, sources)));
  }
  page.subsection("Help");
  for (const auto& [usage, explanation] : usual_options()) page.entry(usage, "", explanation);
  if (!program.examples.empty()) page.section("EXAMPLES");
  for (const auto& example : program.examples) page.command("hourglass " + example);
  page.section("EXIT STATUS");
  page.paragraph("0: done. 1: the work failed. 2: wrong usage. 130: interrupted.");
  page.section("ENVIRONMENT");
  page.entry("NO_COLOR", "", "set to anything: no colours on terminals");
  page.section("SEE ALSO");
  page.paragraph("hourglass(1)");
  return page.text();
}

std::string completion_table(const ProgramInfo& program, const FieldTable& table) {
  std::string text = program.positional.empty() ? "" : "argument file\n";
  for (const auto& row : table.rows()) {
    text += fmt::format("{} {}", option_name(row.name), kind_of(row));
    for (const auto& value : row.offered()) text += " " + value;
    text += "\n";
  }
  return text + "--help switch\n--version switch\n";
}

void write_program_pages(const std::filesystem::path& folder, const ProgramInfo& program,
                         const FieldTable& table, const ValueSources& sources) {
  create_folders(folder);
  write_file_atomically(folder / ("hourglass-" + program.name + ".1"),
                        man_page(program, table, sources));
  write_file_atomically(folder / (program.name + ".options"), completion_table(program, table));
  write_file_atomically(folder / (program.name + ".summary"),
                        fmt::format("{}\n{}\n", program.group, program.summary));
}

}  // namespace hourglass::cli
