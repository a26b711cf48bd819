// What every variant must do, run over the whole registry on the embedded digits: each variant with
// its default options, and with options that make another network or another loss of it.

#include "hourglass/evaluation/exported_model.h"
#include "hourglass/formats/torchscript.h"
#include "hourglass/models/contractive.h"
#include "hourglass/models/denoising.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/lstm_network.h"
#include "hourglass/models/sparse.h"
#include "hourglass/models/variational.h"
#include "hourglass/recipes/variant.h"
#include "hourglass/runs/state_file.h"
#include "hourglass/sources/open.h"
#include "hourglass/tests/support/support.h"
#include "hourglass/training/stopping.h"
#include "hourglass/training/trainer.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <functional>
#include <map>
#include <ostream>

namespace hourglass::recipes {

using namespace datasets;
using namespace models;
using namespace training;
using namespace formats;
using namespace sources;
using namespace runs;
using namespace evaluation;

namespace {

const DataSplits& digits() {
  static const DataSplits data =
      open_data({.dataset = "digits", .validation = {Validation::Kind::Split, 0.1}}, 1);
  return data;
}

StepContext context() { return {.generator = make_generator(at::kCPU, 1)}; }

struct Case {
  std::string name;
  std::string variant;
  std::any options;
};

/// How a failed test names its case.
void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const auto& variant : variants()) {
    all.push_back({variant.name, variant.name, variant.default_options});
  }
  const std::vector<Case> others = {
      {"dense_tied", "dense", DenseOptions{.widths = {32, 16}, .tied_weights = true}},
      {"sparse_kl", "sparse",
       SparseOptions{.network = {.widths = {64}, .code_activation = Activation::Sigmoid},
                     .sparsity = Sparsity::Kl}},
      {"contractive_deep", "contractive",
       ContractiveOptions{.network = {.widths = {32, 8}, .code_activation = Activation::Sigmoid}}},
      {"contractive_estimate", "contractive",
       ContractiveOptions{.network = {.widths = {32, 8}, .code_activation = Activation::Sigmoid},
                          .jacobian = JacobianNorm::Estimate}},
      {"denoising_dense", "denoising",
       DenoisingOptions{.network = DenoisingNetwork::Dense, .widths = {64, 32}}},
      {"lstm_bidirectional", "lstm", LstmOptions{.widths = {16, 8}, .bidirectional = true}},
      // With the whole KL divergence and these few filters the code falls silent (posterior
      // collapse), and there is nothing to overfit with.
      {"variational_convolutional", "variational",
       VariationalOptions{.network = VariationalNetwork::Convolutional,
                          .widths = {32, 8},
                          .filters = 8,
                          .beta = 0.1}},
  };
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

class Conformance : public ::testing::TestWithParam<Case> {
 protected:
  const Variant& variant = find_variant(GetParam().variant);
  DatasetPtr data = digits().training;

  AutoencoderPtr build() const {
    at::manual_seed(1);
    return variant.build(GetParam().options, {data->item_shape(), data->target_shape()});
  }

  Batch batch(int64_t size) const { return data->batch(data->first_positions(size)); }
};

TEST_P(Conformance, KeepsItsShapesAtOddBatchSizes) {
  const auto model = build();
  model->eval();
  for (const int64_t size : {1, 3, 7}) {
    const Batch b = batch(size);
    const at::Tensor z = model->encode(b.input);
    EXPECT_EQ(z.sizes().slice(1), at::IntArrayRef(model->code_shape()));
    EXPECT_EQ(z.size(0), size);
    EXPECT_EQ(model->decode(z).sizes(), b.target.sizes());
    EXPECT_EQ(model->forward(b.input).sizes(), b.target.sizes());
  }
}

TEST_P(Conformance, GivesEveryParameterAGradient) {
  const auto model = build();
  StepContext step = context();
  const Losses losses = model->loss(batch(16), step);
  EXPECT_TRUE(std::isfinite(losses.total().item<double>()));
  std::vector<at::Tensor> parameters;
  for (const auto& parameter : model->named_parameters()) {
    const auto gradients =
        torch::autograd::grad({losses.total()}, {parameter.value()}, {}, /*retain_graph=*/true,
                              /*create_graph=*/false, /*allow_unused=*/true);
    ASSERT_TRUE(gradients[0].defined()) << parameter.key();
    EXPECT_GT(gradients[0].abs().sum().item<double>(), 0) << parameter.key();
  }
}

/// Ends a run once `reached` holds, which it asks now and then.
class StopWhen : public Hook {
 public:
  explicit StopWhen(std::function<bool()> reached) : reached_(std::move(reached)) {}

