#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/datasets/sampler.h"
#include "hourglass/formats/export_format.h"
#include "hourglass/models/likelihood.h"
#include "hourglass/models/network.h"
#include "hourglass/recipes/recipe.h"
#include "hourglass/recipes/variant.h"
#include "hourglass/runs/checkpointer.h"
#include "hourglass/sources/open.h"
#include "hourglass/training/trainer.h"

#include <any>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::runs {

/// Threads that LibTorch computes with; none: chosen by a fixed rule, see `automatic_threads`.
struct Threads {
  /// More are no machine's, and OpenMP ends for want of memory.
  static constexpr int64_t kMost = 1024;
  std::optional<int64_t> count;

  /// "auto", "2".
  static std::string expects() { return "auto or a number from 1 to 1024"; }
  static std::optional<Threads> parse(const std::string& text);
  std::string text() const;
};

/// Parts of a model that can be written to files of their own.
enum class Part { Encoder, Decoder, Weights, Safetensors, Architecture };
constexpr auto names_of(Part) {
  return std::to_array<EnumName<Part>>({{Part::Encoder, "encoder"},
                                        {Part::Decoder, "decoder"},
                                        {Part::Weights, "weights"},
                                        {Part::Safetensors, "safetensors"},
                                        {Part::Architecture, "architecture"}});
}

/// What decides which model is built for given data: network, likelihood and objective.
struct ModelOptions {
  std::string variant;
  models::NetworkOptions network;
  models::Likelihood likelihood;
  std::any objective;  ///< the variant's own options

  void describe(FieldTable& table);

  /// A new model with fresh weights, for data of so many classes (0: without labels). Throws
  /// `UsageError` where options and data do not fit.
  models::AutoencoderPtr build(const models::ItemShapes& shapes, int64_t condition_width,
                               int64_t classes = 0) const;
};

/// Everything that decides a training run: the recipe's values, then what the command line changed.
struct RunOptions {
  std::string recipe;  ///< empty: none
  ModelOptions model;
  sources::DataOptions data;
  training::TrainingOptions training;
  datasets::Shuffle shuffle;
  Threads threads;
  std::string init_from;  ///< a checkpoint or weights to start from; empty: fresh weights
  models::OutputBias output_bias = models::OutputBias::Zero;  ///< of fresh weights
  recipes::PictureOptions pictures;
  recipes::Expectation expected;

  // Where the run goes and how much it says; not part of what it computes.
  std::string out, resume, architecture, config;
  int64_t stop_after = 0;
  CheckpointOptions checkpoints;
  std::vector<Part> save_parts;
  std::vector<formats::ExportFormat> exports;
  bool tensorboard = false;
  int64_t log_every = 1;
  bool no_figures = false, report = false, quiet = false, list_recipes = false;

  /// Adds a row for each field. The network's are those of the kind chosen before.
  void describe(FieldTable& table);
};

/// The options of a recipe, or the variant's defaults where `recipe` is empty, on a network of the
/// kind `network` where that is not empty. Throws `UsageError` for unknown names.
RunOptions options_of(const std::string& variant, const std::string& recipe,
                      const std::string& network = "");

/// The kinds of network that have an option of that name; none where no network has.
std::vector<std::string> networks_with(const std::string& option);

/// Throws `UsageError` for what cannot work whatever the data, before any file is opened.
void check(const RunOptions& options);

/// The fixed rule behind `threads auto`, for one of `processes` on this machine, which has so many
/// items of a batch, each of so many multiply-adds forward. It depends on the model and the batch
/// alone, so that runs repeat.
int64_t automatic_threads(int64_t multiply_adds, int64_t batch_size, int64_t processes = 1);

}  // namespace hourglass::runs
