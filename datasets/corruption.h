#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/datasets/drawn_items.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace hourglass::datasets {

enum class CorruptionKind { None, Gaussian, Mask, SaltPepper };

/// Noise put on the input of a batch; the target stays clean.
struct Corruption {
  CorruptionKind kind = CorruptionKind::None;
  /// Gaussian: standard deviation of the scaled values (> 0); the result is clipped to [0, 1].
  /// Mask: probability that a value becomes 0 (in (0, 1]).
  /// Salt and pepper: probability that a value becomes 0 or 1, each half of the time (in (0, 1]).
  double amount = 0;

  /// "none", "gaussian:0.5", "mask:0.25", "salt-pepper:0.1".
  static std::string expects();
  static std::optional<Corruption> parse(const std::string& text);
  std::string text() const;
};

/// Another data set with corrupted inputs; targets stay clean.
class Corrupted final : public DrawnItems {
 public:
  Corrupted(DatasetPtr clean, Corruption corruption, Noise noise, uint64_t seed)
      : DrawnItems(std::move(clean), noise, seed), corruption_(corruption) {}

  bool has_targets() const override { return true; }
  DatasetPtr to(at::Device device) const override;

 protected:
  void change(Batch& batch, const RowRandom& random) const override;
  void change(const BatchMemory& item, const RowNumbers& numbers,
              const RowRandom& random) const override;

 private:
  Corruption corruption_;
};

}  // namespace hourglass::datasets
