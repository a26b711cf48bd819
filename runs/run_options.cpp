#include "recipes/run_options.h"

#include "core/error.h"

#include <algorithm>
#include <thread>

namespace hourglass {

std::optional<Threads> TextCodec<Threads>::parse(const std::string& text) {
  if (text == "auto") return Threads{};
  const auto count = parse_integer(text);
  if (!count || *count < 1) return {};
  return Threads{count};
}

std::string TextCodec<Threads>::format(const Threads& threads) {
  return threads.count ? std::to_string(*threads.count) : "auto";
}

RunOptions options_of(const std::string& variant, const std::string& recipe) {
  RunOptions options;
  options.variant = variant;
  options.model = find_variant(variant).default_options;
  options.data.corruption = find_variant(variant).default_corruption;
  if (recipe.empty()) return options;
  const Recipe& source = find_recipe(recipe, variant);
  options.recipe = source.name;
  options.model = source.model;
  options.data = source.data;
  options.training = source.training;
  options.pictures = source.pictures;
  options.expected = source.expected;
  options.log_every = source.log_every;
  return options;
}

void describe(OptionTable& table, RunOptions& options) {
  table.begin_group("Recipe");
  table
      .add("recipe", options.recipe, "NAME",
           "a published system: its options become the defaults of all others")
      .not_recorded();
  table.add_switch("list-recipes", options.list_recipes, "show the recipes and exit")
      .not_recorded();

  table.begin_group("Model");
  find_variant(options.variant).describe(table, options.model);
  table
      .add("architecture", options.architecture, "FILE",
           "take the model's options from an architecture.json of --save-parts")
      .not_recorded();
  table.add("init-from", options.init_from, "FILE",
            "start from the weights of a checkpoint instead of fresh ones");

  describe(table, options.data);
  describe(table, options.training);
  table.add("threads", options.threads, "N", "for computing; auto: by the size of model and batch");

  table.begin_group("Run");
  table.add("out", options.out, "DIR", "where the run's files go; empty: runs/VARIANT-RECIPE-TIME")
      .not_recorded();
  table.add("resume", options.resume, "DIR", "go on with an interrupted run, with its own options")
      .not_recorded();
  table
      .add("stop-after", options.stop_after, "EPOCH",
           "end early after this epoch, to be resumed; 0: never")
      .at_least(0)
      .not_recorded();
  table
      .add("checkpoint-interval", options.checkpoints.interval, "SECONDS",
           "between checkpoints, at the ends of epochs")
      .at_least(0)
      .not_recorded();
  table.add("keep-best", options.checkpoints.keep_best, "N", "also keep the last N best models")
      .at_least(0)
      .not_recorded();
  table
      .add("save-parts", options.save_parts, "LIST",
           "also write encoder, decoder, weights, architecture: any of them, comma-separated")
      .not_recorded();
  table
      .add("log-every", options.log_every, "EPOCHS",
           "between the lines of a log; lines instead of a bar on a terminal")
      .at_least(1)
      .not_recorded();
  table.add_switch("no-figures", options.no_figures, "draw no pictures").not_recorded();
  table
      .add_switch("report", options.report,
                  "at the end also write the run as one page, report.html")
      .not_recorded();
  table.add_switch("quiet", options.quiet, "print the results alone").not_recorded();
}

void check(const RunOptions& options) {
  const Variant& variant = find_variant(options.variant);
  variant.check(options.model);
  const bool inputs_are_targets =
      options.data.corruption.kind == CorruptionKind::None && options.data.targets.empty();
  if (variant.default_corruption.kind != CorruptionKind::None && inputs_are_targets) {
    throw UsageError(
        "--corruption none: a {} autoencoder expects inputs unlike their targets; use --corruption "
        "{}, or name the targets with --targets",
        variant.name, TextCodec<Corruption>::format(variant.default_corruption));
  }
  check(options.training.optimizer);
  if (options.stop_after > options.training.epochs) {
    throw UsageError("--stop-after: expected at most the run's {} epochs, found {}",
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

}  // namespace hourglass
