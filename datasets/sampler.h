#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace hourglass::datasets {

/// Which rows of a data set come when. The data set itself answers rows by number.
class Sampler {
 public:
  virtual ~Sampler() = default;

  /// How many positions every epoch has.
  virtual int64_t size() const = 0;

  /// Writes the positions that an epoch (counted from 1) has at `first`, `first` + 1, …, as many as
  /// `to` has room for. The same in every call; calls one after the other are the cheapest.
  virtual void positions(int64_t epoch, int64_t first, std::span<int64_t> to) const = 0;
};

/// All rows in their own order.
class SequentialSampler : public Sampler {
 public:
  explicit SequentialSampler(int64_t size) : size_(size) {}
  int64_t size() const override { return size_; }
  void positions(int64_t epoch, int64_t first, std::span<int64_t> to) const override;

 private:
  int64_t size_;
};

/// All rows in a random order, another one each epoch. It keeps the order of the epoch it was last
/// asked for, eight bytes a row.
class ShuffledSampler : public Sampler {
 public:
  ShuffledSampler(int64_t size, uint64_t seed) : size_(size), seed_(seed) {}
  int64_t size() const override { return size_; }
  void positions(int64_t epoch, int64_t first, std::span<int64_t> to) const override;

 private:
  int64_t size_;
  uint64_t seed_;
  mutable int64_t epoch_ = 0;
  mutable at::Tensor order_;  // of that epoch
};

/// Epochs of a length of their own: each goes on in the other sampler's rows where the last one
/// stopped, which begins anew, in its next order, once all have come.
class StretchSampler : public Sampler {
 public:
  StretchSampler(std::shared_ptr<const Sampler> whole, int64_t size)
      : whole_(std::move(whole)), size_(size) {}
  int64_t size() const override { return size_; }
  void positions(int64_t epoch, int64_t first, std::span<int64_t> to) const override;

 private:
  std::shared_ptr<const Sampler> whole_;
  int64_t size_;
};

}  // namespace hourglass::datasets
