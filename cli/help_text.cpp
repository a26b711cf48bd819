#include "hourglass/cli/help_text.h"

#include "hourglass/cli/program_pages.h"
#include "hourglass/cli/version.h"
#include "hourglass/core/terminal.h"
#include "hourglass/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

namespace hourglass::cli {
namespace {

constexpr const char* kThisLine = "this command line";

bool is_word_at(std::string_view text, size_t at, size_t size) {
  const auto joins = [&](size_t i) {
    return i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) != 0 ||
                               text[i] == '-' || text[i] == '_');
  };
  return (at == 0 || !joins(at - 1)) && !joins(at + size);
}

bool names(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    if (is_word_at(text, at, word.size())) return true;
  }
  return false;
}

/// "one of relu, tanh"; "" where there are no names, or the explanation tells them already.
std::string choices_text(const Field& field) {
  const auto& choices = field.choices();
  const bool told = std::all_of(choices.begin(), choices.end(),
                                [&](const auto& choice) { return names(field.help, choice); });
  if (told) return "";
  return (field.is_list() ? "any of " : "one of ") + join_text(choices);
}

/// "default: 20, by recipe digits-2d"; "" where there is nothing to tell.
std::string value_text(const Field& field, const ValueSources& sources) {
  std::string value = field.value_text();
  const auto source = sources.by_field.find(field.name);
  const bool own = source == sources.by_field.end();
  if (field.is_switch()) {
    if (value == "false" && own) return "";
    value = value == "true" ? "on" : "off";
  }
  if (value.empty()) return "";
  if (own) return "default: " + value;
  const bool given = source->second == kThisLine;
  std::string text = fmt::format("{}: {}, by {}", given ? "now" : "default", value, source->second);
  if (field.is_switch() && value == "on" && !given)
    text += fmt::format("; {}=false", option_name(field.name));
  return text;
}

/// An option and its explanation, wrapped beside it, or below it where there is little room.
std::string help_entry(const std::string& option, const std::string& explanation, size_t width) {
  const size_t indent = width >= 72 ? 32 : 8;
  std::string text = "  " + option;
  const bool beside = text.size() + 1 < indent;
  text += beside ? std::string(indent - text.size(), ' ') : "\n";
  bool first = beside;
  for (const auto& line : wrap_words(explanation, width > indent ? width - indent : 1)) {
    text += (first ? "" : std::string(indent, ' ')) + line + "\n";
    first = false;
  }
  return text;
}

std::string heading(const std::string& text) {
  return "\n" + styled(stdout, Style::Heading, text) + "\n";
}

std::string paragraph(const std::string& text, size_t width) {
  return join_text(wrap_words(text, width), "\n") + "\n";
}

}  // namespace

std::string option_usage(const Field& field) {
  return option_name(field.name) + (field.is_switch() ? "" : " " + field.placeholder());
}

std::string option_explanation(const Field& field, const ValueSources& sources) {
  std::string text = field.help, tail;
  for (const auto& part : {choices_text(field), value_text(field, sources)}) {
    if (!part.empty()) tail += (tail.empty() ? "" : "; ") + part;
  }
  return tail.empty() ? text : text + " (" + tail + ")";
}

std::vector<UsualOption> usual_options() {
  return {{"--help", "print this help and exit; with other options it shows what they change"},
          {"--version", "print versions and exit"}};
}

std::string help_text(const ProgramInfo& program, const FieldTable& table,
                      const ValueSources& sources, size_t width) {
  std::string text = paragraph(program.summary, width);
  text += fmt::format("\nUsage: {} {}[OPTION...]\n", program.name,
                      program.positional.empty() ? "" : program.positional + " ");
  for (const auto& note : sources.notes) text += "\n" + paragraph(note, width);
  std::string group;
  for (const auto& row : table.rows()) {
    if (row.group != group) text += heading(row.group);
    group = row.group;
    text += help_entry(option_usage(row), with_dashes(option_explanation(row, sources)), width);
  }
  text += heading("Help");
  for (const auto& [usage, explanation] : usual_options()) {
    text += help_entry(usage, explanation, width);
  }
  if (!program.examples.empty()) text += heading("Examples");
  for (const auto& example : program.examples) text += "  " + example + "\n";
  return text;
}

bool answer_question(const ProgramInfo& program, const FieldTable& table, const CommandLine& line,
                     ValueSources sources) {
  // Wider lines are hard to read.
  constexpr size_t kWidest = 110;
  if (line.help) {
    for (const auto& field : line.given) sources.by_field[field] = kThisLine;
    fmt::print("{}", help_text(program, table, sources, std::min(line_width(stdout), kWidest)));
  } else if (line.version) {
    fmt::print("{}", version_text(program.name));
  } else if (!line.pages.empty()) {
    write_program_pages(line.pages, program, table, sources);
  } else {
    return false;
  }
  return true;
}

}  // namespace hourglass::cli
