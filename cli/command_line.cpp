#include "core/command_line.h"

#include "core/error.h"

#include <cxxopts.hpp>

#include <algorithm>

namespace hourglass {
namespace {

constexpr const char* kPositional = "positional";

cxxopts::Options cxxopts_of(const ProgramInfo& program, const OptionTable& table) {
  cxxopts::Options options(program.name, program.summary);
  for (const auto& row : table.rows()) {
    const auto value = cxxopts::value<std::string>();
    if (row.value_name.empty()) value->implicit_value("true");
    options.add_option("", cxxopts::Option(row.name, "", value));
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
                                 const OptionTable& table) {
  const std::string flag = argument.substr(0, argument.find('='));
  const std::string word = flag.substr(std::min(flag.find_first_not_of('-'), flag.size()));
  auto names = table.names();
  names.emplace_back("help");
  const auto nearest = nearest_word(word, names);
  throw UsageError("unknown option '{}'{}; `{} --help` lists all", flag,
                   nearest ? fmt::format(" (did you mean '--{}'?)", *nearest) : "", program.name);
}

}  // namespace

bool CommandLine::has(const std::string& name) const {
  return std::find(given.begin(), given.end(), name) != given.end();
}

CommandLine parse_command_line(const ProgramInfo& program, const OptionTable& table, int argc,
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
      if (line.has(argument.key())) {
        throw UsageError("--{}: given more than once", argument.key());
      }
      line.given.push_back(argument.key());
      table.find(argument.key())->set(argument.value());
    }
  } catch (const cxxopts::exceptions::exception& error) {
    throw UsageError("{}; `{} --help` shows the usage", error.what(), program.name);
  }
  return line;
}

std::string help_text(const ProgramInfo& program, const OptionTable& table) {
  std::string text = fmt::format("{}\n\nUsage: {} {}[OPTION...]\n", program.summary, program.name,
                                 program.positional.empty() ? "" : program.positional + " ");
  std::string group;
  for (const auto& row : table.rows()) {
    if (row.group != group) text += "\n" + row.group + "\n";
    group = row.group;
    const bool has_default = !row.value_name.empty() && !row.value_text().empty();
    text += help_entry("--" + row.name + (row.value_name.empty() ? "" : " " + row.value_name),
                       row.help + (has_default ? " (default: " + row.value_text() + ")" : ""));
  }
  text += "\nHelp\n" + help_entry("--help", "print this help and exit");
  if (!program.examples.empty()) text += "\nExamples\n";
  for (const auto& example : program.examples) text += "  " + example + "\n";
  return text;
}

std::optional<std::string> peek_option(const std::string& name, int argc, const char* const* argv) {
  const std::string flag = "--" + name;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.starts_with(flag + "=")) return argument.substr(flag.size() + 1);
    if (argument != flag) continue;
    if (i + 1 == argc) throw UsageError("{}: expected a value, found the end of the line", flag);
    return std::string(argv[i + 1]);
  }
  return {};
}

}  // namespace hourglass
