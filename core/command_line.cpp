#include "core/command_line.h"

#include "core/error.h"

#include <cxxopts.hpp>

#include <algorithm>

namespace hourglass {
namespace {

constexpr const char* kPositional = "positional";

cxxopts::Options cxxopts_of(const ProgramInfo& program, const OptionTable& table) {
  cxxopts::Options options(program.name, program.summary);
  options.set_width(110)
      .positional_help(program.positional)
      .custom_help(program.positional.empty() ? "[OPTION…]" : program.positional + " [OPTION…]");
  for (const auto& row : table.rows()) {
    const auto value = row.value_name.empty()
                           ? cxxopts::value<std::string>()->implicit_value("true")
                           : cxxopts::value<std::string>()->default_value(row.value_text());
    options.add_option(row.group, cxxopts::Option(row.name, row.help, value, row.value_name));
  }
  options.add_option("",
                     cxxopts::Option(kPositional, "", cxxopts::value<std::vector<std::string>>()));
  options.add_option("Help",
                     cxxopts::Option("h,help", "print this help and exit", cxxopts::value<bool>()));
  if (!program.positional.empty()) options.parse_positional({kPositional});
  return options;
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
  const cxxopts::Options options = cxxopts_of(program, table);
  std::vector<std::string> groups;
  for (const auto& row : table.rows()) {
    if (std::find(groups.begin(), groups.end(), row.group) == groups.end()) {
      groups.push_back(row.group);
    }
  }
  groups.emplace_back("Help");
  std::string text = options.help(groups);
  if (!program.examples.empty()) text += "\nExamples:\n";
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
