// Sparse autoencoders by hand against automatic differentiation of the dense formula.

#include "hourglass/datasets/dataset.h"
#include "hourglass/kernels/instruction_set.h"
#include "hourglass/models/dictionary.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/tensors.h"
#include "hourglass/tests/support/support.h"
#include "hourglass/training/fused_engine.h"
#include "hourglass/training/fused_inference.h"
#include "hourglass/training/trainer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace hourglass::training {

using namespace datasets;
using namespace models;

namespace {

using Kind = Sparsity::Kind;

// No size is a multiple of a vector's or a panel's.
constexpr int64_t kDirections = 80, kValues = 23, kLatents = 50, kItems = 33;

/// Items that are sums of few of 80 directions.
DatasetPtr sparse_sums(int64_t items) {
  at::manual_seed(3);
  at::Tensor directions = at::randn({kDirections, kValues});
  directions = directions / directions.norm(2, {1}, /*keepdim=*/true);
  const at::Tensor is_there = at::rand({items, kDirections}) < 0.06;
  const at::Tensor strengths = 2 + 0.3 * at::randn({items, kDirections});
  return std::make_shared<TensorDataset>(at::matmul(strengths * is_there, directions) + 0.1,
                                         at::Tensor(), Scaling{});
}

/// The same, of which three values in ten are not known when it comes to the loss.
DatasetPtr sums_with_holes(int64_t items) {
  const DatasetPtr sums = sparse_sums(items);
  const at::Tensor values = sums->batch(sums->all_positions()).input;
  const at::Tensor holes = values.masked_fill(at::rand({items, kValues}) < 0.3, std::nan(""));
  return std::make_shared<Paired>(sums,
                                  std::make_shared<TensorDataset>(holes, at::Tensor(), Scaling{}));
}

struct SparseCase {
  std::string name;
  Sparsity sparsity;
  DictionaryOptions options;
  // What all values but those of silent latents are raised by.
  double raised = 0;
};

std::vector<SparseCase> sparse_cases() {
  DictionaryOptions common = {.dead_window = 6};
  DictionaryOptions plain = common, unit = common, prefixes = common, jump = common;
  plain.no_pre_bias = plain.unscaled_selection = true;
  unit.unit_norm_decoder = true;
  prefixes.prefix_auxiliary = true;
  jump.decoder_norm = jump.jump_bandwidth = 0.5;
  jump.jump_threshold = 0.3;
  jump.l0_coefficient = 0.7;
  jump.coefficient_warmup = 10;
  DictionaryOptions quadratic = jump, high = jump, l1 = common;
  high.jump_threshold = 2;  // few are above it: rows one by one instead of dense products
  quadratic.jump_loss = JumpLoss::Quadratic;
  quadratic.target_l0 = 5;
  l1.l1_coefficient = 0.7;
  l1.coefficient_warmup = 10;
  // Where all are kept, the threshold is the least of all values: near 0 it would be a difference of
  // sums, of which float32 gives few digits.
  return {{"topk", {Kind::TopK, 4}, common},
          {"topk_of_plain_values", {Kind::TopK, 4}, plain},
          {"batch_topk", {Kind::BatchTopK, 4}, common},
          {"batch_topk_of_all", {Kind::BatchTopK, kLatents}, common, /*raised=*/3},
          {"matryoshka", {Kind::MatryoshkaBatchTopK, 4, {6, 24}}, unit},
          {"matryoshka_by_prefix", {Kind::MatryoshkaBatchTopK, 4, {6, 24, kLatents}}, prefixes},
          {"jumprelu", {Kind::JumpRelu}, jump},
          {"jumprelu_of_few", {Kind::JumpRelu}, high},
          {"jumprelu_quadratic", {Kind::JumpRelu}, quadratic},
          {"standard", {Kind::Standard}, l1}};
}

/// Some of its latents are silent at the start, and more of them than one row's auxiliary loss takes.
AutoencoderPtr dictionary_of(const SparseCase& one) {
  at::manual_seed(1);
  auto model =
      std::make_shared<Dictionary>(one.sparsity, one.options,
                                   ModelSpec{.shapes = {{kValues}, {kValues}},
                                             .network = DenseNetwork{.widths = {kLatents}},
                                             .likelihood = {Loss::Mse, Activation::Linear}});
  const at::NoGradGuard no_grad;
  at::Tensor bias = *model->named_parameters().find("encoder.dense1.bias");
  bias += one.raised;
  bias.slice(0, 30, 48).fill_(-3);
  return model;
}

struct SparseOutcome {
  EngineState state;
  Measurements training, validation;
  at::Tensor code, reconstruction;
};

/// 100 steps and a validation, which ends with a batch of another size.
SparseOutcome outcome_of(const SparseCase& one, EngineKind kind, int threads,
                         const DatasetPtr& data = sparse_sums(400)) {
  at::set_num_threads(threads);
  const AutoencoderPtr model = dictionary_of(one);
  const OptimizerOptions adam;
  const auto engine = make_engine({.kind = kind, .clip_norm = 1}, {*model, *data, adam, kItems});
  std::vector<int64_t> positions(static_cast<size_t>(data->size()));
  std::iota(positions.begin(), positions.end(), 0);
  StepContext step{.random = RowRandom(1, 1)};
  for (; step.step < 100; ++step.step) {
    const auto first = static_cast<size_t>(step.step * kItems % (data->size() - kItems));
    const size_t count = step.step == 50 ? 2 : kItems;
    engine->train(std::span(positions).subspan(first, count), step, 1e-3);
  }
  SparseOutcome outcome;
  outcome.training = engine->averages.take().values;
  outcome.validation = engine->evaluate(*data, kItems, 1, RowRandom(2)).values;
  const Batch batch = data->batch(data->first_positions(300));
  outcome.code = engine->encode(batch);
  outcome.reconstruction = engine->reconstruct(batch);
  outcome.state = engine->state();
  return outcome;
}

double apart(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor expected = b.to(at::kDouble);
  return ((a.to(at::kDouble) - expected).norm() / (expected.norm() + 1e-12)).item<double>();
}

void expect_near(const Measurements& actual, const Measurements& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(actual[i].name, expected[i].name);
    EXPECT_NEAR(actual[i].value, expected[i].value, 1e-5 * std::abs(expected[i].value))
        << expected[i].name;
  }
}

