#include "hourglass/evaluation/generalized_pareto.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace hourglass::evaluation {
namespace {

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// With ratio = shape / scale given, the shape that is most likely.
double shape_for(double ratio, std::span<const double> excesses) {
  double sum = 0;
  for (const double excess : excesses) sum += std::log1p(ratio * excess);
  return sum / static_cast<double>(excesses.size());
}

/// Of the sign of the likelihood's slope over the ratio.
double slope_sign(double ratio, std::span<const double> excesses) {
  double sum = 0;
  for (const double excess : excesses) sum += 1 / (1 + ratio * excess);
  return sum / static_cast<double>(excesses.size()) * (1 + shape_for(ratio, excesses)) - 1;
}

/// The place between two ratios where the slope changes its sign from plus to minus.
double peak_between(double rising, double falling, std::span<const double> excesses) {
  constexpr int kHalvings = 40;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = std::midpoint(rising, falling);
    (slope_sign(middle, excesses) > 0 ? rising : falling) = middle;
  }
  return std::midpoint(rising, falling);
}

/// Where the slope is looked at, rising: below 0 down to the ratio at which the largest excess ends
/// the tail, above 0 up to Grimshaw's bound, and dense at the ends. 0 itself, where the slope always
/// vanishes, is left to the exponential distribution.
std::vector<double> ratios_to_try(std::span<const double> excesses) {
  constexpr int kEach = 20;
  constexpr double kClose = 1e-4;  // to the ends, as a share
  const auto [least, greatest] = std::minmax_element(excesses.begin(), excesses.end());
  const double mean = mean_of(excesses);
  std::vector<double> ratios;
  for (int i = 0; i < kEach; ++i) {
    const double log_odds = -std::log(kClose) * (1 - 2.0 * i / (kEach - 1));
    ratios.push_back(-1 / (*greatest * (1 + std::exp(-log_odds))));
  }
  const double first = kClose / mean, last = 2 * (mean - *least) / (*least * *least);
  if (last <= first) return ratios;
  const double step = std::log(last / first) / (kEach - 1);
  for (int i = 0; i < kEach; ++i) ratios.push_back(first * std::exp(step * i));
  return ratios;
}

}  // namespace

double GeneralizedPareto::surpassed_with(double probability) const {
  const double logarithm = std::log(probability);
  if (shape == 0) return -scale * logarithm;
  return scale * std::expm1(-shape * logarithm) / shape;
}

double GeneralizedPareto::log_likelihood(std::span<const double> excesses) const {
  const auto n = static_cast<double>(excesses.size());
  if (shape == 0) return -n * (std::log(scale) + mean_of(excesses) / scale);
  return -n * (std::log(scale) + (1 + 1 / shape) * shape_for(shape / scale, excesses));
}

GeneralizedPareto fit_by_moments(std::span<const double> excesses) {
  const auto n = static_cast<double>(excesses.size());
  double weighted = 0;  // estimates E[X · (1 − F(X))]
  for (size_t i = 0; i < excesses.size(); ++i) {
    const double position = (static_cast<double>(i + 1) - 0.35) / n;  // estimates F at the excess
    weighted += excesses[i] * (1 - position) / n;
  }
  const double mean = mean_of(excesses);
  const double difference = mean - 2 * weighted;  // positive, as the excesses rise
  return {.scale = 2 * mean * weighted / difference, .shape = 2 - mean / difference};
}

GeneralizedPareto fit_by_likelihood(std::span<const double> excesses) {
  GeneralizedPareto best = {.scale = mean_of(excesses), .shape = 0};
  double most = best.log_likelihood(excesses);
  double rising = 0;  // the last ratio at which the likelihood rises; 0: it does not
  for (const double ratio : ratios_to_try(excesses)) {
    if (slope_sign(ratio, excesses) > 0) {
      rising = ratio;
    } else if (rising != 0) {
      const double peak = peak_between(rising, ratio, excesses);
      rising = 0;
      const double shape = shape_for(peak, excesses);
      const GeneralizedPareto found = {.scale = shape / peak, .shape = shape};
      const double likelihood = found.log_likelihood(excesses);
      if (shape > -1 && likelihood > most) best = found, most = likelihood;
    }
  }
  return best;
}

}  // namespace hourglass::evaluation
