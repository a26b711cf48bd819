#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/datasets/drawn_items.h"

#include <cstdint>
#include <utility>

namespace hourglass::datasets {

/// Whether values are taken for probabilities, and an item for what is drawn by them: anew in each
/// epoch (the "dynamic" MNIST of Burda, Grosse & Salakhutdinov 2016), or once and for all.
enum class Binarization { None, Fresh, Once };
constexpr auto names_of(Binarization) {
  return std::to_array<EnumName<Binarization>>(
      {{Binarization::None, "none"}, {Binarization::Fresh, "fresh"}, {Binarization::Once, "once"}});
}

/// Another data set's items of 0 and 1, each value 1 with the probability that it was; inputs and
/// targets are the same.
class Binarized final : public DrawnItems {
 public:
  /// `probabilities` has values in [0, 1], and no targets of its own.
  Binarized(DatasetPtr probabilities, Noise when, uint64_t seed)
      : DrawnItems(std::move(probabilities), when, seed) {}

  DatasetPtr to(at::Device device) const override;

 protected:
  void change(Batch& batch, const RowRandom& random) const override;
  void change(const BatchMemory& item, const RowNumbers& numbers,
              const RowRandom& random) const override;
};

}  // namespace hourglass::datasets
