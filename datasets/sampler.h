#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hourglass::datasets {

/// Which rows of a data set come when. The data set itself answers rows by number.
class Sampler {
 public:
  virtual ~Sampler() = default;

  /// How many positions every epoch has.
  virtual int64_t size() const = 0;

  /// The positions of an epoch (counted from 1) in their order: int64 [size] on the CPU. The same
  /// in every call.
  virtual at::Tensor order(int64_t epoch) const = 0;
};

/// All rows in their own order.
class SequentialSampler : public Sampler {
 public:
  explicit SequentialSampler(int64_t size) : size_(size) {}
  int64_t size() const override { return size_; }
  at::Tensor order(int64_t epoch) const override;

 private:
  int64_t size_;
};

/// All rows in a random order, another one each epoch.
class ShuffledSampler : public Sampler {
 public:
  ShuffledSampler(int64_t size, uint64_t seed) : size_(size), seed_(seed) {}
  int64_t size() const override { return size_; }
  at::Tensor order(int64_t epoch) const override;

 private:
  int64_t size_;
  uint64_t seed_;
};

}  // namespace hourglass::datasets
