#include "hourglass/cli/command_line.h"

#include "hourglass/core/error.h"

#include <cxxopts.hpp>

#include <algorithm>
#include <regex>
#include <string_view>

namespace hourglass::cli {
namespace {

std::string dashed(const std::string& field) { return replaced(field, '_', '-'); }

// What cxxopts calls that which stands without a flag.
constexpr const char* kPositional = "positional";

// What every program has beside its table.
constexpr const char* kHelp = "help";
constexpr const char* kVersionOption = "version";
constexpr const char* kPages = "write-pages";  // for the build: not in --help

cxxopts::Options cxxopts_of(const ProgramInfo& program, const FieldTable& table) {
  cxxopts::Options options(program.name, program.summary);
  for (const auto& row : table.rows()) {
    const auto value = cxxopts::value<std::string>();
    if (row.is_switch()) value->implicit_value("true");
    options.add_option("", cxxopts::Option(dashed(row.name), "", value));
  }
  options.add_option("",
                     cxxopts::Option(kPositional, "", cxxopts::value<std::vector<std::string>>()));
  options.add_option("", cxxopts::Option("h,help", "", cxxopts::value<bool>()));
  options.add_option("", cxxopts::Option(kVersionOption, "", cxxopts::value<bool>()));
  options.add_option("", cxxopts::Option(kPages, "", cxxopts::value<std::string>()));
  if (!program.positional.empty()) options.parse_positional({kPositional});
  return options;
}

[[noreturn]] void unknown_option(const std::string& argument, const ProgramInfo& program,
                                 const FieldTable& table) {
  const std::string flag = argument.substr(0, argument.find('='));
  const std::string word = flag.substr(std::min(flag.find_first_not_of('-'), flag.size()));
  std::vector<std::string> names;
  for (const auto& field : table.names()) names.push_back(dashed(field));
  names.insert(names.end(), {kHelp, kVersionOption});
  const auto nearest = nearest_word(word, names);
  throw UsageError("unknown option '{}'{}; `{} --help` lists all", flag,
                   nearest ? fmt::format(" (did you mean '--{}'?)", *nearest) : "", program.name);
}

/// cxxopts takes `--positional X` for X, as it has to have a name for it.
void refuse_hidden_option(int argc, const char* const* argv, const ProgramInfo& program,
                          const FieldTable& table) {
  const std::string hidden = option_name(kPositional);
  for (int i = 1; i < argc && argv[i] != std::string_view("--"); ++i) {
    const std::string argument = argv[i];
    if (argument.substr(0, argument.find('=')) == hidden) unknown_option(argument, program, table);
  }
}

/// Gives one field its value.
void set_field(CommandLine& line, const FieldTable& table, const cxxopts::KeyValue& argument) {
  const std::string field = field_name("--" + argument.key());
  if (line.has(field)) throw UsageError("`{}`: given more than once", field);
  table.find(field)->set(argument.value());
  line.given.push_back(field);
}

}  // namespace

bool CommandLine::has(const std::string& name) const {
  return std::find(given.begin(), given.end(), name) != given.end();
}

std::string option_name(const std::string& field) { return "--" + dashed(field); }

std::string field_name(const std::string& option) {
  return option.starts_with("--") ? replaced(option.substr(2), '-', '_') : "";
}

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
  refuse_hidden_option(argc, argv, program, table);
  CommandLine line;
  try {
    const auto parsed = options.parse(argc, argv);
    line.help = parsed.count(kHelp) > 0;
    line.version = parsed.count(kVersionOption) > 0;
    if (parsed.count(kPages) > 0) line.pages = parsed[kPages].as<std::string>();
    for (const auto& argument : parsed.unmatched()) {
      if (line.help) break;
      if (argument.starts_with("-") && argument != "-") unknown_option(argument, program, table);
      throw UsageError("unexpected argument '{}'; `{} --help` shows the usage", argument,
                       program.name);
    }
    for (const auto& argument : parsed.arguments()) {
      const std::string& key = argument.key();
      if (key == kHelp || key == kVersionOption || key == kPages) continue;
      if (key == kPositional) {
        line.positional.push_back(argument.value());
        continue;
      }
      try {
        set_field(line, table, argument);
      } catch (const UsageError&) {
        if (!line.help) throw;
      }
    }
  } catch (const cxxopts::exceptions::incorrect_argument_type&) {
    throw UsageError("`help`, `version`: expected no value beside them, found one");
  } catch (const cxxopts::exceptions::exception& error) {
    throw UsageError("{}; `{} --help` shows the usage", error.what(), program.name);
  }
  return line;
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
