#include "hourglass/cli/command_line.h"

#include "hourglass/core/error.h"

#include <cxxopts.hpp>

#include <algorithm>
#include <regex>

namespace hourglass::cli {
namespace {

std::string dashed(std::string field) {
  std::replace(field.begin(), field.end(), '_', '-');
  return field;
}

/// The inverse.
std::string field_of(std::string option) {
  std::replace(option.begin(), option.end(), '-', '_');
  return option;
}

constexpr const char* kPositional = "positional";

cxxopts::Options cxxopts_of(const ProgramInfo& program, const FieldTable& table) {
  cxxopts::Options options(program.name, program.summary);
  for (const auto& row : table.rows()) {
    const auto value = cxxopts::value<std::string>();
    if (row.placeholder().empty()) value->implicit_value("true");
    options.add_option("", cxxopts::Option(dashed(row.name), "", value));
  }
  options.add_option("",
                     cxxopts::Option(kPositional, "", cxxopts::value<std::vector<std::string>>()));
  options.add_option("", cxxopts::Option("h,help", "", cxxopts::value<bool>()));
  if (!program.positional.empty()) options.parse_positional({kPositional});
  return options;
}

/// An option and its explanation, wrapped beside it.
std::string help_entry(const std::string& option, const std::string& explanation) {
  constexpr size_t kIndent = 32, kWidth = 110;
  std::string text, line = "  " + option;
  if (line.size() >= kIndent) {
    text = line + "\n";
    line.clear();
  }
  line.resize(kIndent - 1, ' ');
  for (const auto& word : split_text(explanation, ' ')) {
    if (line.size() + 1 + word.size() > kWidth) {
      text += line + "\n";
      line.assign(kIndent - 1, ' ');
    }
    line += " " + word;
  }
  return text + line + "\n";
}

[[noreturn]] void unknown_option(const std::string& argument, const ProgramInfo& program,
                                 const FieldTable& table) {
  const std::string flag = argument.substr(0, argument.find('='));
  const std::string word = flag.substr(std::min(flag.find_first_not_of('-'), flag.size()));
  std::vector<std::string> names;
  for (const auto& field : table.names()) names.push_back(dashed(field));
  names.emplace_back("help");
  const auto nearest = nearest_word(word, names);
  throw UsageError("unknown option '{}'{}; `{} --help` lists all", flag,
                   nearest ? fmt::format(" (did you mean '--{}'?)", *nearest) : "", program.name);
}

}  // namespace

bool CommandLine::has(const std::string& name) const {
  return std::find(given.begin(), given.end(), name) != given.end();
}

std::string option_name(const std::string& field) { return "--" + dashed(field); }

std::string with_dashes(const std::string& message) {
  static const std::regex kField("`([a-z0-9_]+)`");
  std::string text;
  auto rest = message.cbegin();
  for (std::smatch found; std::regex_search(rest, message.cend(), found, kField);
       rest = found[0].second) {
    text.append(rest, found[0].first);
    text += option_name(found[1]);
  }
  return text.append(rest, message.cend());
}

CommandLine parse_command_line(const ProgramInfo& program, const FieldTable& table, int argc,
                               const char* const* argv) {
  cxxopts::Options options = cxxopts_of(program, table);
  options.allow_unrecognised_options();
  CommandLine line;
  try {
    const auto parsed = options.parse(argc, argv);
    line.help = parsed.count("help") > 0;
    if (line.help) return line;
    for (const auto& argument : parsed.unmatched()) {
      if (argument.starts_with("-") && argument != "-") unknown_option(argument, program, table);
      throw UsageError("unexpected argument '{}'; `{} --help` shows the usage", argument,
                       program.name);
    }
    for (const auto& argument : parsed.arguments()) {
      if (argument.key() == kPositional) {
        line.positional.push_back(argument.value());
        continue;
      }
      const std::string field = field_of(argument.key());
      if (line.has(field)) throw UsageError("`{}`: given more than once", field);
      line.given.push_back(field);
      table.find(field)->set(argument.value());
    }
  } catch (const cxxopts::exceptions::exception& error) {
    throw UsageError("{}; `{} --help` shows the usage", error.what(), program.name);
  }
  return line;
}

std::string help_text(const ProgramInfo& program, const FieldTable& table) {
  std::string text = fmt::format("{}\n\nUsage: {} {}[OPTION...]\n", program.summary, program.name,
                                 program.positional.empty() ? "" : program.positional + " ");
  std::string group;
  for (const auto& row : table.rows()) {
    if (row.group != group) text += "\n" + row.group + "\n";
    group = row.group;
    const bool has_default = !row.placeholder().empty() && !row.value_text().empty();
    text += help_entry(
        option_name(row.name) + (row.placeholder().empty() ? "" : " " + row.placeholder()),
        row.help + (has_default ? " (default: " + row.value_text() + ")" : ""));
  }
  text += "\nHelp\n" + help_entry("--help", "print this help and exit");
  if (!program.examples.empty()) text += "\nExamples\n";
  for (const auto& example : program.examples) text += "  " + example + "\n";
  return text;
}

std::optional<std::string> peek_option(const std::string& field, int argc,
                                       const char* const* argv) {
  const std::string flag = option_name(field);
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.starts_with(flag + "=")) return argument.substr(flag.size() + 1);
    if (argument != flag) continue;
    if (i + 1 == argc) throw UsageError("{}: expected a value, found the end of the line", flag);
    return std::string(argv[i + 1]);
  }
  return {};
}

}  // namespace hourglass::cli
