#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/datasets/dataset.h"

namespace hourglass::datasets {

/// Whether values are taken for probabilities, and an item for what is drawn by them: anew in each
/// epoch (the "dynamic" MNIST of Burda, Grosse & Salakhutdinov 2016), or once and for all.
enum class Binarization { None, Fresh, Once };
constexpr auto names_of(Binarization) {
  return std::to_array<EnumName<Binarization>>(
      {{Binarization::None, "none"}, {Binarization::Fresh, "fresh"}, {Binarization::Once, "once"}});
}

/// Another data set's items of 0 and 1, each value 1 with the probability that it was; inputs and
/// targets are the same. What is drawn depends on (seed, epoch, row number) alone.
class Binarized final : public DatasetDecorator {
 public:
  /// `probabilities` has values in [0, 1], and no targets of its own.
  Binarized(DatasetPtr probabilities, Binarization when, uint64_t seed);

  Batch batch(const at::Tensor& positions, int64_t epoch) const override;
  void write(std::span<const int64_t> positions, int64_t epoch,
             const BatchMemory& to) const override;
  DatasetPtr to(at::Device device) const override;

 private:
  Binarization when_;
  uint64_t seed_;
};

}  // namespace hourglass::datasets
