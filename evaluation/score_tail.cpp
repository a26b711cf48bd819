#include "hourglass/evaluation/score_tail.h"

#include "hourglass/core/quantile.h"

#include <algorithm>

namespace hourglass::evaluation {

ScoreTail score_tail(std::span<const double> scores) {
  std::vector<double> sorted(scores.begin(), scores.end());
  std::sort(sorted.begin(), sorted.end());
  ScoreTail tail = {.start = quantile_of_sorted(sorted, 1 - kTailShare)};
  for (const double score : scores) {
    if (score > tail.start) tail.excesses.push_back(score - tail.start);
  }
  return tail;
}

}  // namespace hourglass::evaluation
