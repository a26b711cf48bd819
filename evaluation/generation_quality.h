#pragma once

#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/evaluation/sample_quality.h"
#include "hourglass/evaluation/sampler.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::evaluation {

/// What a model generates beside real items.
struct GenerationQuality {
  std::string source;               ///< of its codes: "the standard normal distribution"
  int64_t samples = 0, items = 0;   ///< compared
  std::string features = "values";  ///< of items, or "codes of vae.pt"
  SampleQuality measures;
};

struct GenerationOptions {
  int64_t samples = 10000;
  Sampler sampler = {};
  uint64_t seed = 1;
  /// Whose codes are the features of items and samples; null: their values are.
  ExportedModel* features = nullptr;
};

/// Why nothing can be generated of a model; empty where it can: it needs a method `decode`,
/// and a sampler of its kind of codes.
std::string generation_obstacle(const ExportedModel& model, const Sampler& sampler);

/// Throws `Error` for a model whose codes cannot be the features of these items: it would encode
/// them without being told anything, and its codes are compared as measurements.
void check_features(const ExportedModel& model, const Shape& items);

/// Decodes codes of the sampler, fitted on those of `training` where it needs to be, and compares
/// what comes out with as many targets of `evaluated`, evenly spread. A model with a condition is told
/// those of these rows, so that both have the same. Throws `Error` with the obstacle where there is
/// one, and where the features' model takes other items.
GenerationQuality measure_generation(ExportedModel& model, const datasets::Dataset& training,
                                     const datasets::Dataset& evaluated,
                                     const GenerationOptions& options);

nlohmann::json to_json(const GenerationQuality& found);

/// For people, beginning with "samples   …".
std::vector<std::string> lines_of(const GenerationQuality& found);

}  // namespace hourglass::evaluation
