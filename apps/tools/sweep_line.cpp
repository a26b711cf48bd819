#include "hourglass/apps/tools/sweep_line.h"

#include "hourglass/cli/command_line.h"
#include "hourglass/cli/help_text.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/recipes/variant.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::apps {

using namespace cli;
using namespace runs;

namespace {

const ProgramInfo kProgram = {
    .name = "sweep",
    .summary =
        "Trains every combination of some options' values, each with several seeds, and ranks "
        "them.",
    .positional = "",
    .examples = {
        "sweep --recipe digits-2d --vary learning-rate=1e-3,3e-3 --vary widths=32,2:64,2 --seeds 3 "
        "--out sweeps/a",
        "sweep --variant dense --dataset csv:mine.csv --vary widths=8:16:32,8 --epochs 20 --out "
        "b"}};

/// Options of a trainer that mean nothing here, or another thing.
constexpr std::array<std::string_view, 8> kRefused = {"list_recipes", "config",     "architecture",
                                                      "resume",       "stop_after", "log_every",
                                                      "no_figures",   "report"};

/// `--vary` may be given several times; all other options once.
struct SplitArguments {
  std::vector<const char*> others;
  std::vector<std::string> vary;
};

SplitArguments split_arguments(int argc, const char* const* argv) {
  SplitArguments split;
  for (int i = 0; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--vary=")) {
      split.vary.emplace_back(argument.substr(argument.find('=') + 1));
    } else if (argument == "--vary") {
      if (i + 1 == argc) throw UsageError("--vary: expected a value, found the end of the line");
      split.vary.emplace_back(argv[++i]);
    } else {
      split.others.push_back(argv[i]);
    }
  }
  return split;
}

/// Which variant is trained, from which recipe's options.
void choose_system(SweepRequest& request, const std::vector<const char*>& arguments) {
  const auto peek = [&](const std::string& name) {
    return peek_option(name, static_cast<int>(arguments.size()), arguments.data());
  };
  const auto recipe = peek("recipe"), variant = peek("variant");
  request.recipe = recipe.value_or("");
  if (variant) {
    request.variant = recipes::find_variant(*variant).name;
  } else if (recipe) {
    request.variant = recipes::variant_of_recipe(*recipe).name;
  }
  // As the variant's own program does without flags that choose something else.
  if (variant && !recipe && !peek("dataset")) {
    request.recipe = recipes::find_variant(*variant).recipes.front().name;
  }
}

/// What the line says of the trainer's options.
std::vector<FixedOption> fixed_options(const CommandLine& line, const FieldTable& trainer) {
  std::vector<FixedOption> fixed;
  for (const auto& name : line.given) {
    for (const auto refused : kRefused) {
      if (name != refused) continue;
      throw UsageError("`{}`: no option of a sweep; `sweep --help` lists them", name);
    }
    const Field* field = trainer.find(name);
    if (field && name != "recipe" && name != "out" && name != "quiet") {
      fixed.push_back({name, field->value_text()});
    }
  }
  return fixed;
}

}  // namespace

SweepLine parse_sweep_line(int argc, const char* const* argv) {
  const SplitArguments split = split_arguments(argc, argv);
  const auto count = static_cast<int>(split.others.size());
  SweepLine sweep;
  SweepRequest& request = sweep.request;
  request.vary = split.vary;
  choose_system(request, split.others);
  const bool chosen = !request.variant.empty();
  const std::string network = peek_option("network", count, split.others.data()).value_or("");

  RunOptions options = options_of(chosen ? request.variant : "dense", request.recipe, network);
  FieldTable table, trainer;
  std::string variant, vary;  // read above; here for --help
  table.begin_group("Sweep");
  table.add("variant", variant, "what to train where no recipe is named: dense, sparse, ...")
      .shown_as("NAME");
  table
      .add("vary", vary,
           "an option and its values, separated by commas; where that gives something the option "
           "does "
           "not take, by colons: learning-rate=1e-3,3e-3 or widths=32,2:64,2. Given several times, "
           "all "
           "combinations are trained")
      .shown_as("OPTION=VALUES");
  table.add("seeds", request.seeds, "runs of each combination: --seed and those that follow it")
      .at_least(1);
  table.add("json", sweep.json, "results as JSON");
  options.describe(trainer);
  options.describe(table);

  const CommandLine line = parse_command_line(kProgram, table, count, split.others.data());
  sweep.answered = answer_question(kProgram, table, line);
  if (sweep.answered) return sweep;
  if (!chosen) throw UsageError("expected --recipe NAME or --variant NAME");
  if (options.out.empty()) throw UsageError("expected --out DIR, the sweep's folder");
  request.folder = options.out;
  request.fixed = fixed_options(line, trainer);
  sweep.quiet = options.quiet;
  return sweep;
}

}  // namespace hourglass::apps
