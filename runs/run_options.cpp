#include "hourglass/runs/run_options.h"

#include "hourglass/core/error.h"

#include <algorithm>
#include <thread>

namespace hourglass::runs {

std::optional<Threads> Threads::parse(const std::string& text) {
  if (text == "auto") return Threads{};
  const auto count = parse_integer(text);
  if (!count || *count < 1) return {};
  return Threads{count};
}

std::string Threads::text() const { return count ? std::to_string(*count) : "auto"; }

RunOptions options_of(const std::string& variant, const std::string& recipe) {
  RunOptions options;
  options.variant = variant;
  options.model = recipes::find_variant(variant).default_options;
  options.data.corruption = recipes::find_variant(variant).default_corruption;
  if (recipe.empty()) return options;
  const recipes::Recipe& source = recipes::find_recipe(recipe, variant);
  options.recipe = source.name;
  options.model = source.model;
  options.data = source.data;
  options.training = source.training;
  options.pictures = source.pictures;
  options.expected = source.expected;
  options.log_every = source.log_every;
  return options;
}

void RunOptions::describe(FieldTable& table) {
  table.begin_group("Recipe");
  table.add("recipe", recipe, "a published system: its options become the defaults of all others")
      .shown_as("NAME")
      .not_recorded();
  table.add("list_recipes", list_recipes, "show the recipes and exit").not_recorded();

  table.begin_group("Model");
  recipes::find_variant(variant).describe(table, model);
  table
      .add("architecture", architecture,
           "take the model's options from an architecture.json of --save-parts")
      .shown_as("FILE")
      .not_recorded();
  table.add("init_from", init_from, "start from the weights of a checkpoint instead of fresh ones")
      .shown_as("FILE");

  data.describe(table);
  training.describe(table);
  table.add("threads", threads, "for computing; auto: by the size of model and batch")
      .shown_as("N");

  table.begin_group("Run");
  table.add("out", out, "where the run's files go; empty: runs/VARIANT-RECIPE-TIME")
      .shown_as("DIR")
      .not_recorded();
  table.add("resume", resume, "go on with an interrupted run, with its own options")
      .shown_as("DIR")
      .not_recorded();
  table.add("stop_after", stop_after, "end early after this epoch, to be resumed; 0: never")
      .shown_as("EPOCH")
      .at_least(0)
      .not_recorded();
  table
      .add("checkpoint_interval", checkpoints.interval,
           "between checkpoints, at the ends of epochs")
      .shown_as("SECONDS")
      .at_least(0)
      .not_recorded();
  table.add("keep_best", checkpoints.keep_best, "also keep the last N best models")
      .at_least(0)
      .not_recorded();
  table
      .add("save_parts", save_parts,
           "also write encoder, decoder, weights, architecture: any of them, comma-separated")
      .shown_as("LIST")
      .not_recorded();
  table
      .add("log_every", log_every,
           "between the lines of a log; lines instead of a bar on a terminal")
      .shown_as("EPOCHS")
      .at_least(1)
      .not_recorded();
  table.add("no_figures", no_figures, "draw no pictures").not_recorded();
  table.add("report", report, "at the end also write the run as one page, report.html")
      .not_recorded();
  table.add("quiet", quiet, "print the results alone").not_recorded();
}

void check(const RunOptions& options) {
  const recipes::Variant& variant = recipes::find_variant(options.variant);
  variant.check(options.model);
  const bool inputs_are_targets = options.data.corruption.kind == datasets::CorruptionKind::None &&
                                  options.data.targets.empty();
  if (variant.default_corruption.kind != datasets::CorruptionKind::None && inputs_are_targets) {
    throw UsageError(
        "`corruption` none: a {} autoencoder expects inputs unlike their targets; use `corruption` "
        "{}, or name the targets with `targets`",
        variant.name, variant.default_corruption.text());
  }
  check(options.training.optimizer);
  if (options.stop_after > options.training.epochs) {
    throw UsageError("`stop_after`: expected at most the run's {} epochs, found {}",
                     options.training.epochs, options.stop_after);
  }
}

int64_t automatic_threads(int64_t parameters, int64_t batch_size) {
  // Multiply-adds of a forward pass that keep one thread busy. Measured by benchmarks/threads.sh:
  // below a million a second thread costs more than it gives (digits-2d, 35 thousand: 13 % slower),
  // above it gains 16 % (mnist-2d-relu, 1.6 million) to 45 % (fashion-deep-32, 57 million).
  constexpr int64_t kWorkForAThread = 500'000;
  const int64_t cores = std::max<int64_t>(1, std::thread::hardware_concurrency());
  return std::clamp<int64_t>(parameters * batch_size / kWorkForAThread, 1, cores);
}

}  // namespace hourglass::runs