void expect_equal(const SparseOutcome& actual, const SparseOutcome& expected) {
  ASSERT_EQ(actual.state.model.size(), expected.state.model.size());
  for (const auto& [name, tensor] : expected.state.model) {
    // A single number, that of one unit of one row, has one sum's rounding: nothing averages it.
    const double tolerance = name == "latents.batch_threshold" ? 2e-5 : 1e-5;
    EXPECT_LE(apart(actual.state.model.at(name), tensor), tolerance) << name;
  }
  expect_near(actual.training, expected.training);
  expect_near(actual.validation, expected.validation);
  EXPECT_LE(apart(actual.code, expected.code), 1e-5);
  EXPECT_LE(apart(actual.reconstruction, expected.reconstruction), 1e-5);
}

class FusedSparse : public ::testing::TestWithParam<SparseCase> {
 protected:
  void TearDown() override { at::set_num_threads(threads_); }
  const int threads_ = at::get_num_threads();
};

TEST_P(FusedSparse, EqualsAutogradOnEveryInstructionSetAndAnyNumberOfThreads) {
  const SparseOutcome expected = outcome_of(GetParam(), EngineKind::Autograd, 1);
  ASSERT_GT(value_of(expected.training, "dead_latents"), 0) << "nothing for the auxiliary loss";
  ASSERT_GT(value_of(expected.training, "l0"), 0);
  for (const auto& instruction_set : kernels::instruction_sets()) {
    SCOPED_TRACE(instruction_set);
    const kernels::WithInstructionSet with(instruction_set);
    expect_equal(outcome_of(GetParam(), EngineKind::Fused, 1), expected);
  }
  for (const int threads : {2, 5}) {
    SCOPED_TRACE(threads);
    expect_equal(outcome_of(GetParam(), EngineKind::Fused, threads), expected);
  }
}

