#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hourglass::evaluation {

/// How sparse a code is, and how much of the items it keeps. Definitions are those of SAELens 6.54
/// (sae_lens/evals.py, sae_lens/synthetic/evals.py), which knows no "dense".
struct DictionaryMeasures {
  /// A unit is dense when it speaks in more than this share of the rows.
  static constexpr double kDenseAbove = 0.1;

  int64_t rows = 0, units = 0;
  double l0 = 0;  ///< units that are not 0 in a row, on average
  /// 1 − ⟨‖x − x̂‖²⟩ / (⟨‖x‖²⟩ − ‖⟨x⟩‖²); without any variance, 1 where x̂ is x and else 0.
  double explained_variance = 0;
  int64_t dead = 0;   ///< units that are 0 in all rows
  int64_t dense = 0;  ///< see `kDenseAbove`

  /// Fraction of variance unexplained.
  double fvu() const { return 1 - explained_variance; }
};

/// Measures batch by batch. B rows, W units.
class DictionaryMeter {
 public:
  /// `code` is [B, W]; items and reconstructions [B, …]. A value that is NaN is not known, and counts
  /// for nothing.
  void add(const at::Tensor& code, const at::Tensor& reconstruction, const at::Tensor& items);

  /// Of all rows so far, at least one.
  DictionaryMeasures measures() const;

 private:
  int64_t rows_ = 0;
  at::Tensor times_spoken_;                       // int64 [W]
  at::Tensor known_;                              // int64 [D]: how often a value is known
  at::Tensor sum_, squares_, squared_residuals_;  // [D] float64
};

}  // namespace hourglass::evaluation
