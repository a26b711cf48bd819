#include "hourglass/sources/chance.h"

#include "hourglass/core/error.h"
#include "hourglass/core/random.h"

#include <memory>
#include <string>
#include <string_view>

namespace hourglass::sources {
namespace {

void expect_unit_range(const char* option, const std::string& value, const ValueRange& range) {
  if (range.low >= 0 && range.high <= 1) return;
  throw Error(
      "`{}` {}: expected inputs between 0 and 1, found {:.4g} to {:.4g}; use `scale` minmax",
      option, value, range.low, range.high);
}

/// Noise that ends in 0 and 1 is meant for values between them.
void check_corruption(const datasets::Corruption& corruption, const ValueRange& range) {
  using enum datasets::CorruptionKind;
  if (corruption.kind == None || corruption.kind == Mask) return;
  expect_unit_range("corruption", corruption.text(), range);
}

/// What is to be drawn by its values has to have probabilities, and no targets of its own.
void check_binarization(const DataOptions& options, const ValueRange& range) {
  if (options.binarize == datasets::Binarization::None) return;
  const std::string when(enum_name(options.binarize));
  if (!options.targets.empty()) {
    throw UsageError("`binarize` {}: expected data without `targets`, found {}", when,
                     options.targets);
  }
  expect_unit_range("binarize", when, range);
}

/// Values of 0 and 1: anew in each epoch on the training rows, if asked for.
void binarize_parts(DataSplits& splits, datasets::Binarization binarize, uint64_t seed) {
  using datasets::Binarization, datasets::Noise;
  if (binarize == Binarization::None) return;
  const auto draw = [&](datasets::DatasetPtr& part, Noise when) {
    if (!part) return;
    part = std::make_shared<datasets::Binarized>(part, when, derive_seed(seed, "binarization"));
  };
  draw(splits.training, binarize == Binarization::Fresh ? Noise::Fresh : Noise::Once);
  draw(splits.validation, Noise::Once);
  draw(splits.test, Noise::Once);
}

/// Fresh noise on the training rows, if asked for; always the same on those that judge the model.
void add_noise(DataSplits& splits, const datasets::Corruption& corruption, datasets::Noise noise,
               uint64_t seed) {
  if (corruption.kind == datasets::CorruptionKind::None) return;
  const auto corrupt = [&](datasets::DatasetPtr& part, datasets::Noise when,
                           std::string_view purpose) {
    if (!part) return;
    part =
        std::make_shared<datasets::Corrupted>(part, corruption, when, derive_seed(seed, purpose));
  };
  corrupt(splits.training, noise, "training-noise");
  corrupt(splits.validation, datasets::Noise::Once, "validation-noise");
  corrupt(splits.test, datasets::Noise::Once, "test-noise");
}

}  // namespace

void check_chance(const DataOptions& options, const ValueRange& range, bool scaling_is_given) {
  // A given scaling was fitted to other rows: those at hand may well reach beyond them.
  if (!scaling_is_given) check_corruption(options.corruption, range);
  check_binarization(options, range);
}

void add_chance(DataSplits& splits, const DataOptions& options, uint64_t seed) {
  binarize_parts(splits, options.binarize, seed);
  add_noise(splits, options.corruption, options.noise, seed);
}

}  // namespace hourglass::sources