  Verdict on_epoch_end(const EpochReport& report, const TrainingStatePtr& /*state*/) override {
    return report.epoch % 50 == 0 && reached_() ? Verdict::Stop : Verdict::Continue;
  }

 private:
  std::function<bool()> reached_;
};

TEST_P(Conformance, OverfitsOneBatch) {
  const auto model = build();
  const Batch b = batch(8);
  const auto error = [&] {
    model->eval();
    return at::mse_loss(model->forward(b.input), b.target).item<double>();
  };
  const double goal = 0.1 * error();
  Trainer trainer(
      model, std::make_shared<Subset>(data, data->first_positions(8)), nullptr,
      {.epochs = 2000, .batch_size = 8, .optimizer = {.learning_rate = 5e-3}, .device = "cpu"});
  trainer.add_hook(std::make_shared<StopWhen>([&] { return error() < goal; }));
  trainer.run();
  EXPECT_LT(error(), goal);
}

TEST_P(Conformance, EvaluatesTheSameTwice) {
  const auto model = build();
  const auto evaluate = [&] {
    return evaluate_losses(*model, *data, 64, 1, 9, Precision::Float32).values;
  };
  const Measurements first = evaluate(), second = evaluate();
  for (size_t i = 0; i < first.size(); ++i)
    EXPECT_EQ(first[i].value, second[i].value) << first[i].name;
  model->eval();
  const Batch b = batch(5);
  EXPECT_TRUE(at::equal(model->forward(b.input), model->forward(b.input)));
}

TEST_P(Conformance, TorchScriptEqualsTheModel) {
  const testing::TemporaryFolder folder;
  const auto model = build();
  Trainer(model, data, nullptr, {.epochs = 1, .device = "cpu"})
      .run();  // running averages away from their start
  export_autoencoder(*model, folder / "best.pt", {{"variant", variant.name}});
  auto loaded = ExportedModel::load(folder / "best.pt");
  for (const int64_t size : {1, 5}) {
    const at::Tensor x = batch(size).input;
    const at::Tensor z = model->encode(x);
    EXPECT_TRUE(at::allclose(loaded.reconstruct(x), model->forward(x), 0, 1e-6));
    EXPECT_TRUE(at::allclose(loaded.encode(x), z, 0, 1e-6));
    EXPECT_TRUE(at::allclose(loaded.decode(z), model->decode(z), 0, 1e-6));
  }
}

TEST_P(Conformance, WeightsComeBackByName) {
  const testing::TemporaryFolder folder;
  const auto model = build();
  save_weights(*model, folder / "weights.pt");
  at::manual_seed(2);
  const auto other = variant.build(GetParam().options, {data->item_shape(), data->target_shape()});
  load_weights(*other, folder / "weights.pt");
  model->eval();
  other->eval();
  const at::Tensor x = batch(3).input;
  EXPECT_TRUE(at::equal(model->forward(x), other->forward(x)));
}

TEST_P(Conformance, ResumedRunEqualsAnUninterruptedOneToTheBit) {
  const TrainingOptions options = {.epochs = 3, .batch_size = 64, .device = "cpu"};
  Trainer whole(build(), data, digits().validation, options);
  const auto expected = whole.run().state;

  Trainer half(build(), data, digits().validation, options);
  half.add_hook(std::make_shared<StopAfter>(1));
  const testing::TemporaryFolder folder;
  save_state(folder / "last.pt", *half.run().state);
  Trainer rest(build(), data, digits().validation, options);
  rest.restore(load_state(folder / "last.pt"));
  const auto actual = rest.run().state;

  EXPECT_TRUE(at::equal(actual->model.parameters, expected->model.parameters));
  for (size_t i = 0; i < expected->model.buffers.size(); ++i) {
    EXPECT_TRUE(at::equal(actual->model.buffers[i], expected->model.buffers[i]));
  }
  for (size_t i = 0; i < expected->optimizer.slots.size(); ++i) {
    EXPECT_TRUE(at::equal(actual->optimizer.slots[i], expected->optimizer.slots[i]));
  }
  EXPECT_TRUE(at::equal(actual->best.model.parameters, expected->best.model.parameters));
  EXPECT_EQ(actual->best.epoch, expected->best.epoch);
  EXPECT_EQ(actual->best.monitored, expected->best.monitored);
}

/// Losses of the first ten steps from seed 1: a change here is a change of the model, its start or
/// its optimizer, and has to be meant.
const std::map<std::string, std::vector<double>> kPinnedLosses = {
    {"dense",
     {0.691852, 0.685566, 0.679199, 0.67154, 0.663366, 0.652902, 0.63786, 0.627945, 0.622658,
      0.598378}},
    {"sparse",
     {0.720689, 0.715813, 0.707693, 0.700758, 0.696291, 0.695971, 0.685489, 0.686883, 0.686997,
      0.679737}},
    {"contractive",
     {0.764403, 0.750836, 0.733782, 0.727143, 0.717086, 0.71188, 0.69434, 0.68949, 0.693163,
      0.673767}},
    {"convolutional",
     {0.909285, 0.866023, 0.829535, 0.804363, 0.776036, 0.761587, 0.710741, 0.695403, 0.736992,
      0.706569}},
    {"denoising",
     {0.829354, 0.741151, 0.659806, 0.634478, 0.577161, 0.569016, 0.532479, 0.557808, 0.580834,
      0.538934}},
    {"lstm",
     {0.696532, 0.692095, 0.687609, 0.683786, 0.678977, 0.67411, 0.667524, 0.662011, 0.659403,
      0.648231}},
    {"variational",
     {48.3272, 46.9828, 46.4836, 45.2482, 45.1368, 44.4813, 44.1408, 43.2951, 42.9163, 42.6693}},
    {"dense_tied",
     {0.693602, 0.688819, 0.684609, 0.680297, 0.675484, 0.67033, 0.667128, 0.665566, 0.668662,
      0.663298}},
    {"sparse_kl",
     {0.761082, 0.747511, 0.730474, 0.723817, 0.713808, 0.708603, 0.691087, 0.686216, 0.689903,
      0.670508}},
    {"contractive_deep",
     {0.695979, 0.695822, 0.695531, 0.693575, 0.690932, 0.689325, 0.689139, 0.687771, 0.686594,
      0.68596}},
    {"contractive_estimate",
     {0.69607, 0.695793, 0.695566, 0.693696, 0.690933, 0.689323, 0.689162, 0.687787, 0.68666,
      0.685931}},
    {"denoising_dense",
     {0.700776, 0.696855, 0.691574, 0.688571, 0.687277, 0.684475, 0.679954, 0.677215, 0.677983,
      0.673373}},
    {"lstm_bidirectional",
     {0.698791, 0.696103, 0.69407, 0.691161, 0.688889, 0.686044, 0.683624, 0.681147, 0.679568,
      0.67617}},
    {"variational_convolutional",
     {44.4537, 44.3674, 44.3007, 44.2346, 44.1785, 44.0912, 44.0307, 43.9944, 43.895, 43.8111}},
};

TEST_P(Conformance, FirstLossesArePinned) {
  const auto model = build();
  FlatParameters parameters(*model);
  const auto optimizer = make_optimizer({}, parameters.values());
  const auto engine = make_engine({}, {*model, *data, parameters, *optimizer});
  StepContext step = context();
  std::vector<double> losses;
  for (; step.step < 10; ++step.step) {
    engine->train(data->first_positions(320).narrow(0, step.step * 32, 32), step, 1e-3);
    losses.push_back(value_of(engine->take_means().values, "loss"));
  }
  const auto pinned = kPinnedLosses.find(GetParam().name);
  ASSERT_NE(pinned, kPinnedLosses.end()) << "pin: " << ::testing::PrintToString(losses);
  ASSERT_EQ(pinned->second.size(), losses.size()) << "pin: " << ::testing::PrintToString(losses);
  for (size_t i = 0; i < losses.size(); ++i) {
    EXPECT_NEAR(losses[i], pinned->second[i], 1e-5 * std::abs(losses[i])) << "step " << i + 1;
  }
}

INSTANTIATE_TEST_SUITE_P(Variants, Conformance, ::testing::ValuesIn(cases()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace hourglass::recipes
