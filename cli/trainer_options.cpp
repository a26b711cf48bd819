#include "hourglass/cli/trainer_options.h"

#include "hourglass/cli/command_line.h"
#include "hourglass/cli/help_text.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/runs/consequences.h"
#include "hourglass/runs/dependences.h"
#include "hourglass/runs/option_file.h"
#include "hourglass/runs/run_title.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>
#include <vector>

namespace hourglass::cli {
namespace {

ProgramInfo program_info(const recipes::Variant& variant) {
  const std::string name = variant.name + "_autoencoder";
  return {.name = name,
          .summary = fmt::format("Trains an autoencoder: {}.", variant.summary),
          .positional = "",
          .examples =
              {
                  fmt::format("{}   # the recipe {}", name, variant.recipes.front().name),
                  fmt::format("{} --dataset csv:mine.csv --epochs 50 --out runs/mine", name),
                  fmt::format("{} --resume runs/mine", name),
                  fmt::format("{} --config runs/mine/run.json --seed 2", name),
              },
          .group = "Train"};
}

/// The program's arguments, of which a few decide which fields there are and what they start from.
struct Arguments {
  const recipes::Variant& variant;
  int argc;
  const char* const* argv;

  std::optional<std::string> peek(const std::string& name) const {
    return peek_option(name, argc, argv);
  }
};

// ---- Where options come from

/// A recipe, or none, and who chose it.
struct Origin {
  std::string recipe, because;
  bool is_usual = false;                ///< what is trained where nothing is said
  std::string network;                  ///< its kind; empty: the recipe's, or the variant's
  std::vector<runs::OptionFile> files;  /// later ones replace what earlier ones say
};

/// The files that the command line names. A run that goes on has no other options than its own.
std::vector<runs::OptionFile> option_files(const Arguments& arguments,
                                           const std::optional<runs::RunRecord>& resumed) {
  if (resumed) {
    return {{.where = *arguments.peek("resume") + "/run.json",
             .recipe = resumed->recipe,
             .options = resumed->options}};
  }
  std::vector<runs::OptionFile> files;
  const std::string& variant = arguments.variant.name;
  if (const auto path = arguments.peek("config")) {
    files.push_back(runs::read_option_file(*path, variant));
  }
  if (const auto path = arguments.peek("architecture")) {
    files.push_back(runs::read_architecture(*path, variant));
    const auto own = files.back().options.find<std::string>("network").value_or("");
    if (arguments.peek("network").value_or(own) != own) {
      throw UsageError("`network` {}: cannot change beside `architecture`, whose network is {}",
                       *arguments.peek("network"), own);
    }
  }
  return files;
}

/// Without anything that chooses something else, the variant's own recipe is trained.
void choose_recipe(Origin& origin, const Arguments& arguments) {
  if (const auto recipe = arguments.peek("recipe")) {
    origin.recipe = *recipe;
    origin.because = "--recipe names it";
    return;
  }
  std::string own_data = arguments.peek("dataset") ? "--dataset is given" : "";
  if (arguments.peek("architecture")) own_data = "--architecture is given";
  for (const auto& file : origin.files) {
    if (!file.recipe.empty()) {
      origin.recipe = file.recipe;
      origin.because = file.where + " names it";
      return;
    }
    if (!file.options.dataset().empty()) own_data = file.where + " names the data";
  }
  origin.is_usual = own_data.empty();
  origin.recipe = origin.is_usual ? arguments.variant.recipes.front().name : "";
  origin.because = origin.is_usual ? "neither --recipe nor --dataset is given" : own_data;
}

Origin origin_of(const Arguments& arguments, const std::optional<runs::RunRecord>& resumed) {
  Origin origin;
  origin.files = option_files(arguments, resumed);
  choose_recipe(origin, arguments);
  for (const auto& file : origin.files) {
    origin.network = file.options.find<std::string>("network").value_or(origin.network);
  }
  origin.network = arguments.peek("network").value_or(origin.network);
  return origin;
}

/// Recipe and network by name; an error says which file named what does not exist.
runs::RunOptions starting_options(const Arguments& arguments, const Origin& origin) {
  try {
    return runs::options_of(arguments.variant.name, origin.recipe, origin.network);
  } catch (const UsageError& error) {
    const bool named_here = arguments.peek("recipe") || arguments.peek("network");
    if (named_here || origin.files.empty()) throw;
    throw Error("{}: {}", origin.files.front().where, error.what());
  }
}

std::string recipe_note(const std::string& program, const Origin& origin) {
  if (origin.recipe.empty()) {
    return fmt::format(
        "Defaults are those of {} itself and of no recipe, because {}; --recipe NAME brings those "
        "of a recipe.",
        program, origin.because);
  }
  const std::string otherwise =
      origin.is_usual ? fmt::format("; with --dataset they are those of {} itself", program) : "";
  return fmt::format("Defaults are those of recipe {}, because {}{}.", origin.recipe,
                     origin.because, otherwise);
}

/// The value that the line or a file gives an option.
std::optional<std::string> chosen_value(const std::string& option, const Arguments& arguments,
                                        const Origin& origin) {
  std::optional<std::string> value;
  for (const auto& file : origin.files) {
    if (const auto own = file.options.find<std::string>(option)) value = own;
  }
  if (const auto own = arguments.peek(option)) value = own;
  return value;
}

/// Sets the defaults that follow from what is chosen, and notes why.
void set_following_defaults(const Arguments& arguments, const Origin& origin,
                            const FieldTable& table, ValueSources& sources) {
  const auto given = [&](const std::string& option) {
    return chosen_value(option, arguments, origin);
  };
  for (const auto& one : runs::set_consequences(arguments.variant, given, table)) {
    sources.by_field[one.option] = fmt::format("{} {}", option_name(one.cause), one.value);
  }
}

std::string file_note(const runs::OptionFile& file) {
  const size_t count = file.options.as_json().size();
  return fmt::format("{} sets {} option{}.", file.where, count, count == 1 ? "" : "s");
}

/// Says of each field that has not the variant's own default where its value comes from. `options`
/// are the recipe's, without those of files.
ValueSources sources_of(const Arguments& arguments, const Origin& origin,
                        const runs::RunOptions& options) {
  ValueSources sources;
  sources.notes.push_back(recipe_note(arguments.variant.name + "_autoencoder", origin));
  for (const auto& change : runs::unlike_recipe(options, "")) {
    if (change.name != "recipe") sources.by_field[change.name] = "recipe " + origin.recipe;
  }
  for (const auto& file : origin.files) {
    for (const auto& option : file.options.as_json().items()) {
      sources.by_field[option.key()] = file.where;
    }
    sources.notes.push_back(file_note(file));
  }
  return sources;
}

// ---- What the flags may be

/// Names the networks that have an option which the chosen one has not: "unknown option" alone
/// would leave people at a loss who know it from another network.
void check_network_flags(const Arguments& arguments, const FieldTable& table) {
  for (int i = 1; i < arguments.argc; ++i) {
    const std::string argument = arguments.argv[i];
    const std::string field = field_name(argument.substr(0, argument.find('=')));
    if (field.empty() || table.find(field)) continue;
    const auto owners = runs::networks_with(field);
    if (owners.empty()) continue;
    throw UsageError("`{}`: an option of `network` {}, found `network` {}", field,
                     join_text(owners, " or "), table.find("network")->value_text());
  }
}

/// A resumed run keeps its options; only how long it goes on, what it prints, and what is written of
/// the model may change.
void check_resumed_flags(const CommandLine& line, const FieldTable& table) {
  for (const auto& name : line.given) {
    const bool changes_the_run = table.find(name)->recorded || name == "recipe" ||
                                 name == "config" || name == "architecture" || name == "out";
    const bool may_change = name == "epochs" || !runs::changes_the_model(name);
    if (changes_the_run && !may_change) {
      throw UsageError("`{}`: cannot change in a resumed run; its options are in run.json", name);
    }
  }
}

}  // namespace

TrainerRequest parse_trainer_line(const std::string& variant, int argc, const char* const* argv) {
  const Arguments arguments{recipes::find_variant(variant), argc, argv};
  TrainerRequest request;
  if (const auto folder = arguments.peek("resume")) {
    request.resumed = runs::read_resumable_record(*folder, variant);
  }
  const Origin origin = origin_of(arguments, request.resumed);
  request.options = starting_options(arguments, origin);
  FieldTable table;
  request.options.describe(table);
  ValueSources sources = sources_of(arguments, origin, request.options);
  set_following_defaults(arguments, origin, table, sources);
  for (const auto& file : origin.files) apply(file, table);
  check_network_flags(arguments, table);
  const ProgramInfo program = program_info(arguments.variant);
  const CommandLine line = parse_command_line(program, table, argc, argv);
  request.answered = answer_question(program, table, line, sources);
  request.log_lines = line.has("log_every");
  if (request.answered) return request;
  if (request.resumed) check_resumed_flags(line, table);
  runs::refuse_without_effect(arguments.variant, table, line.given);
  return request;
}

}  // namespace hourglass::cli
