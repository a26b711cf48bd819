// Dictionaries against SAELens 6.54.12: the same start, the same batches, and its parameters after
// 1, 10 and 40 steps (shared/data/sae-golden, written by shared/tools/sae/check_spec.py in float64).

#include "hourglass/datasets/dataset.h"
#include "hourglass/formats/safetensors.h"
#include "hourglass/models/dictionary.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/tensors.h"
#include "hourglass/tests/support/support.h"
#include "hourglass/training/engine.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <ostream>
#include <span>

namespace hourglass::recipes {
namespace {

using models::Dictionary;
using models::DictionaryOptions;
using models::Sparsity;
using testing::real_data;

constexpr int64_t kInputs = 16, kUnits = 48, kRows = 64;

/// One file of the golden folder, and the same options in our words.
struct GoldenCase {
  std::string name;
  Sparsity sparsity;
  DictionaryOptions options;
};

void PrintTo(const GoldenCase& one, std::ostream* out) { *out << one.name; }

std::vector<GoldenCase> golden_cases() {
  const DictionaryOptions jump = {.decoder_norm = 0.5,
                                  .dead_window = 6,
                                  .l0_coefficient = 0.7,
                                  .coefficient_warmup = 10,
                                  .jump_threshold = 0.3,
                                  .jump_bandwidth = 0.5};
  DictionaryOptions quadratic = jump;
  quadratic.l0_coefficient = 1;
  quadratic.coefficient_warmup = 0;
  quadratic.jump_loss = models::JumpLoss::Quadratic;
  quadratic.target_l0 = 5;
  const DictionaryOptions l1 = {.dead_window = 6, .l1_coefficient = 0.7, .coefficient_warmup = 10};
  return {
      {"topk", {Sparsity::Kind::TopK, 4}, {.dead_window = 6}},
      {"batchtopk", {Sparsity::Kind::BatchTopK, 4}, {.dead_window = 6}},
      {"matryoshka",
       {Sparsity::Kind::MatryoshkaBatchTopK, 4, {6, 24, 48}},
       {.prefix_auxiliary = true, .dead_window = 6}},
      {"jumprelu", {Sparsity::Kind::JumpRelu}, jump},
      {"jumprelu-quadratic", {Sparsity::Kind::JumpRelu}, quadratic},
      {"gated", {Sparsity::Kind::Gated}, l1},
      {"standard", {Sparsity::Kind::Standard}, l1},
  };
}

/// SAELens' parameter for one of ours, and whether it lies the other way round.
struct Counterpart {
  std::string name;
  bool transposed = false;
};

Counterpart counterpart(const std::string& ours, const GoldenCase& one) {
  const bool gated = one.sparsity.kind == Sparsity::Kind::Gated;
  const std::map<std::string, Counterpart> names = {
      {"encoder.dense1.weight", {"W_enc", true}},
      {"decoder.dense1.weight", {"W_dec", true}},
      {"decoder.dense1.bias", {"b_dec"}},
      {"encoder.dense1.bias", {gated ? "b_gate" : "b_enc"}},
      {"latents.threshold", {"threshold"}},
      {"latents.log_scale", {"r_mag"}},
      {"latents.magnitude_bias", {"b_mag"}},
  };
  return names.at(ours);
}

at::Tensor golden_tensor(const formats::TensorFile& file, const std::string& moment,
                         const std::string& ours, const GoldenCase& one) {
  const Counterpart theirs = counterpart(ours, one);
  const at::Tensor value = file.find(moment + "." + theirs.name);
  return theirs.transposed ? value.t() : value;
}

/// Takes the 40 steps with an engine.
void expect_golden_steps(const GoldenCase& one, training::EngineKind kind) {
  const auto golden =
      formats::read_safetensors(real_data("sae-golden") / (one.name + ".safetensors"));
  const auto batches = formats::read_safetensors(real_data("sae-golden/batches.safetensors"));
  const datasets::TensorDataset data(batches.find("batches").reshape({-1, kInputs}).to(at::kFloat),
                                     {}, {});

  const models::DenseNetwork network = {.widths = {kUnits}};
  const auto model = std::make_shared<Dictionary>(
      one.sparsity, one.options,
      models::ModelSpec{.shapes = {{kInputs}, {kInputs}},
                        .network = network,
                        .likelihood = {models::Loss::Mse, models::Activation::Linear}});
  {
    const at::NoGradGuard no_grad;
    for (auto& parameter : model->named_parameters()) {
      parameter.value().copy_(golden_tensor(golden, "start", parameter.key(), one));
    }
  }

  const training::OptimizerOptions adam = {.epsilon = 1e-8};
  const auto engine =
      training::make_engine({.kind = kind, .clip_norm = 1}, {*model, data, adam, kRows});
  std::vector<int64_t> positions(static_cast<size_t>(data.size()));
  std::iota(positions.begin(), positions.end(), 0);
  models::StepContext step{.random = RowRandom(1, 1)};
  for (; step.step < 40; ++step.step) {
    engine->train(std::span(positions).subspan(static_cast<size_t>(step.step * kRows), kRows), step,
                  3e-3);
    const int64_t taken = step.step + 1;
    if (taken != 1 && taken != 10 && taken != 40) continue;
    const auto state = engine->state();
    for (const auto& parameter : model->named_parameters()) {
      const at::Tensor expected =
          golden_tensor(golden, "after_" + std::to_string(taken), parameter.key(), one);
      const at::Tensor apart = state.model.at(parameter.key()).to(at::kDouble) - expected;
      EXPECT_LE(apart.abs().max().item<double>() / expected.abs().max().item<double>(), 1e-5)
          << parameter.key() << " after " << taken << " steps";
    }
  }
}

class DictionaryGolden : public ::testing::TestWithParam<GoldenCase> {};

TEST_P(DictionaryGolden, StepsAreThoseOfSaeLensWithEveryEngine) {
  HOURGLASS_NEEDS_DATA("sae-golden");
  // Auto is the fused one, but of a gated code.
  for (const auto kind : {training::EngineKind::Autograd, training::EngineKind::Auto}) {
    SCOPED_TRACE(enum_name(kind));
    expect_golden_steps(GetParam(), kind);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, DictionaryGolden, ::testing::ValuesIn(golden_cases()),
                         [](const auto& one) {
                           std::string name = one.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace hourglass::recipes