TEST_P(FusedSparse, EqualsAutogradWhereTargetsAreNotKnown) {
  const DatasetPtr data = sums_with_holes(400);
  const SparseOutcome expected = outcome_of(GetParam(), EngineKind::Autograd, 1, data);
  ASSERT_TRUE(std::isfinite(value_of(expected.training, "loss")));
  expect_equal(outcome_of(GetParam(), EngineKind::Fused, 2, data), expected);
}

TEST_P(FusedSparse, GivesTheSameBitsAgain) {
  // Of the same items: LibTorch rounds a product by the number of threads that the test before left.
  const DatasetPtr data = sparse_sums(400);
  const SparseOutcome first = outcome_of(GetParam(), EngineKind::Fused, 2, data),
                      second = outcome_of(GetParam(), EngineKind::Fused, 2, data);
  for (const auto& [name, tensor] : first.state.model) {
    EXPECT_TRUE(at::equal(second.state.model.at(name), tensor)) << name;
  }
}

/// The bound that a batch begins with comes from the one before: of a state that was restored there is none.
TEST_P(FusedSparse, GoesOnFromAStateToTheBit) {
  const DatasetPtr data = sparse_sums(400);
  const OptimizerOptions adam;
  const auto model = dictionary_of(GetParam()), again = dictionary_of(GetParam());
  const EngineOptions options = {.kind = EngineKind::Fused, .clip_norm = 1};
  const auto engine = make_engine(options, {*model, *data, adam, kItems});
  std::vector<int64_t> positions(static_cast<size_t>(data->size()));
  std::iota(positions.begin(), positions.end(), 0);
  StepContext step{.random = RowRandom(1, 1)};
  const auto take_steps = [&](Engine& taker, int64_t first, int64_t end) {
    for (step.step = first; step.step < end; ++step.step) {
      taker.train(std::span(positions).subspan(static_cast<size_t>(step.step * 10), kItems), step,
                  1e-3);
    }
  };
  take_steps(*engine, 0, 10);
  const EngineState half = engine->state();
  take_steps(*engine, 10, 20);
  const auto other = make_engine(options, {*again, *data, adam, kItems});
  other->restore(half);
  take_steps(*other, 10, 20);
  const EngineState expected = engine->state(), actual = other->state();
  for (const auto& [name, tensor] : expected.model) {
    EXPECT_TRUE(at::equal(actual.model.at(name), tensor)) << name;
  }
}

TEST_P(FusedSparse, InferenceEqualsTheModel) {
  const DatasetPtr data = sparse_sums(400);
  const AutoencoderPtr model = dictionary_of(GetParam());
  Trainer(model, data, nullptr, {.epochs = 2, .device = "cpu"}).run();
  model->eval();
  const auto inference = make_fused_inference(*model);
  ASSERT_NE(inference, nullptr);
  const at::NoGradGuard no_grad;
  for (const int64_t size : {1, 5, 300}) {
    const at::Tensor x = data->batch(data->first_positions(size)).input, z = model->encode(x);
    EXPECT_LE(apart(inference->run("encode", {x}).front(), z), 1e-6);
    EXPECT_LE(apart(inference->run("decode", {z}).front(), model->decode(z)), 1e-6);
    EXPECT_LE(apart(inference->run("forward", {x}).front(), model->forward(x)), 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, FusedSparse, ::testing::ValuesIn(sparse_cases()),
                         [](const auto& one) { return one.param.name; });

TEST(FusedSparseObstacle, NamesTheKindsThatAutogradTrains) {
  const DatasetPtr data = sparse_sums(5);
  const OptimizerOptions adam;
  const auto gated = dictionary_of({"", {Kind::Gated}, {}});
  EXPECT_EQ(fused_obstacle({}, {*gated, *data, adam}), "a gated code");
  const auto smooth = dictionary_of({"", {Kind::JumpRelu}, {.jump_loss = JumpLoss::Tanh}});
  EXPECT_EQ(fused_obstacle({}, {*smooth, *data, adam}), "the penalty tanh of jumprelu");
}

}  // namespace
}  // namespace hourglass::training
