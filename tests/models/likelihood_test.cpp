#include "hourglass/models/likelihood.h"

#include "hourglass/core/error.h"
#include "hourglass/models/densities.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace hourglass::models {
namespace {

TEST(Likelihood, CrossEntropyMatchesItsDefinition) {
  const at::Tensor logits = at::tensor({0.3, -1.2}).view({1, 2});
  const at::Tensor target = at::tensor({0.25, 1.0}).view({1, 2});
  // -(t log p + (1 - t) log(1 - p)) with p = 1 / (1 + exp(-logit)), by hand: 0.779355 and 1.463282.
  const Likelihood bernoulli = {Loss::Bce, Activation::Sigmoid};
  EXPECT_NEAR(reconstruction_loss(bernoulli, logits, target).item<double>(), 1.1213187, 1e-6);
  EXPECT_NEAR(reconstruction_loss(bernoulli, logits, target, Reduction::SumOfValues).item<double>(),
              2.2426374, 1e-6);
}

TEST(Likelihood, CrossEntropyStaysFiniteWhereASigmoidSaturates) {
  const at::Tensor logits = at::tensor({200.0F, -200.0F});
  const Likelihood bernoulli = {Loss::Bce, Activation::Sigmoid};
  EXPECT_FLOAT_EQ(reconstruction_loss(bernoulli, logits, at::tensor({1.0F, 0.0F})).item<float>(),
                  0);
  EXPECT_FLOAT_EQ(reconstruction_loss(bernoulli, logits, at::tensor({0.0F, 1.0F})).item<float>(),
                  200);
}

TEST(Likelihood, ErrorsAreTakenAfterTheOutputActivation) {
  const at::Tensor logits = at::tensor({-3.0, 2.0}).view({1, 2});
  const at::Tensor target = at::tensor({1.0, 0.5}).view({1, 2});
  EXPECT_DOUBLE_EQ(
      reconstruction_loss({Loss::Mse, Activation::Relu}, logits, target).item<double>(),
      (1 + 1.5 * 1.5) / 2);
  EXPECT_DOUBLE_EQ(
      reconstruction_loss({Loss::Mae, Activation::Linear}, logits, target).item<double>(),
      (4 + 1.5) / 2);
}

TEST(Likelihood, SumsOverValuesAreMeansOverTheBatch) {
  const at::Tensor logits = at::rand({4, 3}), target = at::rand({4, 3});
  const Likelihood gaussian = {Loss::Mse, Activation::Linear};
  EXPECT_NEAR(reconstruction_loss(gaussian, logits, target, Reduction::SumOfValues).item<double>(),
              3 * reconstruction_loss(gaussian, logits, target).item<double>(), 1e-6);
}

TEST(Likelihood, TrimLeavesOutTheItemsOfGreatestLoss) {
  const at::Tensor logits = at::zeros({4, 2}).requires_grad_();
  const at::Tensor target =
      at::tensor({1.0F, 1.0F, 9.0F, 0.0F, 2.0F, 2.0F, 0.0F, 0.0F}).view({4, 2});
  const Likelihood trimmed = {.loss = Loss::Mse, .activation = Activation::Linear, .trim = 0.3};
  // Squared errors of the items: 2, 81, 8, 0; 0.3 · 4 is one of them.
  const at::Tensor loss = reconstruction_loss(trimmed, logits, target);
  EXPECT_FLOAT_EQ(loss.item<float>(), (2.0F + 8 + 0) / 3 / 2);
  EXPECT_FLOAT_EQ(
      reconstruction_loss(trimmed, logits, target, Reduction::SumOfValues).item<float>(),
      10.0F / 3);
  loss.backward();
  EXPECT_EQ(logits.grad()[1].count_nonzero().item<int64_t>(), 0);
  EXPECT_FLOAT_EQ(logits.grad()[2][0].item<float>(), -2 * 2.0F / 6);
}

TEST(Likelihood, ATargetThatIsNotKnownCountsForNothing) {
  const float unknown = std::numeric_limits<float>::quiet_NaN();
  for (const auto& [loss, name] : names_of(Loss{})) {
    SCOPED_TRACE(name);
    const Likelihood likelihood = {loss, Activation::Sigmoid};
    // Values of 3 and 2 numbers, as many for each as the likelihood has.
    const auto logits_of = [loss = loss](const at::Tensor& first) {
      const int64_t count = parameter_shape(loss, {1}).front();
      return first.repeat({1, count}).clone().requires_grad_();
    };
    const at::Tensor logits = logits_of(at::tensor({0.3F, -1.2F, 2.F}).view({1, 3}));
    const at::Tensor target = at::tensor({1.F, unknown, 0.F}).view({1, 3});
    const at::Tensor value = reconstruction_loss(likelihood, logits, target);
    value.backward();
    const at::Tensor others = logits_of(at::tensor({0.3F, 2.F}).view({1, 2}));
    const at::Tensor known = at::tensor({1.F, 0.F}).view({1, 2});
    const auto sum = 2 * reconstruction_loss(likelihood, others, known).item<float>();
    EXPECT_FLOAT_EQ(value.item<float>(), sum / 3);
    EXPECT_FLOAT_EQ(
        reconstruction_loss(likelihood, logits, target, Reduction::SumOfValues).item<float>(), sum);
    EXPECT_EQ(logits.grad()[0][1].item<float>(), 0);
    EXPECT_NE(logits.grad()[0][0].item<float>(), 0);
  }
}

TEST(Likelihood, TrimIsRefusedWhereTheLossIsAnother) {
  const Likelihood trimmed = {.loss = Loss::Mse, .activation = Activation::Linear, .trim = 0.3};
  testing::expect_contains(testing::error_of([&] { refuse_trim(trimmed, "several processes"); }),
                           {"`trim`", "0 with several processes", "0.3"});
  refuse_trim({}, "several processes");
}

TEST(Likelihood, ALossMayNeedItsOutputActivation) {
  const auto complaint = [](Loss loss, Activation activation) {
    return testing::error_of([&] { check({loss, activation}); });
  };
  testing::expect_contains(complaint(Loss::Bce, Activation::Linear),
                           {"`loss` bce", "sigmoid", "'linear'", "mse or mae"});
  testing::expect_contains(complaint(Loss::Multinomial, Activation::Sigmoid),
                           {"`loss` multinomial", "linear", "'sigmoid'"});
  for (const Loss loss : {Loss::NegativeBinomial, Loss::ZeroInflatedNegativeBinomial}) {
    testing::expect_contains(complaint(loss, Activation::Relu), {"softplus", "'relu'"});
  }
  EXPECT_NO_THROW(check({Loss::Mse, Activation::Sigmoid}));
  EXPECT_NO_THROW(check({Loss::Logistic, Activation::Linear}));
}

TEST(Likelihood, NumbersOfAValueAreFurtherChannels) {
  EXPECT_EQ(parameter_shape(Loss::Mse, {3, 8, 8}), (Shape{3, 8, 8}));
  EXPECT_EQ(parameter_shape(Loss::Gaussian, {3, 8, 9}), (Shape{6, 8, 9}));
  EXPECT_EQ(parameter_shape(Loss::Logistic, {20, 2}), (Shape{20, 4}));
  EXPECT_EQ(parameter_shape(Loss::ZeroInflatedNegativeBinomial, {7}), (Shape{21}));
  // The loss takes them apart where the mean does.
  const Likelihood gaussian = {Loss::Gaussian, Activation::Linear};
  const at::Tensor mean = at::rand({4, 3, 2, 2}), raw = at::full_like(mean, -0.5F);
  const at::Tensor logits = at::cat({mean, raw}, 1);
  EXPECT_TRUE(at::equal(mean_of(gaussian, logits), mean));
  const double log_sigma = -6 + std::log1p(std::exp(5.5));
  EXPECT_NEAR(reconstruction_loss(gaussian, logits, mean).item<double>(),
              0.5 * std::log(2 * std::numbers::pi) + log_sigma, 1e-6);
}

TEST(Likelihood, TheMeanOfAMultinomialAreShares) {
  const Likelihood likelihood = {Loss::Multinomial, Activation::Linear};
  const at::Tensor logits = at::tensor({0.3, -1.2, 2.0}).view({1, 1, 1, 3});
  const at::Tensor target = at::tensor({1.0, 0.0, 2.0}).view({1, 1, 1, 3});
  const at::Tensor shares = mean_of(likelihood, logits);
  EXPECT_TRUE(at::allclose(shares, logits.softmax(3)));
  EXPECT_TRUE(at::allclose(reconstruction_of(likelihood, shares, target), 3 * shares));
  EXPECT_TRUE(at::equal(reconstruction_of({}, shares, target), shares));
  // −(1 · log π₁ + 2 · log π₃), by PyTorch: 1.9017 + 2 · 0.20165.
  EXPECT_NEAR(row_losses(likelihood, logits, target).item<double>(), 2.3050, 1e-4);
}

TEST(Likelihood, TheMeanOfCountsIsLessWhereZerosAreInflated) {
  const Likelihood likelihood = {Loss::ZeroInflatedNegativeBinomial, Activation::Softplus};
  const at::Tensor logits = at::tensor({1.0, 0.4, -0.7}).view({1, 3});
  const double mean = std::log1p(std::exp(1.0)), absent = 1 / (1 + std::exp(0.7));
  EXPECT_NEAR(mean_of(likelihood, logits).item<double>(), (1 - absent) * mean, 1e-6);
  // As the formulas of densities.h have it.
  const double counted =
      negative_binomial_loss(at::tensor({0.0}), at::tensor({mean}), at::tensor({0.4}))
          .item<double>();
  EXPECT_NEAR(row_losses(likelihood, logits, at::zeros({1, 1})).item<double>(),
              -std::log(absent + (1 - absent) * std::exp(-counted)), 1e-6);
}

TEST(Likelihood, SaysWhichTargetsItIsNotOf) {
  const auto found = [](const Likelihood& likelihood, double value) {
    return misfits(likelihood, at::tensor({value})).item<bool>();
  };
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  for (const auto& [loss, name] : names_of(Loss{})) {
    SCOPED_TRACE(name);
    EXPECT_FALSE(found({.loss = loss}, 1));
    EXPECT_FALSE(found({.loss = loss}, unknown));
    EXPECT_EQ(found({.loss = loss}, -1), !expected_values({.loss = loss}).empty());
  }
  EXPECT_TRUE(found({.loss = Loss::NegativeBinomial}, 0.5));
  EXPECT_FALSE(found({.loss = Loss::Multinomial}, 0.5));
  EXPECT_TRUE(found({.loss = Loss::Logistic}, 0.5));
  EXPECT_FALSE(found({.loss = Loss::Logistic, .levels = 3}, 0.5));
  EXPECT_FALSE(found({.loss = Loss::Logistic}, 77.F / 255.F));
  EXPECT_TRUE(found({.loss = Loss::Bce}, 1.5));
}

TEST(Likelihood, LogitsOfAMeanHaveIt) {
  const Shape series = {2, 3};
  const at::Tensor mean = at::tensor({0.1F, 0.2F, 0.3F, 0.1F, 0.25F, 0.05F}).view(series);
  const Likelihood all[] = {{Loss::Bce, Activation::Sigmoid},
                            {Loss::Mse, Activation::Linear},
                            {Loss::Mae, Activation::Tanh},
                            {Loss::Gaussian, Activation::Linear},
                            {Loss::Logistic, Activation::Sigmoid},
                            {Loss::Multinomial, Activation::Linear},
                            {Loss::NegativeBinomial, Activation::Softplus}};
  for (const auto& likelihood : all) {
    const at::Tensor logits = logits_of(likelihood, mean);
    EXPECT_EQ(logits.sizes(), parameter_shape(likelihood.loss, series));
    const at::Tensor found = mean_of(likelihood, logits.unsqueeze(0))[0];
    EXPECT_TRUE(at::allclose(found, mean, 0, 1e-6)) << enum_name(likelihood.loss) << found;
  }
}

TEST(Likelihood, LogitsOfAMeanAtTheEndsAreFinite) {
  const at::Tensor mean = at::tensor({0.0F, 1.0F});
  // log (0.999 / 0.001) by hand.
  const at::Tensor ends = logits_of({Loss::Bce, Activation::Sigmoid}, mean);
  EXPECT_TRUE(at::allclose(ends, at::tensor({-6.906755F, 6.906755F}), 0, 1e-4)) << ends;
  for (const auto activation : {Activation::Tanh, Activation::Softplus}) {
    EXPECT_TRUE(logits_of({Loss::Mse, activation}, mean).isfinite().all().item<bool>());
  }
  // exp(1000) is beyond float32.
  const at::Tensor large = at::tensor({1000.0F});
  EXPECT_TRUE(at::allclose(logits_of({Loss::Mse, Activation::Softplus}, large), large));
}

TEST(Likelihood, LogitsOfAMeanNeedAnInverse) {
  testing::expect_contains(
      testing::error_of([] {
        logits_of({Loss::Mse, Activation::Relu}, at::zeros({2}));
      }),
      {"`output_activation`: expected linear, sigmoid, tanh or softplus", "found relu"});
}

}  // namespace
}  // namespace hourglass::models
