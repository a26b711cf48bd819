#include "hourglass/evaluation/log_likelihood.h"

#include "hourglass/core/error.h"
#include "hourglass/datasets/condition.h"
#include "hourglass/evaluation/annealed_likelihood.h"
#include "hourglass/models/conditional.h"
#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/variational.h"
#include "hourglass/tests/evaluation/likelihood_checks.h"
#include "hourglass/tests/models/steps.h"
#include "hourglass/tests/support/support.h"

#include <array>
#include <cmath>

namespace hourglass::evaluation {

using namespace models;

namespace {

using testing::TemporaryFolder;

/// p(x|z) of three values from a code of one, without hidden layers:
/// the encoder's heads and the decoder's logits are linear.
Variational tiny_model(int64_t condition_width = 0) {
  return Variational({}, {.shapes = {{3}, {3}},
                          .network = DenseNetwork{.widths = {1}},
                          .condition_width = condition_width});
}

void fill(torch::nn::Module& module, const std::string& part, double value) {
  const at::NoGradGuard no_grad;
  for (auto& parameter : module.named_parameters()) {
    if (parameter.key().find(part) != std::string::npos) parameter.value().fill_(value);
  }
}

const nlohmann::json kOptions = {{"loss", "bce"}};

TEST(LogLikelihood, OfADecoderThatIgnoresTheCodeIsTheBernoulliTerm) {
  const TemporaryFolder folder;
  Variational source = tiny_model();
  fill(source, "encoder", 0);  // q = N(0, 1), the prior
  fill(source, "decoder", 0);
  fill(source, "decoder.dense1.bias", std::log(3.0));  // probabilities of ¾
  auto model = testing::exported(source, folder / "best.pt", kOptions);
  const auto data =
      testing::unscaled(at::tensor({1.0F, 1.0F, 0.0F, 0.0F, 0.0F, 0.0F}).view({2, 3}));
  const at::Tensor found = negative_log_likelihoods(model, *data, {.samples = 5});
  EXPECT_NEAR(found[0].item<double>(), -2 * std::log(0.75) - std::log(0.25), 1e-5);
  EXPECT_NEAR(found[1].item<double>(), -3 * std::log(0.25), 1e-5);
}

/// A prior of codes of one value, and what an item is told with it.
struct TestedPrior {
  double mean = 0, variance = 1;
  at::Tensor condition;  // [1, K], or undefined
};

/// ∫ p(x|z) p(z) dz by the trapezium rule; logits are w z + b.
double by_quadrature(ExportedModel& model, const at::Tensor& x, const TestedPrior& told = {}) {
  const at::Tensor z = at::linspace(-12, 12, 6001, at::kFloat).unsqueeze(1);
  const at::Tensor likelihood = testing::bernoulli(model, z, x, told.condition);
  const at::Tensor distance = z.to(at::kDouble).flatten() - told.mean;
  const at::Tensor prior =
      (-0.5 * distance.square() / told.variance).exp() / std::sqrt(2 * M_PI * told.variance);
  return -std::log(at::trapezoid(likelihood * prior, 24.0 / 6000).item<double>());
}

TEST(LogLikelihood, EqualsAnIntegralWhateverTheProposal) {
  const TemporaryFolder folder;
  at::manual_seed(2);
  Variational source = tiny_model();
  fill(source, "decoder.dense1.weight", 1.5);
  auto model = testing::exported(source, folder / "best.pt", kOptions);
  const at::Tensor x = at::tensor({1.0F, 0.0F, 1.0F}).unsqueeze(0);
  const auto data = testing::unscaled(x);
  // More samples than are decoded at once.
  const at::Tensor found = negative_log_likelihoods(model, *data, {.samples = 30000});
  EXPECT_NEAR(found.item<double>(), by_quadrature(model, x.to(at::kDouble)), 0.02);
}

TEST(LogLikelihood, TakesThePriorOfTheRowsCondition) {
  const TemporaryFolder folder;
  at::manual_seed(2);
  Conditional source(
      {.prior = ConditionalPrior::Learned},
      {.shapes = {{3}, {3}}, .network = DenseNetwork{.widths = {1}}, .condition_width = 2});
  // Wider than the posteriors, as whoever samples by importance needs it.
  fill(source, "encoder.log_variance.weight", 0);
  fill(source, "encoder.log_variance.bias", 1);
  fill(source, "decoder.dense1.weight", 1.5);
  set_parameter(source, "prior.mean.weight", at::tensor({2.0F, -1.0F}).view({1, 2}));
  set_parameter(source, "prior.log_variance.weight", at::tensor({-1.0F, 0.5F}).view({1, 2}));
  auto model = testing::exported(source, folder / "best.pt",
                                 {{"loss", "bce"}, {"condition", "label"}, {"prior", "learned"}},
                                 {"a", "b"});
  const at::Tensor x = at::tensor({1.0F, 0.0F, 1.0F}).unsqueeze(0);
  const auto data =
      datasets::with_condition(testing::unscaled(x.repeat({2, 1}), at::tensor({0, 1}, at::kLong)),
                               {datasets::ConditionRule::Kind::Label}, 2);
  const at::Tensor found = negative_log_likelihoods(model, *data, {.samples = 30000});
  const at::Tensor annealed =
      annealed_likelihoods(model, *data, {.chains = 400, .temperatures = 100});

  const auto class_of = [](int64_t label) { return datasets::class_condition(label, 2); };
  const std::array exact = {by_quadrature(model, x, {2, std::exp(-1), class_of(0)}),
                            by_quadrature(model, x, {-1, std::exp(0.5), class_of(1)})};
  for (const int64_t i : {0, 1}) {
    EXPECT_NEAR(found[i].item<double>(), exact[static_cast<size_t>(i)], 0.02) << i;
    EXPECT_NEAR(annealed[i].item<double>(), exact[static_cast<size_t>(i)], 0.02) << i;
  }
}

/// Of an encoder that knows nothing: q is far too narrow, and few samples do not find the integral.
TEST(AnnealedLikelihood, EqualsAnIntegralWhateverTheEncoder) {
  const TemporaryFolder folder;
  at::manual_seed(2);
  Variational source = tiny_model();
  fill(source, "encoder", 0);
  fill(source, "encoder.log_variance.bias", -6);
  fill(source, "decoder.dense1.weight", 1.5);
  auto model = testing::exported(source, folder / "best.pt", kOptions);
  const at::Tensor x = at::tensor({1.0F, 1.0F, 1.0F, 1.0F, 0.0F, 1.0F}).view({2, 3});
  const auto data = testing::unscaled(x);
  const at::Tensor annealed =
      annealed_likelihoods(model, *data, {.chains = 400, .temperatures = 100});
  const at::Tensor sampled = negative_log_likelihoods(model, *data, {.samples = 400});
  const double exact = by_quadrature(model, x[0].unsqueeze(0).to(at::kDouble));
  EXPECT_NEAR(annealed[0].item<double>(), exact, 0.02);
  EXPECT_NEAR(annealed[1].item<double>(), by_quadrature(model, x[1].unsqueeze(0).to(at::kDouble)),
              0.02);
  EXPECT_GT(sampled[0].item<double>(), exact + 0.1);
}

TEST(AnnealedLikelihood, TakesASingleItemWhoseCodeIsAMap) {
  const TemporaryFolder folder;
  at::manual_seed(2);
  Variational source(
      {}, {.shapes = {{1, 8, 8}, {1, 8, 8}}, .network = ConvolutionalNetwork{.filters = {4, 3}}});
  source.eval();
  auto model = testing::exported(source, folder / "best.pt", kOptions);
  const auto data = testing::unscaled(at::rand({2, 1, 8, 8}).round());
  const AnnealingOptions options = {.chains = 3, .temperatures = 5, .leapfrog_steps = 2};
  const at::Tensor both = annealed_likelihoods(model, *data, options);
  const datasets::Subset one(data, at::tensor({1}, at::kLong));
  EXPECT_NEAR(annealed_likelihoods(model, one, options).item<double>(), both[1].item<double>(),
              1e-4);
}

TEST(AnnealedLikelihood, OfARowDoesNotDependOnTheOthers) {
  const TemporaryFolder folder;
  at::manual_seed(2);
  Variational source = tiny_model();
  auto model = testing::exported(source, folder / "best.pt", kOptions);
  const AnnealingOptions options = {.chains = 3, .temperatures = 20, .leapfrog_steps = 2};
  testing::expect_likelihoods_of_rows(
      [&](const datasets::Dataset& rows) { return annealed_likelihoods(model, rows, options); });
}

TEST(AnnealedLikelihood, TellsTheShareThatIsDone) {
  const TemporaryFolder folder;
  Variational source = tiny_model();
  auto model = testing::exported(source, folder / "best.pt", kOptions);
  const auto data = testing::unscaled(at::rand({2, 3}));
  std::vector<double> shares;
  annealed_likelihoods(model, *data, {.chains = 4096, .temperatures = 2, .leapfrog_steps = 1},
                       [&](double share) { shares.push_back(share); });
  EXPECT_EQ(shares, (std::vector<double>{0.25, 0.5, 0.75, 1}));
}

TEST(AnnealedLikelihood, GoesThroughASecondLayer) {
  const TemporaryFolder folder;
  at::manual_seed(2);
  Variational source({.prior = {.second_layer = {1}}},
                     {.shapes = {{3}, {3}}, .network = DenseNetwork{.widths = {1}}});
  fill(source, "decoder.dense1.weight", 1.5);
  fill(source, "prior.decoder.mean.weight", 2);
  fill(source, "prior.decoder.log_variance.weight", 0.5);
  auto model =
      testing::exported(source, folder / "best.pt", {{"loss", "bce"}, {"prior", "layer:1"}});
  const at::Tensor x = at::tensor({1.0F, 0.0F, 1.0F}).unsqueeze(0);
  const double found =
      annealed_likelihoods(model, *testing::unscaled(x), {.chains = 400, .temperatures = 100})
          .item<double>();

  // ∫ p(x|z) ∫ p(z|z₂) p(z₂) dz₂ dz by the trapezium rule.
  const at::Tensor second = at::linspace(-8, 8, 801, at::kFloat).unsqueeze(1);
  const at::Tensor z = at::linspace(-24, 24, 2401, at::kFloat).unsqueeze(1);
  const auto first = model.run_method("first_given_second", second);
  const auto density = [](const at::Tensor& distance, const at::Tensor& variance) {
    return (-0.5 * distance.square() / variance).exp() / (2 * M_PI * variance).sqrt();
  };
  const at::Tensor given = density(z - first[0].t(), first[1].exp().t()).to(at::kDouble);
  const at::Tensor of_second = density(second, at::ones({1})).flatten().to(at::kDouble);
  const at::Tensor prior = at::trapezoid(given * of_second, 16.0 / 800);
  const at::Tensor likelihood = testing::bernoulli(model, z, x.to(at::kDouble), {});
  EXPECT_NEAR(found, -std::log(at::trapezoid(likelihood * prior, 48.0 / 2400).item<double>()),
              0.02);
}

/// Of a mixture it would be another chain.
TEST(AnnealedLikelihood, SaysWhyThereIsNone) {
  const TemporaryFolder folder;
  Variational source({.prior = {2}},
                     {.shapes = {{3}, {3}}, .network = DenseNetwork{.widths = {1}}});
  auto model =
      testing::exported(source, folder / "best.pt", {{"loss", "bce"}, {"prior", "vamp:2"}});
  EXPECT_EQ(annealing_obstacle(model), "the prior is a mixture");
  testing::expect_contains(testing::error_of([&] {
                             annealed_likelihoods(model, *testing::unscaled(at::rand({2, 3})), {});
                           }),
                           {"best.pt", "annealed log-likelihood", "mixture"});
}

TEST(LogLikelihood, OfARowDoesNotDependOnTheOthers) {
  const TemporaryFolder folder;
  at::manual_seed(2);
  Variational source = tiny_model();
  auto model = testing::exported(source, folder / "best.pt", kOptions);
  testing::expect_likelihoods_of_rows([&](const datasets::Dataset& rows) {
    return negative_log_likelihoods(model, rows, {.samples = 300});
  });
}

TEST(LogLikelihood, SaysWhyThereIsNone) {
  const TemporaryFolder folder;
  Variational source = tiny_model();
  auto squared = testing::exported(source, folder / "mse.pt", {{"loss", "mse"}});
  EXPECT_EQ(likelihood_obstacle(squared), "the loss mse is no likelihood");
  Autoencoder plain({.shapes = {{3}, {3}}, .network = DenseNetwork{.widths = {1}}});
  auto without = testing::exported(plain, folder / "plain.pt", kOptions);
  testing::expect_contains(
      testing::error_of([&] {
        negative_log_likelihoods(without, *testing::unscaled(at::rand({2, 3})), {});
      }),
      {"plain.pt", "encode_distribution"});
}

}  // namespace
}  // namespace hourglass::evaluation
