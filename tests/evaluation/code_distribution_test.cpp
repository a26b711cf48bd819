#include "hourglass/evaluation/code_distribution.h"

#include "hourglass/evaluation/masked_flow.h"
#include "hourglass/evaluation/sampler_file.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/variational.h"
#include "hourglass/tests/evaluation/small_model.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>

namespace hourglass::evaluation {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::exported;
using testing::TemporaryFolder;

Sampler sampler(const char* text) { return Sampler::parse(text).value(); }

/// Points on a bent line with a little noise: (x, x² + 0.1 n), x ~ N(0, 1).
at::Tensor banana(int64_t count, uint64_t seed) {
  at::manual_seed(seed);
  const at::Tensor x = at::randn({count});
  return at::stack({x, x.square() + 0.1 * at::randn({count})}, 1);
}

/// The mean distance of the second value from the square of the first.
double distance_from_line(const at::Tensor& codes) {
  return (codes.select(1, 1) - codes.select(1, 0).square()).abs().mean().item<double>();
}

TEST(MaskedFlow, StartsAsTheNormalDistributionOfTheCodes) {
  // What is not fitted has no shifts: mean 1 and deviation 2 of one value, by hand.
  const MaskedFlow flow({{"mean", at::tensor({1.0F})},
                         {"deviation", at::tensor({2.0F})},
                         {"block0.hidden_weight", at::ones({3, 1})},
                         {"block0.hidden_bias", at::zeros({3})},
                         {"block0.weight", at::zeros({2, 3})},
                         {"block0.bias", at::zeros({2})}});
  const at::Tensor density = flow.log_density(at::tensor({1.0F, 3.0F}).view({2, 1}));
  const double at_mean = -0.5 * std::log(2 * std::numbers::pi) - std::log(2);
  EXPECT_NEAR(density[0].item<double>(), at_mean, 1e-6);
  EXPECT_NEAR(density[1].item<double>(), at_mean - 0.5, 1e-6);
}

TEST(MaskedFlow, ShiftsAndScalesByWhatComesBefore) {
  // One block of two values: u₁ = x₁, u₂ = (x₂ − 3 tanh(x₁)) exp(−α), α = 4 tanh(0.5 tanh(x₁)).
  const at::Tensor weight = at::zeros({4, 1});
  weight[1][0] = 3;  // μ₂
  weight[3][0] = 2;  // α₂
  const MaskedFlow flow({{"mean", at::zeros({2})},
                         {"deviation", at::ones({2})},
                         {"block0.hidden_weight", at::tensor({1.0F, 100.0F}).view({1, 2})},
                         {"block0.hidden_bias", at::zeros({1})},
                         {"block0.weight", weight},
                         {"block0.bias", at::zeros({4})}});
  const double x1 = 0.7, x2 = 1.1, h = std::tanh(x1), alpha = 4 * std::tanh(2 * h / 4);
  const double u2 = (x2 - 3 * h) * std::exp(-alpha);
  const double expected = -std::log(2 * std::numbers::pi) - 0.5 * (x1 * x1 + u2 * u2) - alpha;
  const at::Tensor x = at::tensor({static_cast<float>(x1), static_cast<float>(x2)}).view({1, 2});
  EXPECT_NEAR(flow.log_density(x).item<double>(), expected, 1e-5)
      << "the mask hides x₂ from the unit";
}

TEST(MaskedFlow, IntegratesToOne) {
  const auto fitted = MaskedFlow::fit(banana(500, 1), 1);
  const MaskedFlow flow(fitted->tensors());
  const at::Tensor line = at::linspace(-8, 8, 400);
  const auto grid = at::meshgrid({line, line + 4}, "ij");
  const at::Tensor points = at::stack({grid[0].flatten(), grid[1].flatten()}, 1);
  const double cell = (16.0 / 399) * (16.0 / 399);
  EXPECT_NEAR(flow.log_density(points).exp().sum().item<double>() * cell, 1, 0.03);
}

TEST(CodeDistribution, LearnsWhatNoGaussianCan) {
  const at::Tensor codes = banana(2000, 1);
  const auto distance = [&](const char* text) {
    return distance_from_line(fit_distribution(sampler(text), codes, 1)->sample(2000, 2));
  };
  const double gaussian = distance("gaussian");
  EXPECT_GT(gaussian, 1);
  EXPECT_LT(distance("maf"), 0.3 * gaussian);
  EXPECT_LT(distance("two-stage"), 0.3 * gaussian);
}

TEST(CodeDistribution, DrawsTheSameOfTheSameSeed) {
  for (const char* text : {"mixture:2", "maf", "two-stage"}) {
    const auto once = fit_distribution(sampler(text), banana(200, 3), 5);
    const auto again = fit_distribution(sampler(text), banana(200, 3), 5);
    EXPECT_TRUE(once->sample(10, 1).equal(again->sample(10, 1))) << text;
    EXPECT_FALSE(once->sample(10, 1).equal(once->sample(10, 2))) << text;
    EXPECT_EQ(once->sample(10, 1).sizes(), (at::IntArrayRef{10, 2})) << text;
  }
}

TEST(CodeDistribution, OfSingleValues) {
  at::manual_seed(1);
  const at::Tensor codes = at::randn({300, 1}) * 2 + 5;
  for (const char* text : {"maf", "two-stage"}) {
    const at::Tensor drawn = fit_distribution(sampler(text), codes, 1)->sample(4000, 1);
    EXPECT_NEAR(drawn.mean().item<double>(), 5, 0.3) << text;
    EXPECT_NEAR(drawn.std().item<double>(), 2, 0.3) << text;
  }
}

TEST(CodeDistribution, RefusesCodesThatSayNothing) {
  for (const char* text : {"maf", "two-stage"}) {
    expect_contains(error_of([&] {
                      fit_distribution(sampler(text), at::ones({1, 2}), 1);
                    }),
                    {text, "at least 2 codes", "found 1"});
    expect_contains(error_of([&] {
                      fit_distribution(sampler(text), at::full({9, 2}, NAN), 1);
                    }),
                    {"nan"});
  }
}

models::Variational small_variational() {
  at::manual_seed(1);
  return {{}, {.shapes = {{4}, {4}}, .network = models::DenseNetwork{.widths = {2}}}};
}

TEST(SamplerFile, GivesBackWhatWasFitted) {
  const TemporaryFolder folder;
  auto model = small_variational();
  const ExportedModel file = exported(model, folder / "vae.pt", nlohmann::json::object());
  for (const char* text : {"gaussian", "mixture:3", "maf", "two-stage"}) {
    const auto fitted = fit_distribution(sampler(text), banana(200, 3), 5);
    write_sampler(folder / "sampler.safetensors", {sampler(text), fitted}, file);
    const FittedSampler read = read_sampler(folder / "sampler.safetensors", file);
    EXPECT_EQ(read.sampler.text(), text);
    EXPECT_TRUE(read.distribution->sample(20, 1).equal(fitted->sample(20, 1))) << text;
  }
}

TEST(SamplerFile, RefusesOtherFilesAndModels) {
  const TemporaryFolder folder;
  auto model = small_variational();
  const ExportedModel file = exported(model, folder / "vae.pt", nlohmann::json::object());
  const auto fitted = fit_distribution(sampler("maf"), banana(50, 3), 5);
  write_sampler(folder / "maf.safetensors", {sampler("maf"), fitted}, file);
  at::manual_seed(2);
  models::Variational other({},
                            {.shapes = {{4}, {4}}, .network = models::DenseNetwork{.widths = {2}}});
  const ExportedModel others = exported(other, folder / "other.pt", nlohmann::json::object());
  expect_contains(error_of([&] { read_sampler(folder / "maf.safetensors", others); }),
                  {"maf.safetensors", "another checkpoint"});
  // The tensors of one kind under the name of another.
  write_sampler(folder / "wrong.safetensors", {sampler("two-stage"), fitted}, file);
  expect_contains(error_of([&] { read_sampler(folder / "wrong.safetensors", file); }),
                  {"wrong.safetensors", "a sampler two-stage", "found others"});
}

}  // namespace
}  // namespace hourglass::evaluation
