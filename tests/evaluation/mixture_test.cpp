#include "hourglass/evaluation/mixture.h"

#include "hourglass/evaluation/mahalanobis.h"
#include "hourglass/tests/evaluation/reference.h"
#include "hourglass/tests/support/support.h"

namespace hourglass::evaluation {
namespace {

at::Tensor iris_codes() { return testing::embedded_items("iris", "minmax").items; }

double mean_log_likelihood(const GaussianMixture& mixture, const at::Tensor& codes) {
  return mixture.log_likelihood(codes).mean().item<double>();
}

TEST(Mixture, LogLikelihoodEqualsScikitLearns) {
  const nlohmann::json expected = testing::reference("mixture");
  const GaussianMixture mixture{testing::tensor_of(expected["weights"]),
                                testing::tensor_of(expected["means"]),
                                testing::tensor_of(expected["cholesky"])};
  EXPECT_TRUE(at::allclose(mixture.log_likelihood(iris_codes().narrow(0, 0, 20)),
                           testing::tensor_of(expected["log_likelihood"]), 0, 1e-4));
}

TEST(Mixture, OfOneComponentIsTheGaussianOfTheData) {
  const at::Tensor codes = iris_codes();
  const GaussianMixture mixture = fit_mixture(codes, {.components = 1});
  EXPECT_TRUE(at::allclose(mixture.means[0], codes.to(at::kDouble).mean(0), 0, 1e-12));
  EXPECT_NEAR(mean_log_likelihood(mixture, codes),
              testing::reference("mixture")["one_component_mean"].get<double>(), 1e-3);
}

TEST(Mixture, OfThreeComponentsComesNearScikitLearnsBestOfFifty) {
  const at::Tensor codes = iris_codes();
  double best = -1e9;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    best = std::max(
        best, mean_log_likelihood(fit_mixture(codes, {.components = 3, .seed = seed}), codes));
  }
  EXPECT_NEAR(best, testing::reference("mixture")["best_mean"].get<double>(), 0.1);
}

TEST(Mixture, FindsSeparateClusters) {
  at::manual_seed(1);
  const at::Tensor codes = at::cat({at::randn({300, 2}) * 0.5, at::randn({100, 2}) * 0.5 + 10});
  const GaussianMixture mixture = fit_mixture(codes, {.components = 2});
  const at::Tensor order = mixture.weights.argsort();
  EXPECT_NEAR(mixture.weights[order[0]].item<double>(), 0.25, 1e-6);
  EXPECT_TRUE(at::allclose(mixture.means[order[0].item<int64_t>()],
                           at::full({2}, 10.0, at::kDouble), 0, 0.2));
  EXPECT_TRUE(
      at::allclose(mixture.means[order[1].item<int64_t>()], at::zeros({2}, at::kDouble), 0, 0.2));
}

TEST(Mixture, SamplesHaveTheMomentsOfTheirMixtureAndFollowTheSeed) {
  const GaussianMixture mixture{at::ones({1}, at::kDouble),
                                at::tensor({3.0, -1.0}, at::kDouble).view({1, 2}),
                                at::tensor({2.0, 0.0, 1.0, 0.5}, at::kDouble).view({1, 2, 2})};
  const at::Tensor samples = mixture.sample(20000, 7);
  EXPECT_EQ(samples.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::allclose(samples.mean(0), at::tensor({3.0F, -1.0F}), 0, 0.05));
  const at::Tensor covariance = at::tensor({4.0F, 2.0F, 2.0F, 1.25F}).view({2, 2});
  EXPECT_TRUE(at::allclose(at::cov(samples.t()), covariance, 0, 0.1));
  EXPECT_TRUE(at::equal(mixture.sample(20, 7), mixture.sample(20, 7)));
  EXPECT_FALSE(at::equal(mixture.sample(20, 7), mixture.sample(20, 8)));
}

TEST(Mixture, TheSameSeedGivesTheSameFit) {
  const at::Tensor codes = iris_codes();
  EXPECT_TRUE(at::equal(fit_mixture(codes, {.components = 3}).means,
                        fit_mixture(codes, {.components = 3}).means));
}

TEST(Mixture, StandsUnitsThatNeverChange) {
  const at::Tensor codes = at::cat({iris_codes(), at::ones({150, 1})}, 1);
  const GaussianMixture mixture = fit_mixture(codes, {.components = 3});
  EXPECT_TRUE(at::isfinite(mixture.log_likelihood(codes)).all().item<bool>());
  EXPECT_NEAR(mixture.sample(100, 1).select(1, 4).mean().item<double>(), 1, 1e-3);
}

TEST(Mixture, NeedsAsManyDifferentCodesAsComponents) {
  const at::Tensor codes = at::rand({2, 3}).repeat({10, 1});
  testing::expect_contains(testing::error_of([&] { fit_mixture(codes, {.components = 3}); }),
                           {"at least 3 different codes", "found 2"});
}

TEST(Mahalanobis, EqualsScikitLearn) {
  const at::Tensor codes = iris_codes();
  EXPECT_TRUE(at::allclose(fit_mahalanobis(codes).distance(codes.narrow(0, 0, 20)),
                           testing::tensor_of(testing::reference("mahalanobis")), 0, 1e-5));
}

TEST(Mahalanobis, IgnoresDirectionsWithoutVariance) {
  const at::Tensor codes = iris_codes();
  // A copy of a unit and a constant: the covariance is singular.
  const at::Tensor wider = at::cat({codes, codes.narrow(1, 0, 1), at::ones({150, 1})}, 1);
  EXPECT_TRUE(at::allclose(fit_mahalanobis(wider).distance(wider),
                           fit_mahalanobis(codes).distance(codes), 0, 1e-6));
}

TEST(Mahalanobis, NeedsTwoCodesAndFiniteOnes) {
  testing::expect_contains(testing::error_of([] {
                             fit_mahalanobis(at::rand({1, 3}));
                           }),
                           {"at least 2", "found 1"});
  testing::expect_contains(testing::error_of([] {
                             fit_mahalanobis(at::full({2, 3}, INFINITY));
                           }),
                           {"found inf"});
}

TEST(Mixture, RefusesCodesWhoseCovariancesFillTheMemory) {
  const at::Tensor wide = at::zeros({20, 10'000});
  testing::expect_contains(
      testing::error_of([&] { fit_mixture(wide, {.components = 10}); }),
      {"at most 1.0 GB", "found 8.0 GB of 10", "10000 values", "`components`"});
}

}  // namespace
}  // namespace hourglass::evaluation
