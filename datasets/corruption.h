#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/datasets/dataset.h"

#include <optional>
#include <string>

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

/// Whether an item is corrupted anew each epoch or alike in all.
enum class Noise { Fresh, Once };
constexpr auto names_of(Noise) {
  return std::to_array<EnumName<Noise>>({{Noise::Fresh, "fresh"}, {Noise::Once, "once"}});
}

/// Another data set with corrupted inputs. The noise of an item depends on (seed, epoch, row
/// number) alone, so it does not change with batch order, batch size, engine or number of
/// processes, and there is nothing to save for resuming.
class Corrupted final : public DatasetDecorator {
 public:
  Corrupted(DatasetPtr clean, Corruption corruption, Noise noise, uint64_t seed);

  bool has_targets() const override { return true; }
  Batch batch(const at::Tensor& positions, int64_t epoch) const override;
  void write(std::span<const int64_t> positions, int64_t epoch,
             const BatchMemory& to) const override;
  DatasetPtr to(at::Device device) const override;

 private:
  Corruption corruption_;
  Noise noise_;
  uint64_t seed_;
};

}  // namespace hourglass::datasets
