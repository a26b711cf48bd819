#include "hourglass/evaluation/generation_quality.h"

#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/evaluation/codebook.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/evaluation/generation.h"
#include "hourglass/evaluation/posterior_mixture.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace hourglass::evaluation {
namespace {

// Above so many different conditions, each is a measurement rather than a class.
constexpr int64_t kMostConditions = 1000;

class Generator {
 public:
  Generator(ExportedModel& model, const datasets::Dataset& training,
            const GenerationOptions& options)
      : model_(model), training_(training), options_(options) {}

  /// [count, target shape…] under one condition [1, K], or none.
  at::Tensor generate(int64_t count, const at::Tensor& condition, uint64_t seed) {
    if (options_.sampler.kind == Sampler::Kind::Vamp && !fitted_) {
      fitted_ = posteriors_of(options_.sampler, model_, training_, options_.seed);
    }
    UsualCodes usual(
        model_, options_.sampler, [this] { return training_codes(); }, condition, fitted_);
    fitted_ = usual.distribution(options_.seed);
    const at::Tensor codes = shaped_codes(model_, usual.samples(count, seed), "samples");
    source_ = usual.source();
    return model_.decode(codes, condition.defined() ? condition.expand({count, -1}) : condition);
  }

  /// As many of each condition as there are among the real items, but for rounding.
  at::Tensor generate_like(const at::Tensor& conditions) {
    if (model_.condition_width() == 0) return generate(options_.samples, {}, options_.seed);
    const auto [kinds, numbers, counts] =
        at::unique_dim(conditions, 0, /*sorted=*/true, /*return_inverse=*/false,
                       /*return_counts=*/true);
    if (kinds.size(0) > kMostConditions) {
      throw Error("generation: expected conditions of at most {} kinds, found {}",
                  with_thousands(kMostConditions), with_thousands(kinds.size(0)));
    }
    std::vector<at::Tensor> items;
    int64_t rows = 0, drawn = 0;
    for (int64_t kind = 0; kind < kinds.size(0); ++kind) {
      rows += counts[kind].item<int64_t>();
      const int64_t end = options_.samples * rows / conditions.size(0);
      if (end > drawn) {
        items.push_back(generate(end - drawn, kinds.narrow(0, kind, 1),
                                 options_.seed + static_cast<uint64_t>(kind)));
      }
      drawn = end;
    }
    return at::cat(items);
  }

  const std::string& source() const { return source_; }

 private:
  ExportedModel& model_;
  const datasets::Dataset& training_;
  const GenerationOptions& options_;
  at::Tensor training_codes_;
  CodeDistributionPtr fitted_;  // once, whatever the number of conditions
  std::string source_;

  const at::Tensor& training_codes() {
    if (!training_codes_.defined()) training_codes_ = encode_all(model_, training_).values;
    return training_codes_;
  }
};

at::Tensor features_of(const at::Tensor& items, ExportedModel* model) {
  return (model ? model->encode(items) : items).flatten(1);
}

}  // namespace

std::string generation_obstacle(const ExportedModel& model, const Sampler& sampler) {
  if (!model.has_method("decode")) return "the file has no method 'decode'";
  if (recorded_loss(model) == models::Loss::Multinomial) {
    return "the loss multinomial gives shares of totals that are not known";
  }
  const std::string obstacle = sampler_obstacle(model, sampler);
  return obstacle.empty() ? "" : fmt::format("sampler {}: {}", sampler.text(), obstacle);
}

void check_features(const ExportedModel& model, const Shape& items) {
  refuse_index_codes(model, "features");
  const auto input = model.input_shape();
  if (model.condition_width() == 0 && (!input || *input == items)) return;
  throw Error("{}: features: expected a model of items {} without a condition, found one of {}{}",
              model.path().string(), shape_text(items), input ? shape_text(*input) : "others",
              model.condition_width() > 0 ? " with a condition" : "");
}

GenerationQuality measure_generation(ExportedModel& model, const datasets::Dataset& training,
                                     const datasets::Dataset& evaluated,
                                     const GenerationOptions& options) {
  if (const std::string obstacle = generation_obstacle(model, options.sampler); !obstacle.empty()) {
    throw Error("{}: nothing to generate: {}", model.path().string(), obstacle);
  }
  if (options.features) check_features(*options.features, evaluated.target_shape());
  const int64_t count = std::min(options.samples, evaluated.size());
  const Batch real = evaluated.batch(datasets::evenly_spread(count, evaluated.size()));
  Generator generator(model, training, options);
  const at::Tensor samples = generator.generate_like(real.condition);
  return {.source = generator.source(),
          .samples = samples.size(0),
          .items = real.target.size(0),
          .features = options.features ? "codes of " + options.features->path().filename().string()
                                       : "values",
          .measures = measure_samples(features_of(real.target, options.features),
                                      features_of(samples, options.features))};
}

nlohmann::json to_json(const GenerationQuality& found) {
  const SampleQuality& measures = found.measures;
  return {{"source", found.source},
          {"samples", found.samples},
          {"items", found.items},
          {"features", found.features},
          {"frechet", measures.frechet},
          {"mmd", measures.mmd},
          {"precision", measures.precision},
          {"recall", measures.recall},
          {"density", measures.density},
          {"coverage", measures.coverage}};
}

std::vector<std::string> lines_of(const GenerationQuality& found) {
  const SampleQuality& measures = found.measures;
  return {fmt::format("samples   {} of {} beside {} items, by {}", with_thousands(found.samples),
                      found.source, with_thousands(found.items),
                      found.features == "values" ? "their values" : found.features),
          fmt::format("          Fréchet distance {:.4g}, MMD² {:.4g}; precision {:.3f}, recall "
                      "{:.3f}, density {:.3f}, coverage {:.3f}",
                      measures.frechet, measures.mmd, measures.precision, measures.recall,
                      measures.density, measures.coverage)};
}

}  // namespace hourglass::evaluation
