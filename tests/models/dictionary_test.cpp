#include "hourglass/models/dictionary.h"

#include "hourglass/models/across_rows.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/models/steps.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

namespace hourglass::models {
namespace {

using testing::error_of;
using testing::expect_contains;

constexpr Likelihood kSquaredError = {Loss::Mse, Activation::Linear};

ModelSpec spec_of(int64_t inputs, int64_t units) {
  return {.shapes = {{inputs}, {inputs}},
          .network = DenseNetwork{.widths = {units}},
          .likelihood = kSquaredError};
}

/// As many units as values; p is the item itself, and unit i has the i-th direction, `norms[i]`
/// long.
Dictionary with_code_of_input(const Sparsity& sparsity, const std::vector<float>& norms,
                              const DictionaryOptions& options = {}) {
  const auto units = std::ssize(norms);
  Dictionary model(sparsity, options, spec_of(units, units));
  set_parameter(model, "encoder.dense1.weight", at::eye(units));
  set_parameter(model, "decoder.dense1.weight", at::diag(at::tensor(norms)));
  return model;
}

at::Tensor rows(const std::vector<float>& values, int64_t width) {
  return at::tensor(values).view({-1, width});
}

double value_on(Dictionary& model, const at::Tensor& x, const std::string& name) {
  return value_of(model, model.losses(batch_of(x), step_with_seed(1)), name);
}

void step_on(Dictionary& model, const at::Tensor& x) {
  const Batch batch = batch_of(x);
  model.losses(batch, step_with_seed(1));
  model.after_step(batch, step_with_seed(1));
}

at::Tensor buffer(const Dictionary& model, const std::string& name) {
  return model.named_buffers()[name];
}

// ---- Start

TEST(Dictionary, StartsWithVectorsOfOneLengthAndTheEncoderAsTheirTranspose) {
  const Dictionary model({Sparsity::Kind::TopK, 2}, {.decoder_norm = 0.25}, spec_of(5, 8));
  const auto parameters = model.named_parameters();
  const at::Tensor decoder = parameters["decoder.dense1.weight"];  // [5, 8]
  EXPECT_TRUE(at::allclose(decoder.norm(2, {0}), at::full({8}, 0.25)));
  EXPECT_TRUE(at::equal(parameters["encoder.dense1.weight"], decoder.t()));
  EXPECT_EQ(decoder.count_nonzero().item<int64_t>(), 40);
}

TEST(Dictionary, NormOfZeroLeavesTheVectorsAsDrawn) {
  at::manual_seed(1);
  const Dictionary model({Sparsity::Kind::TopK, 2}, {.decoder_norm = 0}, spec_of(6, 500));
  const at::Tensor decoder = model.named_parameters()["decoder.dense1.weight"];
  EXPECT_LE(decoder.abs().max().item<double>(), 1);  // √(6/6)
  EXPECT_NEAR(decoder.square().mean().item<double>(), 1.0 / 3, 0.03);
}

// ---- Codes

TEST(Dictionary, TopKKeepsTheStrongestOfEachRowAndNeverNegativeOnes) {
  auto model = with_code_of_input({Sparsity::Kind::TopK, 2}, {1, 1, 1});
  const at::Tensor code = model.encode(rows({3, 1, 2, -1, 4, -2}, 3));
  EXPECT_TRUE(at::equal(code, rows({3, 0, 2, 0, 4, 0}, 3)));
}

TEST(Dictionary, TopKSelectsByTheLengthOfTheVectorsAndKeepsTheValues) {
  auto scaled = with_code_of_input({Sparsity::Kind::TopK, 1}, {1, 4});
  EXPECT_TRUE(at::equal(scaled.encode(rows({3, 2}, 2)), rows({0, 2}, 2)));
  auto plain = with_code_of_input({Sparsity::Kind::TopK, 1}, {1, 4}, {.unscaled_selection = true});
  EXPECT_TRUE(at::equal(plain.encode(rows({3, 2}, 2)), rows({3, 0}, 2)));
}

TEST(Dictionary, PreBiasIsTheDecodersAndCanBeLeftOut) {
  for (const bool without : {false, true}) {
    auto model = with_code_of_input({Sparsity::Kind::TopK, 2}, {1, 1}, {.no_pre_bias = without});
    set_parameter(model, "decoder.dense1.bias", at::tensor({0.5F, 1.0F}));
    const at::Tensor x = rows({2, 3}, 2), code = model.encode(x);
    EXPECT_TRUE(at::equal(code, without ? x : rows({1.5, 2}, 2)));
    EXPECT_TRUE(at::equal(model.decode(code), code + rows({0.5, 1}, 2)));
  }
}

TEST(Dictionary, BatchTopKSharesItsUnitsAmongTheRowsOfABatch) {
  auto model = with_code_of_input({Sparsity::Kind::BatchTopK, 1}, {1, 1, 1});
  const at::Tensor code = model.encode(rows({5, 4, 1, 2, 1, 0}, 3));
  EXPECT_TRUE(at::equal(code, rows({5, 4, 0, 0, 0, 0}, 3)));
}

TEST(Dictionary, BatchThresholdFollowsTheWeakestChosenScoreAndServesInference) {
  auto model = with_code_of_input({Sparsity::Kind::BatchTopK, 1}, {1, 2}, {.threshold_rate = 0.25});
  const at::Tensor x = rows({3, 0.5, 1, 2}, 2);  // scores 3 and 1, 1 and 4: 3 and 4 are chosen
  step_on(model, x);
  EXPECT_DOUBLE_EQ(buffer(model, "latents.batch_threshold").item<double>(), 0.75);
  step_on(model, x);
  EXPECT_DOUBLE_EQ(buffer(model, "latents.batch_threshold").item<double>(), 0.75 * 0.75 + 0.75);
  model.eval();  // what exceeds 1.3125 once it is scaled
  EXPECT_TRUE(at::equal(model.encode(rows({1.25, 0.75, 1.5, 0.5}, 2)), rows({0, 0.75, 1.5, 0}, 2)));
}

TEST(Dictionary, BatchThresholdStaysWhereNothingSpeaks) {
  auto model = with_code_of_input({Sparsity::Kind::BatchTopK, 1}, {1, 1});
  step_on(model, rows({4, 0}, 2));
  const double before = buffer(model, "latents.batch_threshold").item<double>();
  step_on(model, rows({-1, -2}, 2));
  EXPECT_EQ(buffer(model, "latents.batch_threshold").item<double>(), before);
}

TEST(Dictionary, JumpReluKeepsWhatExceedsItsThresholdWhole) {
  auto model = with_code_of_input({Sparsity::Kind::JumpRelu}, {1, 1}, {.jump_threshold = 0.5});
  const at::Tensor x = rows({0.5, 0.75, 2, -1}, 2), expected = rows({0, 0.75, 2, 0}, 2);
  EXPECT_TRUE(at::equal(model.encode(x), expected));
  model.eval();
  EXPECT_TRUE(at::equal(model.encode(x), expected));
}

TEST(Dictionary, GateSaysWhoSpeaksAndTheMagnitudeHowLoud) {
  auto model = with_code_of_input({Sparsity::Kind::Gated}, {1, 1, 1});
  set_parameter(model, "encoder.dense1.bias", at::tensor({0.0F, -3.0F, 0.0F}));
  set_parameter(model, "latents.log_scale", at::tensor({std::log(2.0F), 0.0F, 0.0F}));
  set_parameter(model, "latents.magnitude_bias", at::tensor({1.0F, 0.0F, -4.0F}));
  // 2 · 1 + 1; silenced by its gate; silenced by its own bias.
  EXPECT_TRUE(at::allclose(model.encode(rows({1, 2, 3}, 3)), rows({3, 0, 0}, 3)));
}

// ---- Terms

TEST(Dictionary, ReconstructionIsTheSumOverValuesAndTheMeanOverRows) {
  auto model = with_code_of_input({Sparsity::Kind::TopK, 1}, {1, 1});
  EXPECT_FLOAT_EQ(value_on(model, rows({3, 1, 2, -2}, 2), "reconstruction"), (1 + 4) / 2.0);
}

TEST(Dictionary, PenaltyOfStandardWeighsUnitsByTheLengthOfTheirVectors) {
  auto model = with_code_of_input({Sparsity::Kind::Standard}, {2, 3});
  EXPECT_FLOAT_EQ(value_on(model, rows({1, 2, -1, 4}, 2), "sparsity"), (2 + 6 + 12) / 2.0);
}

TEST(Dictionary, PenaltyOfJumpReluCountsUnits) {
  const at::Tensor x = rows({1, 2, 3, -1, -1, 4}, 3);  // three speak, then one
  const auto penalty = [&](const DictionaryOptions& options) {
    auto model = with_code_of_input({Sparsity::Kind::JumpRelu}, {1, 1, 1}, options);
    return value_on(model, x, "sparsity");
  };
  EXPECT_FLOAT_EQ(penalty({}), 2);
  EXPECT_FLOAT_EQ(penalty({.jump_loss = JumpLoss::Quadratic, .target_l0 = 2}), (1 + 1) / 2.0);
  EXPECT_NEAR(penalty({.jump_loss = JumpLoss::Tanh}), 2, 1e-3);
}

TEST(Dictionary, CoefficientGrowsFromZeroStepByStep) {
  const Dictionary model({Sparsity::Kind::Standard}, {.l1_coefficient = 2, .coefficient_warmup = 4},
                         spec_of(3, 4));
  const Term sparsity = model.phases().front().terms[1];
  StepContext step = step_with_seed(1);
  EXPECT_DOUBLE_EQ(weight_at(sparsity, step), 0);
  step.step = 1;
  EXPECT_DOUBLE_EQ(weight_at(sparsity, step), 0.5);
  step.step = 9;
  EXPECT_DOUBLE_EQ(weight_at(sparsity, step), 2);
  EXPECT_DOUBLE_EQ(weight_at(sparsity, {.random = RowRandom(1, 1), .training = false}), 2);
}

TEST(Dictionary, PrefixesReconstructByThemselves) {
  auto model = with_code_of_input({Sparsity::Kind::MatryoshkaBatchTopK, 3, {1, 2, 3}}, {1, 1, 1});
  const at::Tensor x = rows({3, 2, 1}, 3);
  EXPECT_FLOAT_EQ(value_on(model, x, "reconstruction"), 0);
  EXPECT_FLOAT_EQ(value_on(model, x, "prefixes"), (4 + 1) + 1);
}

TEST(Dictionary, DeadUnitsLearnWhatTheOthersMiss) {
  // Unit 1 is silent in the first batches and dead in the third.
  auto model = with_code_of_input({Sparsity::Kind::TopK, 1}, {1, 1, 1, 1}, {.dead_window = 1});
  const at::Tensor x = rows({4, -1, 3, 2, 1, -2, 1, 3, 0, -1, 2, 1}, 4);
  step_on(model, x);
  EXPECT_EQ(value_on(model, x, "dead_latents"), 0);
  EXPECT_EQ(value_on(model, x, "auxiliary"), 0);
  step_on(model, x);
  EXPECT_EQ(value_on(model, x, "dead_latents"), 1);
  // One dead unit of D/2 = 2 makes a half of ‖a W_dec − (x − x̂)‖²: its own value is met, also where
  // it is negative, and the others' is missed: 3² + 2², 1² + 1², 1².
  EXPECT_FLOAT_EQ(value_on(model, x, "auxiliary"), 0.5 * (13 + 2 + 1) / 3);
}

TEST(Dictionary, UnitsThatSpeakAreNoLongerDead) {
  auto model = with_code_of_input({Sparsity::Kind::TopK, 1}, {1, 1}, {.dead_window = 1});
  for (int i = 0; i < 3; ++i) step_on(model, rows({1, 0}, 2));
  EXPECT_TRUE(at::equal(buffer(model, "steps_since_spoken"), at::tensor({0, 3}, at::kLong)));
  step_on(model, rows({0, 1}, 2));
  EXPECT_TRUE(at::equal(buffer(model, "steps_since_spoken"), at::tensor({1, 0}, at::kLong)));
}

TEST(Dictionary, UnitNormHoldsAfterEveryStep) {
  auto model = with_code_of_input({Sparsity::Kind::TopK, 1}, {3, 0.5}, {.unit_norm_decoder = true});
  step_on(model, rows({1, 0}, 2));
  EXPECT_TRUE(at::equal(model.named_parameters()["decoder.dense1.weight"], at::eye(2)));
}

// ---- Across rows

TEST(LargestOfBatch, TakesAllPositiveValuesWhereTheyAreFewerThanAskedFor) {
  const auto found = largest_of_batch(rows({-1, 2, 0, 1}, 2), 3, kAlone);
  EXPECT_TRUE(at::equal(found.chosen, rows({0, 1, 0, 1}, 2).to(at::kBool)));
  EXPECT_EQ(found.smallest.item<double>(), 1);
}

TEST(LargestOfBatch, ChoosesNothingWhereNothingIsPositive) {
  const auto found = largest_of_batch(rows({-1, -2}, 2), 1, kAlone);
  EXPECT_FALSE(found.chosen.any().item<bool>());
  EXPECT_EQ(found.smallest.item<double>(), std::numeric_limits<double>::infinity());
}

// ---- What cannot work

TEST(Dictionary, NeedsALinearDenseNetworkWithoutHiddenLayersAndSquaredError) {
  const Sparsity topk = {Sparsity::Kind::TopK, 2};
  const auto complaint = [&](const NetworkOptions& network, const Likelihood& likelihood) {
    return error_of([&] { check(topk, {}, network, likelihood); });
  };
  const DenseNetwork good = {.widths = {8}};
  EXPECT_NO_THROW(check(topk, {}, good, kSquaredError));
  expect_contains(complaint(NetworkOptions("convolutional"), kSquaredError),
                  {"`sparsity` topk:2", "`network` dense", "'convolutional'"});
  expect_contains(complaint(DenseNetwork{.widths = {16, 8}}, kSquaredError),
                  {"`widths`", "1 hidden layers"});
  expect_contains(
      complaint(DenseNetwork{.widths = {8}, .code_activation = Activation::Relu}, kSquaredError),
      {"`code_activation` linear", "'relu'"});
  expect_contains(complaint(DenseNetwork{.widths = {8}, .tied_weights = true}, kSquaredError),
                  {"`tied_weights`"});
  expect_contains(complaint(DenseNetwork{.widths = {8}, .unit_length = true}, kSquaredError),
                  {"`unit_length` false"});
  expect_contains(complaint(DenseNetwork{.widths = {8}, .input_dropout = 0.5}, kSquaredError),
                  {"`input_dropout` 0", "'0.5'"});
  expect_contains(complaint(good, {}), {"`loss` mse", "'bce'"});
  expect_contains(complaint(good, {Loss::Mse, Activation::Sigmoid}),
                  {"`output_activation` linear", "'sigmoid'"});
}

TEST(Dictionary, RefusesMoreUnitsThanThereAre) {
  expect_contains(error_of([] {
                    Dictionary({Sparsity::Kind::TopK, 9}, {}, spec_of(4, 8));
                  }),
                  {"`sparsity` topk:9", "9 of 8"});
  expect_contains(
      error_of([] {
        Dictionary({Sparsity::Kind::MatryoshkaBatchTopK, 2, {4, 16}}, {}, spec_of(4, 8));
      }),
      {"16 of 8"});
}

TEST(Dictionary, QuadraticPenaltyNeedsATarget) {
  expect_contains(error_of([] {
                    check({Sparsity::Kind::JumpRelu}, {.jump_loss = JumpLoss::Quadratic},
                          DenseNetwork{.widths = {8}}, kSquaredError);
                  }),
                  {"`jump_loss` quadratic", "`target_l0`"});
}

}  // namespace
}  // namespace hourglass::models
