#include "hourglass/models/densities.h"

#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

namespace hourglass::models {
namespace {

at::Tensor doubles(const std::vector<double>& values) { return at::tensor(values, at::kDouble); }

void expect_values(const at::Tensor& found, const std::vector<double>& expected) {
  ASSERT_EQ(found.numel(), std::ssize(expected));
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(found.flatten()[static_cast<int64_t>(i)].item<double>(), expected[i], 1e-9) << i;
  }
}

/// The gradient by each parameter is the slope between two neighbours.
void expect_gradients(const std::function<at::Tensor(const std::vector<at::Tensor>&)>& loss,
                      std::vector<at::Tensor> parameters) {
  constexpr double kStep = 1e-5;
  for (auto& parameter : parameters) parameter.requires_grad_();
  loss(parameters).sum().backward();
  for (size_t i = 0; i < parameters.size(); ++i) {
    auto lower = parameters, upper = parameters;
    lower[i] = parameters[i].detach() - kStep;
    upper[i] = parameters[i].detach() + kStep;
    const at::Tensor slope = (loss(upper) - loss(lower)).detach() / (2 * kStep);
    EXPECT_TRUE(at::allclose(parameters[i].grad(), slope, 1e-5, 1e-8))
        << i << "\n"
        << parameters[i].grad() << slope;
  }
}

TEST(GaussianLoss, MatchesItsFormula) {
  const at::Tensor x = doubles({0.25, 1}), mean = doubles({0.3, -1.2}), raw = doubles({-0.5, 0.7});
  expect_values(gaussian_loss(x, mean, raw), {0.42638722559622805, 2.2154669195750762});
  expect_gradients([&](const auto& p) { return gaussian_loss(x, p[0], p[1]); }, {mean, raw});
}

TEST(GaussianLoss, HasALeastDeviation) {
  const at::Tensor zero = doubles({0});
  expect_values(gaussian_loss(zero, zero, doubles({-100})),
                {0.5 * std::log(2 * std::numbers::pi) - 6});
}

TEST(LogisticLoss, MatchesItsFormula) {
  const at::Tensor x = doubles({0, 51, 128, 255}) / 255;
  const at::Tensor mean = doubles({0.2, 0.2, 0.9, 0.9}), raw = doubles({-1.5, -3, -2, -1});
  expect_values(logistic_loss(x, mean, raw, 256),
                {1.229760985706627, 3.9458324699299676, 6.574314753719292, 0.8348747393757133});
  expect_gradients([&](const auto& p) { return logistic_loss(x, p[0], p[1], 256); }, {mean, raw});
}

TEST(LogisticLoss, ProbabilitiesOfAllLevelsSumToOne) {
  for (const int64_t levels : {2, 17, 256}) {
    const at::Tensor x = at::arange(levels, at::kDouble) / static_cast<double>(levels - 1);
    for (const double raw : {-20.0, -3.0, 0.5}) {
      const at::Tensor loss =
          logistic_loss(x, at::full_like(x, 0.37), at::full_like(x, raw), levels);
      EXPECT_NEAR((-loss).exp().sum().item<double>(), 1, 1e-9) << levels << " " << raw;
    }
  }
}

TEST(LogisticLoss, StaysFiniteFarFromTheMean) {
  const at::Tensor x = at::tensor({0.F, 0.2F, 1.F});
  at::Tensor mean = at::tensor({40.F, -40.F, -40.F}).requires_grad_();
  const at::Tensor loss = logistic_loss(x, mean, at::full({3}, -50.F), 256);
  loss.sum().backward();
  EXPECT_TRUE(loss.isfinite().all().item<bool>()) << loss;
  EXPECT_TRUE(mean.grad().isfinite().all().item<bool>());
  EXPECT_TRUE(mean.grad().ne(0).all().item<bool>());
}

TEST(NegativeBinomialLoss, MatchesItsFormula) {
  const at::Tensor x = doubles({0, 3, 40}), mean = doubles({2.5, 2.5, 7}),
                   log_theta = doubles({0.3, 0.3, -1.2});
  const at::Tensor loss = negative_binomial_loss(x, mean, log_theta);
  const std::vector<double> expected = {1.4147012654547015, 2.1384245194462164, 6.317399143328116};
  for (int64_t i = 0; i < 3; ++i) {
    // A mean counts as 1e-8 more.
    EXPECT_NEAR(loss[i].item<double>(), expected[static_cast<size_t>(i)], 1e-7);
  }
  expect_gradients([&](const auto& p) { return negative_binomial_loss(x, p[0], p[1]); },
                   {mean, log_theta});
}

TEST(NegativeBinomialLoss, IsThatOfPoissonWhereNothingIsDispersed) {
  const at::Tensor x = at::tensor({7.F}), mean = at::tensor({5.F});
  const double poisson = 5 - 7 * std::log(5.0) + std::lgamma(8.0);
  EXPECT_NEAR(negative_binomial_loss(x, mean, at::tensor({18.F})).item<double>(), poisson, 1e-6);
}

TEST(NegativeBinomialLoss, StaysFiniteForAnyDispersion) {
  const at::Tensor x = at::tensor({0.F, 9.F, 0.F, 9.F}), mean = at::full({4}, 2e4F);
  at::Tensor log_theta = at::tensor({-1e4F, -1e4F, 1e4F, 1e4F}).requires_grad_();
  const at::Tensor loss = negative_binomial_loss(x, mean, log_theta);
  loss.sum().backward();
  EXPECT_TRUE(loss.isfinite().all().item<bool>()) << loss;
  EXPECT_TRUE(log_theta.grad().isfinite().all().item<bool>());
}

TEST(NegativeBinomialLoss, StaysFiniteForAMeanOfZero) {
  at::Tensor mean = at::zeros({2}).requires_grad_(), log_theta = at::zeros({2}).requires_grad_();
  const at::Tensor loss = negative_binomial_loss(at::tensor({0.F, 9.F}), mean, log_theta);
  loss.sum().backward();
  for (const auto& tensor : {loss, mean.grad(), log_theta.grad()}) {
    EXPECT_TRUE(tensor.isfinite().all().item<bool>()) << tensor;
  }
}

TEST(ZeroInflatedLoss, MatchesItsFormula) {
  const at::Tensor x = doubles({0, 3}), loss = doubles({1.4147012654547015, 2.1384245194462164}),
                   logit = doubles({-1.1, -1.1});
  expect_values(zero_inflated_loss(x, loss, logit), {0.8392099166230799, 2.425759844561647});
  expect_gradients([&](const auto& p) { return zero_inflated_loss(x, p[0], p[1]); }, {loss, logit});
}

TEST(ZeroInflatedLoss, IsTheOtherOneWhereNothingIsInflated) {
  const at::Tensor x = doubles({0, 3}), loss = doubles({1.5, 2});
  expect_values(zero_inflated_loss(x, loss, doubles({-50, -50})), {1.5, 2});
}

}  // namespace
}  // namespace hourglass::models
