#include "hourglass/evaluation/robust_scale.h"

#include "hourglass/core/quantile.h"
#include "hourglass/evaluation/score_list.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

namespace hourglass::evaluation {
namespace {

// Of a normal distribution, the standard deviation over the median and the mean absolute deviation.
constexpr double kNormalPerMedian = 1.4826, kNormalPerMean = 1.2533;

/// Of the scores, how far each lies from `median`, ascending.
std::vector<double> distances(std::vector<double> scores, double median) {
  for (double& score : scores) score = std::abs(score - median);
  std::sort(scores.begin(), scores.end());
  return scores;
}

}  // namespace

at::Tensor RobustScale::deviations(const at::Tensor& scores) const {
  return (scores.to(at::kDouble) - median) / divisor();
}

RobustScale robust_scale_of(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  const double median = quantile_of_sorted(numbers, 0.5);
  const auto far = distances(std::move(numbers), median);
  return {.median = median, .spread = kNormalPerMedian * quantile_of_sorted(far, 0.5)};
}

RobustScale fit_robust_scale(const at::Tensor& scores) {
  return robust_scale_of(score_list(scores, "scale"));
}

RobustScale fit_common_scale(const at::Tensor& scores) {
  RobustScale scale = fit_robust_scale(scores);
  if (scale.spread > 0) return scale;
  const auto far = distances(score_list(scores, "scale"), scale.median);
  scale.spread = kNormalPerMean * std::accumulate(far.begin(), far.end(), 0.0) /
                 static_cast<double>(far.size());
  return scale;
}

}  // namespace hourglass::evaluation
