#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace hourglass::evaluation {

/// Of the highest scores, the share that counts as their tail, where Siffer et al. (KDD 2017) let it
/// begin.
inline constexpr double kTailShare = 0.02;

/// Scores without which a tail says nothing: ten of it.
inline constexpr size_t kFewestTailScores = 500;

/// The highest scores, as far as they surpass the others.
struct ScoreTail {
  double start = 0;              ///< the quantile 1 − kTailShare
  std::vector<double> excesses;  ///< over it, of the scores above it, in their order
};

/// Of at least one score, in any order.
ScoreTail score_tail(std::span<const double> scores);

}  // namespace hourglass::evaluation
