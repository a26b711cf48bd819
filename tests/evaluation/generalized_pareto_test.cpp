#include "hourglass/evaluation/generalized_pareto.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

// Expected numbers are SciPy's (scipy.stats.genpareto), of likelihoods maximised by Nelder and Mead's
// method from many starts.

namespace hourglass::evaluation {
namespace {

/// The (i + ½) / 400 quantiles of the distribution of this shape and scale 1.
std::vector<double> even_quantiles(double shape) {
  std::vector<double> values;
  values.reserve(400);
  for (int i = 0; i < 400; ++i) {
    values.push_back(GeneralizedPareto{1, shape}.surpassed_with(1 - (i + 0.5) / 400));
  }
  return values;
}

TEST(GeneralizedPareto, QuantilesAndLikelihoodEqualSciPy) {
  EXPECT_NEAR((GeneralizedPareto{2, 0.25}).surpassed_with(1e-3), 36.98730601522792, 1e-10);
  EXPECT_NEAR((GeneralizedPareto{2, -0.3}).surpassed_with(1e-3), 5.827383058803889, 1e-12);
  EXPECT_NEAR((GeneralizedPareto{2, 0}).surpassed_with(1e-3), 2 * std::log(1000), 1e-12);
  EXPECT_EQ((GeneralizedPareto{2, 0.25}).surpassed_with(1), 0);
  const std::vector<double> excesses = {1, 2, 5};
  EXPECT_NEAR((GeneralizedPareto{2, 0.25}).log_likelihood(excesses), -6.211613555441306, 1e-12);
  EXPECT_NEAR((GeneralizedPareto{2, 0}).log_likelihood(excesses), -3 * std::log(2) - 4, 1e-12);
}

TEST(GeneralizedPareto, FitByLikelihoodEqualsSciPy) {
  const auto expect_fit = [](const std::vector<double>& excesses, double shape, double scale) {
    const GeneralizedPareto found = fit_by_likelihood(excesses);
    EXPECT_NEAR(found.shape, shape, 1e-6);
    EXPECT_NEAR(found.scale, scale, 1e-6);
  };
  expect_fit({0.5, 1, 1.5, 2, 4, 9}, -0.061378631627867636, 3.186690433433225);
  expect_fit({30, 2, 3, 4, 1, 6, 7, 8, 5}, 0.11906662898139181, 6.459356787675762);
  expect_fit(even_quantiles(0.25), 0.2455718601876141, 1.003344803616428);
  expect_fit(even_quantiles(-0.3), -0.30796291813495785, 1.0073222837846005);
  expect_fit(even_quantiles(0), -0.005681052276701194, 1.0048107007621276);
}

TEST(GeneralizedPareto, ScaleOfTheFitIsThatOfTheExcesses) {
  std::vector<double> excesses = {0.5, 1, 1.5, 2, 4, 9};
  const GeneralizedPareto once = fit_by_likelihood(excesses);
  for (const double unit : {1e-9, 1e9}) {
    std::vector<double> in_unit = excesses;
    for (double& excess : in_unit) excess *= unit;
    const GeneralizedPareto found = fit_by_likelihood(in_unit);
    EXPECT_NEAR(found.shape, once.shape, 1e-9);
    EXPECT_NEAR(found.scale / unit, once.scale, 1e-8);
  }
}

TEST(GeneralizedPareto, IsExponentialWhereTheLikelihoodHasNoPeak) {
  for (const auto& excesses : {std::vector<double>{3}, {3, 3, 3, 3}, {1e-300, 6, 6, 6, 1}}) {
    const GeneralizedPareto found = fit_by_likelihood(excesses);
    double mean = 0;
    for (const double excess : excesses) mean += excess / static_cast<double>(excesses.size());
    EXPECT_NEAR(found.scale, mean, 1e-12);
    EXPECT_EQ(found.shape, 0);
  }
}

TEST(GeneralizedPareto, FitByMomentsIsNearTheTruth) {
  for (const double shape : {-0.3, 0.0, 0.25}) {
    const GeneralizedPareto found = fit_by_moments(even_quantiles(shape));
    EXPECT_NEAR(found.shape, shape, 0.02);
    EXPECT_NEAR(found.scale, 1, 0.02);
  }
}

}  // namespace
}  // namespace hourglass::evaluation
