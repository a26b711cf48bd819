#include "hourglass/models/quantizers/quantizer.h"
#include "hourglass/tests/models/steps.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <optional>
#include <string>

namespace hourglass::models {
namespace {

Quantization quantization(const std::string& text) { return Quantization::parse(text).value(); }

at::Tensor numbers(const std::vector<float>& values, int64_t columns) {
  return at::tensor(values).view({-1, columns});
}

TEST(Quantization, IsWrittenAsItIsRead) {
  for (const char* text : {"ema", "learned", "fsq:8,6,5", "fsq:2", "fsq:1001,65", "residual:4"}) {
    EXPECT_EQ(quantization(text).text(), text);
  }
  for (const char* wrong : {"", "emas", "fsq", "fsq:", "fsq:1", "fsq:8,", "fsq:300,300", "fsq:1002",
                            "fsq:-2,3", "residual", "residual:1", "residual:x", "residual:65"}) {
    EXPECT_FALSE(Quantization::parse(wrong)) << wrong;
  }
}

// ---- Finite scalar quantisation

/// Levels −1, 0, 1 of the first value, and −2, −1, 0, 1 of the second.
std::shared_ptr<Quantizer> three_by_four() {
  return make_quantizer(quantization("fsq:3,4"), {}, 2);
}

TEST(FiniteScalarQuantizer, RoundsEachValueToItsLevels) {
  const auto fsq = three_by_four();
  EXPECT_EQ(fsq->size(), 12);
  // tanh(0.4) 1.001 = 0.380 -> 0, tanh(1) 1.001 = 0.762 -> 1. Of four levels h = 1.5015, s =
  // artanh(0.5 / 1.5015) = 0.3461: z = 0 -> 0, z = 1 -> 0.810 -> 1, z = −1 -> −1.3627 -> −1, z = −9 -> −2.
  const at::Tensor z = numbers({0.4F, 0, 1, 1, -1, -1, -9, -9, 9, 9}, 2);
  const QuantizedVectors found = fsq->quantize(z, /*training=*/true);
  EXPECT_TRUE(
      at::allclose(found.values, numbers({0, 0, 1, 0.5F, -1, -0.5F, -1, -1, 1, 0.5F}, 2), 0, 1e-6));
  // (n₁ + 3 n₂): (1, 2), (2, 3), (0, 1), (0, 0), (2, 3).
  EXPECT_TRUE(at::equal(found.indices, at::tensor({7, 11, 3, 0, 11}, at::kLong).view({5, 1})));
  EXPECT_TRUE(at::equal(fsq->encode(z), found.indices));
  EXPECT_TRUE(fsq->terms().empty());
  EXPECT_TRUE(found.terms.empty());
}

TEST(FiniteScalarQuantizer, DecodesWhatItEncoded) {
  for (const char* text : {"fsq:8,6,5", "fsq:2,2", "fsq:7", "fsq:5,5,4"}) {
    const Quantization levels = quantization(text);
    const auto width = static_cast<int64_t>(levels.levels.size());
    const auto fsq = make_quantizer(levels, {}, width);
    at::manual_seed(1);
    const at::Tensor z = 3 * at::randn({500, width});
    const QuantizedVectors found = fsq->quantize(z, true);
    EXPECT_TRUE(at::allclose(fsq->decode(found.indices), found.values, 0, 1e-6)) << text;
    EXPECT_GE(found.indices.min().item<int64_t>(), 0);
    EXPECT_LT(found.indices.max().item<int64_t>(), fsq->size());
    // Each index stands for a vector of its own, all in −1 … 1.
    const at::Tensor all = at::arange(fsq->size()).unsqueeze(1);
    EXPECT_LE(fsq->decode(all).abs().max().item<double>(), 1);
    EXPECT_EQ(std::get<0>(at::unique_dim(fsq->decode(all), 0)).size(0), fsq->size());
  }
}

TEST(FiniteScalarQuantizer, HasNoIndexBeyondTheMostLevels) {
  for (const char* text : {"fsq:1000", "fsq:1001", "fsq:65,1001"}) {
    const Quantization levels = quantization(text);
    const auto width = static_cast<int64_t>(levels.levels.size());
    const auto fsq = make_quantizer(levels, {}, width);
    const at::Tensor extremes = at::tensor({-20.0F, 20.0F}).view({2, 1}).expand({2, width});
    const at::Tensor expected = at::tensor({int64_t{0}, fsq->size() - 1}).view({2, 1});
    EXPECT_TRUE(at::equal(fsq->encode(extremes), expected)) << text;
    EXPECT_TRUE(at::equal(fsq->quantize(extremes, true).indices, expected)) << text;
  }
}

TEST(FiniteScalarQuantizer, KeepsZeroForAnyNumberOfLevels) {
  for (const char* text : {"fsq:2", "fsq:3", "fsq:8", "fsq:16"}) {
    const auto found = make_quantizer(quantization(text), {}, 1)->quantize(at::zeros({1, 1}), true);
    EXPECT_EQ(found.values.item<double>(), 0) << text;
  }
}

TEST(FiniteScalarQuantizer, TheGradientIsThatOfTheBoundAlone) {
  const auto fsq = three_by_four();
  const at::Tensor z = numbers({0.4F, 1}, 2).requires_grad_();
  fsq->quantize(z, true).values.sum().backward();
  // ∂/∂z of h tanh(z + s) / ⌊L/2⌋, as if nothing had been rounded.
  const auto slope = [](double a) { return 1 - std::tanh(a) * std::tanh(a); };
  EXPECT_NEAR(z.grad()[0][0].item<double>(), 1.001 * slope(0.4), 1e-5);
  EXPECT_NEAR(z.grad()[0][1].item<double>(), 1.5015 * slope(1 + std::atanh(0.5 / 1.5015)) / 2,
              1e-5);
}

TEST(FiniteScalarQuantizer, VectorsOfAnotherWidthPassALinearLayer) {
  at::manual_seed(1);
  const auto fsq = make_quantizer(quantization("fsq:3,4"), {}, 5);
  const at::Tensor e = at::randn({7, 5});
  const QuantizedVectors found = fsq->quantize(e, true);
  EXPECT_EQ(found.values.sizes(), e.sizes());
  EXPECT_TRUE(at::allclose(fsq->decode(fsq->encode(e)), found.values, 0, 1e-6));
  EXPECT_EQ(fsq->named_parameters().size(), 4U);
  EXPECT_TRUE(three_by_four()->named_parameters().is_empty());
}

// ---- Codebooks

/// LibTorch's autocast takes products in bfloat16, which has three digits.
TEST(CodebookQuantizer, ComparesVectorsInFloat32) {
  const auto quantizer = make_quantizer(quantization("ema"), {.size = 2}, 1);
  {
    const at::NoGradGuard no_grad;
    quantizer->named_buffers()["codebook"].copy_(numbers({1, 1.001F}, 1));
  }
  at::autocast::set_autocast_enabled(at::kCPU, true);
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  const at::Tensor found = quantizer->encode(numbers({1.0009F}, 1));
  at::autocast::set_autocast_enabled(at::kCPU, false);
  EXPECT_EQ(found.item<int64_t>(), 1);
}

// ---- Residual quantisation

/// Two codebooks on the line: 0 and 10, then 0 and 2.
std::shared_ptr<Quantizer> tens_and_twos(CodebookOptions options = {}) {
  options.size = 2;
  auto quantizer = make_quantizer(quantization("residual:2"), options, 1);
  const at::NoGradGuard no_grad;
  quantizer->named_buffers()["stage1.codebook"].copy_(numbers({0, 10}, 1));
  quantizer->named_buffers()["stage2.codebook"].copy_(numbers({0, 2}, 1));
  return quantizer;
}

TEST(ResidualQuantizer, EachCodebookQuantizesWhatIsLeft) {
  const auto quantizer = tens_and_twos();
  const at::Tensor e = numbers({0.5F, 11.5F, 2.5F}, 1);
  const QuantizedVectors found = quantizer->quantize(e, true);
  EXPECT_TRUE(at::equal(found.indices, at::tensor({0, 0, 1, 1, 0, 1}, at::kLong).view({3, 2})));
  EXPECT_TRUE(at::allclose(found.values, numbers({0, 12, 2}, 1)));
  EXPECT_TRUE(at::equal(quantizer->encode(e), found.indices));
  EXPECT_TRUE(at::allclose(quantizer->decode(found.indices), found.values));
  EXPECT_EQ(quantizer->indices_of_vector(), 2);
  // After the first 0.5, 1.5, 2.5 are left, after the second 0.5, −0.5, 0.5: the mean squares.
  EXPECT_NEAR(found.terms.at(0).item<double>(), (0.25 + 2.25 + 6.25) / 3 + 0.25, 1e-6);
}

TEST(ResidualQuantizer, TheGradientGoesStraightThrough) {
  const auto quantizer = tens_and_twos();
  const at::Tensor e = numbers({0.5F, 11.5F, 2.5F}, 1).requires_grad_();
  (quantizer->quantize(e, true).values * numbers({1, 2, 3}, 1)).sum().backward();
  EXPECT_TRUE(at::equal(e.grad(), numbers({1, 2, 3}, 1)));
}

TEST(ResidualQuantizer, TheCommitmentPullsTowardsEverySum) {
  const auto quantizer = tens_and_twos();
  const at::Tensor e = numbers({11.5F}, 1).requires_grad_();
  quantizer->quantize(e, true).terms.at(0).backward();
  EXPECT_NEAR(e.grad().item<double>(), 2 * (11.5 - 10) + 2 * (11.5 - 12), 1e-5);
}

TEST(ResidualQuantizer, EachCodebookFollowsWhatItWasGiven) {
  const auto quantizer = tens_and_twos({.decay = 0, .reseed_below = 0});
  quantizer->quantize(numbers({0.5F, 11.5F, 2.5F}, 1), true);
  const at::NoGradGuard no_grad;
  quantizer->after_step(step_with_seed(1), kAlone);
  // 0 stood for 0.5 and 2.5, 10 for 11.5; then 0 for 0.5, 2 for 1.5 and 2.5.
  EXPECT_TRUE(
      at::allclose(quantizer->named_buffers()["stage1.codebook"], numbers({1.5F, 11.5F}, 1)));
  EXPECT_TRUE(at::allclose(quantizer->named_buffers()["stage2.codebook"], numbers({0.5F, 2}, 1)));
}

}  // namespace
}  // namespace hourglass::models
