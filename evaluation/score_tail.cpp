#include "hourglass/evaluation/score_tail.h"

#include <algorithm>
#include <cmath>

namespace hourglass::evaluation {

double quantile_of_sorted(std::span<const double> sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

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
