#include "hourglass/evaluation/activations.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/activation_file.h"
#include "hourglass/evaluation/layer_recorder.h"
#include "hourglass/formats/npy.h"
#include "hourglass/formats/torchscript.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/lstm_network.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <cmath>
#include <memory>

namespace hourglass::evaluation {

using namespace models;
using namespace formats;

namespace {

namespace fs = std::filesystem;
namespace jit = torch::jit;
using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

Batch batch_of(const at::Tensor& input) {
  return {
      .input = input, .target = input, .labels = {}, .rows = at::arange(input.size(0), at::kLong)};
}

jit::Module make_module(const std::string& type,
                        const std::shared_ptr<jit::CompilationUnit>& unit) {
  return jit::Module(c10::QualifiedName("__torch__." + type), unit);
}

/// A third-party network of one value in, one out, with numbers to follow by hand:
///   encoder.first   h = 2x
///   encoder.second  z = relu(h) in place, called within a branch
///   decoder         y = 3z, (y, h): the first of two results counts
/// and the decoder runs twice: forward(x) = 3 · 3 · relu(2x).
fs::path tiny_model(const fs::path& path) {
  const auto unit = std::make_shared<jit::CompilationUnit>();
  jit::Module first = make_module("First", unit);
  first.register_parameter("weight", at::full({1}, 2.0F), /*is_buffer=*/false);
  first.define("def forward(self, x):\n  return x * self.weight\n");
  jit::Module second = make_module("Second", unit);
  second.define("def forward(self, x):\n  return torch.relu_(x)\n");
  jit::Module encoder = make_module("Encoder", unit);
  encoder.register_module("first", first);
  encoder.register_module("second", second);
  encoder.define(R"(
def forward(self, x):
  h = self.first.forward(x)
  if x.size(0) > 0:
    z = self.second.forward(h)
  else:
    z = h
  return z
)");
  jit::Module decoder = make_module("Decoder", unit);
  decoder.register_parameter("weight", at::full({1}, 3.0F), /*is_buffer=*/false);
  decoder.define("def forward(self, z):\n  return z * self.weight, z\n");
  jit::Module model = make_module("Model", unit);
  model.register_module("encoder", encoder);
  model.register_module("decoder", decoder);
  model.register_parameter("unused", at::ones({2}), /*is_buffer=*/false);
  model.define(R"(
def encode(self, x):
  return self.encoder.forward(x)

def forward(self, x, times: int = 2):
  y = self.encode(x)
  for i in range(times):
    y = self.decoder.forward(y)[0]
  return y
)");
  model.save(path.string());
  return path;
}

std::vector<std::string> names_of(const std::vector<NamedTensor>& tensors) {
  std::vector<std::string> names;
  names.reserve(tensors.size());
  for (const auto& tensor : tensors) names.push_back(tensor.name);
  return names;
}

at::Tensor value_of(const std::vector<NamedTensor>& tensors, const std::string& name) {
  for (const auto& tensor : tensors) {
    if (tensor.name == name) return tensor.value;
  }
  ADD_FAILURE() << "no " << name;
  return {};
}

at::Tensor column(const std::vector<float>& values) { return at::tensor(values).unsqueeze(1); }

AutoencoderPtr small_dense() {
  at::manual_seed(3);
  return std::make_shared<Autoencoder>(
      ModelSpec{.shapes = {{1, 3, 3}, {1, 3, 3}},
                .network = DenseNetwork{.widths = {6, 2}},
                .likelihood = {.loss = Loss::Mse, .activation = Activation::Sigmoid}});
}

fs::path exported(Autoencoder& model, const fs::path& path) {
  const ModelCard card = {.variant = "tiny",
                          .options = RecordedOptions(nlohmann::json{{"loss", "mae"}}),
                          .input_shape = model.input_shape(),
                          .target_shape = model.target_shape(),
                          .code_shape = model.code_shape(),
                          .code_kind = model.code_kind()};
  export_autoencoder(model, path, card);
  return path;
}

TEST(RecordActivations, FindsNestedLayersOfAThirdPartyFile) {
  const TemporaryFolder folder;
  auto checkpoint = ExportedModel::load(tiny_model(folder / "tiny.pt"));
  const auto activations = record_activations(checkpoint, batch_of(column({-1, 2})));
  // "encoder" gives what "encoder.second" gave; the second call's result is the output.
  EXPECT_EQ(layer_names(activations), (std::vector<std::string>{"encoder.first", "encoder.second",
                                                                "decoder", "decoder (2)"}));
  EXPECT_TRUE(at::equal(value_of(activations.layers, "encoder.first"), column({-2, 4})))
      << "before the layer that works in place";
  EXPECT_TRUE(at::equal(value_of(activations.layers, "encoder.second"), column({0, 4})));
  EXPECT_TRUE(at::equal(value_of(activations.layers, "decoder"), column({0, 12})));
  EXPECT_TRUE(at::equal(value_of(activations.layers, "decoder (2)"), column({0, 36})));
  EXPECT_FALSE(activations.gradients);
}

TEST(RecordGradients, EqualThoseByHand) {
  const TemporaryFolder folder;
  auto checkpoint = ExportedModel::load(tiny_model(folder / "tiny.pt"));
  const auto activations = record_gradients(checkpoint, batch_of(column({-1, 2})), Loss::Mse);
  ASSERT_TRUE(activations.gradients);
  const LossGradients& gradients = *activations.gradients;
  // Outputs 0 and 36, targets -1 and 2: L = (1² + 34²) / 2; dL/dy = (1, 34).
  EXPECT_DOUBLE_EQ(gradients.loss, (1 + 34 * 34) / 2.0);
  EXPECT_EQ(names_of(gradients.layers), layer_names(activations));
  EXPECT_TRUE(at::equal(value_of(gradients.layers, "decoder (2)"), column({1, 34})));
  EXPECT_TRUE(at::equal(value_of(gradients.layers, "decoder"), column({3, 3 * 34})));
  EXPECT_TRUE(at::equal(value_of(gradients.layers, "encoder.second"), column({9, 9 * 34})));
  EXPECT_TRUE(at::equal(value_of(gradients.layers, "encoder.first"), column({0, 9 * 34})))
      << "no gradient passes a ReLU that is off";
  // The input acts through the network alone: the target is another tensor.
  EXPECT_TRUE(at::equal(gradients.input, column({0, 2 * 9 * 34})));
  EXPECT_EQ(names_of(gradients.weights),
            (std::vector<std::string>{"encoder.first.weight", "decoder.weight", "unused"}));
  // y = w² · 4 for x = 2, w = 3: dy/dw = 24; y = 9 · 2v: dy/dv = 18.
  EXPECT_TRUE(at::equal(value_of(gradients.weights, "decoder.weight"), at::tensor({24.0F * 34})));
  EXPECT_TRUE(
      at::equal(value_of(gradients.weights, "encoder.first.weight"), at::tensor({18.0F * 34})));
  EXPECT_TRUE(at::equal(value_of(gradients.weights, "unused"), at::zeros({2})));
}

TEST(RecordGradients, RepeatsAndLeavesTheCheckpointAsItWas) {
  const TemporaryFolder folder;
  auto checkpoint = ExportedModel::load(tiny_model(folder / "tiny.pt"));
  const Batch batch = batch_of(column({1, 2, 3}));
  const auto first = record_gradients(checkpoint, batch, Loss::Mae);
  const auto second = record_gradients(checkpoint, batch, Loss::Mae);
  EXPECT_TRUE(at::equal(first.gradients->input, second.gradients->input));
  EXPECT_TRUE(at::equal(checkpoint.reconstruct(batch.input), column({18, 36, 54})));
  EXPECT_FALSE(checkpoint.parameter("decoder.weight").grad().defined());
}

TEST(RecordActivations, OfOurFileAreTheModelsLayers) {
  const TemporaryFolder folder;
  const auto model = small_dense();
  auto checkpoint = ExportedModel::load(exported(*model, folder / "best.pt"));
  const at::Tensor x = at::rand({4, 1, 3, 3});
  const auto activations = record_activations(checkpoint, batch_of(x));
  const auto expected = model->layers(x);
  ASSERT_EQ(activations.layers.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(activations.layers[i].name, expected[i].name);
    EXPECT_TRUE(at::allclose(activations.layers[i].value, expected[i].value, 0, 1e-6));
  }
}

/// The in-memory model's gradients, by LibTorch's own autograd.
TEST(RecordGradients, OfOurFileAreTheModelsOwn) {
  const TemporaryFolder folder;
  const auto model = small_dense();
  auto checkpoint = ExportedModel::load(exported(*model, folder / "best.pt"));
  const at::Tensor target = at::rand({4, 1, 3, 3});
  const auto activations = record_gradients(checkpoint, batch_of(target), Loss::Bce);

  const at::Tensor x = target.clone().requires_grad_(true);
  auto layers = model->layers(x);
  for (auto& layer : layers) layer.value.retain_grad();
  const at::Tensor loss = at::binary_cross_entropy(layers.back().value, target);
  loss.backward();
  EXPECT_NEAR(activations.gradients->loss, loss.item<double>(), 1e-6);
  EXPECT_TRUE(at::allclose(activations.gradients->input, x.grad(), 1e-4, 1e-7));
  for (size_t i = 0; i < layers.size(); ++i) {
    EXPECT_TRUE(
        at::allclose(activations.gradients->layers[i].value, layers[i].value.grad(), 1e-4, 1e-7))
        << layers[i].name;
  }
  for (const auto& parameter : model->named_parameters()) {
    EXPECT_TRUE(at::allclose(value_of(activations.gradients->weights, parameter.key()),
                             parameter.value().grad(), 1e-4, 1e-7))
        << parameter.key();
  }
}

/// A program's every value changes the loss by its gradient.
TEST(RecordGradients, OfAnLstmEqualFiniteDifferences) {
  const TemporaryFolder folder;
  at::manual_seed(5);
  Autoencoder model({.shapes = {{4, 2}, {4, 2}},
                     .network = LstmNetwork{.widths = {3, 2}},
                     .likelihood = {.loss = Loss::Mse}});
  auto checkpoint = ExportedModel::load(exported(model, folder / "best.pt"));
  const at::Tensor x = at::rand({2, 4, 2});
  const auto gradient = record_gradients(checkpoint, batch_of(x), Loss::Mse).gradients->input;
  const float step = 1e-2F;
  for (const int64_t place : {0, 5, 11, 15}) {
    const auto loss_at = [&](float offset) {
      at::Tensor moved = x.clone();
      moved.flatten()[place] += offset;
      return at::mse_loss(checkpoint.reconstruct(moved), x).item<double>();
    };
    EXPECT_NEAR(gradient.flatten()[place].item<double>(),
                (loss_at(step) - loss_at(-step)) / (2 * step), 1e-5);
  }
}

TEST(RecordGradients, SayWhyTheyCannotBe) {
  const TemporaryFolder folder;
  auto checkpoint = ExportedModel::load(tiny_model(folder / "tiny.pt"));
  Batch batch = batch_of(column({1, 2}));
  batch.target = at::ones({2, 5});
  expect_contains(error_of([&] { record_gradients(checkpoint, batch, Loss::Mse); }),
                  {"tiny.pt", "2 x 1", "2 x 5"});
  expect_contains(error_of([&] {
                    record_gradients(checkpoint, batch_of(column({1, 2})), Loss::Bce);
                  }),
                  {"[0, 1]", "18 to 36", "`loss` mse"});
}

TEST(RecordActivations, OfAThirdPartyNestedSequentialHaveItsNames) {
  HOURGLASS_NEEDS_THIRD_PARTY_MODELS();
  auto checkpoint = ExportedModel::load(testing::third_party_model("variational"));
  const at::Tensor x = at::rand({3, 1, 8, 8});
  const auto activations = record_activations(checkpoint, batch_of(x));
  EXPECT_EQ(layer_names(activations),
            (std::vector<std::string>{"squeeze.0", "squeeze.1", "squeeze.2", "squeeze.3",
                                      "expand.0", "expand.1", "expand.2", "expand.3", "output"}));
  EXPECT_TRUE(at::equal(value_of(activations.layers, "squeeze.3"), checkpoint.encode(x)));
  EXPECT_TRUE(at::equal(value_of(activations.layers, "output"), checkpoint.reconstruct(x)));
  EXPECT_TRUE(at::equal(value_of(activations.layers, "squeeze.2"),
                        value_of(activations.layers, "squeeze.1").relu()));
}

TEST(RecordedLoss, IsTheOneOfTraining) {
  const TemporaryFolder folder;
  EXPECT_EQ(recorded_loss(ExportedModel::load(exported(*small_dense(), folder / "best.pt"))),
            Loss::Mae);
  EXPECT_EQ(recorded_loss(ExportedModel::load(tiny_model(folder / "tiny.pt"))), Loss::Mse);
}

TEST(MatchNames, TakesNamesAndWildcardsInTheOrderOfTheNetwork) {
  const std::vector<std::string> names = {"encoder.conv1", "encoder.dense1", "decoder.conv1"};
  EXPECT_EQ(match_names(names, {"encoder.*"}),
            (std::vector<std::string>{"encoder.conv1", "encoder.dense1"}));
  EXPECT_EQ(match_names(names, {"decoder.conv1", "*dense?"}),
            (std::vector<std::string>{"encoder.dense1", "decoder.conv1"}));
  expect_contains(error_of([&] { match_names(names, {"encoder.dens1"}); }),
                  {"'encoder.dens1'", "did you mean 'encoder.dense1'", "decoder.conv1"});
}

TEST(ChooseLayers, TakesThoseOfAPart) {
  const std::vector<std::string> names = {"encoder.dense1", "decoder.dense1", "output"};
  EXPECT_EQ(choose_layers(names, {}, NetworkPart::Decoder),
            (std::vector<std::string>{"decoder.dense1", "output"}));
  EXPECT_EQ(choose_layers(names, {"*.dense?"}, NetworkPart::Encoder),
            std::vector<std::string>{"encoder.dense1"});
  expect_contains(error_of([&] { choose_layers({"squeeze.0"}, {}, NetworkPart::Encoder); }),
                  {"`part` encoder", "squeeze.0", "`layers`"});
}

TEST(KeepLayers, DropsTheOthersAndTheirWeights) {
  const TemporaryFolder folder;
  auto checkpoint = ExportedModel::load(tiny_model(folder / "tiny.pt"));
  auto activations = record_gradients(checkpoint, batch_of(column({1})), Loss::Mse);
  keep_layers(activations, {"encoder.first"});
  EXPECT_EQ(layer_names(activations), std::vector<std::string>{"encoder.first"});
  EXPECT_EQ(names_of(activations.gradients->layers), std::vector<std::string>{"encoder.first"});
  EXPECT_EQ(names_of(activations.gradients->weights),
            std::vector<std::string>{"encoder.first.weight"});
}

void expect_equal(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b) {
  ASSERT_EQ(names_of(a), names_of(b));
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].value.scalar_type(), b[i].value.scalar_type()) << a[i].name;
    EXPECT_TRUE(at::equal(a[i].value, b[i].value)) << a[i].name;
  }
}

TEST(ActivationFile, LoadsToTheBitInBothForms) {
  const TemporaryFolder folder;
  auto checkpoint = ExportedModel::load(exported(*small_dense(), folder / "best.pt"));
  const auto saved = record_gradients(checkpoint, batch_of(at::rand({2, 1, 3, 3})), Loss::Mse);
  for (const char* name : {"a.npz", "a.json"}) {
    save_activations(folder / name, saved);
    const auto loaded = load_activations(folder / name);
    EXPECT_TRUE(at::equal(loaded.rows, saved.rows));
    EXPECT_TRUE(at::equal(loaded.input, saved.input));
    expect_equal(loaded.layers, saved.layers);
    ASSERT_TRUE(loaded.gradients);
    EXPECT_EQ(loaded.gradients->loss, saved.gradients->loss);
    EXPECT_TRUE(at::equal(loaded.gradients->input, saved.gradients->input));
    expect_equal(loaded.gradients->layers, saved.gradients->layers);
    expect_equal(loaded.gradients->weights, saved.gradients->weights);
  }
}

TEST(ActivationFile, KeepsNanInJson) {
  const TemporaryFolder folder;
  const at::Tensor one = at::full({1, 1}, NAN);
  save_activations(folder / "a.json",
                   {.rows = at::zeros({1}, at::kLong), .input = one, .layers = {{"x", one}}});
  EXPECT_TRUE(std::isnan(load_activations(folder / "a.json").layers.front().value.item<float>()));
}

TEST(ActivationFile, RefusesALossWithoutTheGradientsOfAllLayers) {
  const TemporaryFolder folder;
  const at::Tensor one = at::ones({1, 2});
  const std::vector<NamedTensor> values = {{"rows", at::zeros({1}, at::kLong)},
                                           {"input", one},
                                           {"layers/x", one},
                                           {"layers/y", one},
                                           {"loss", at::scalar_tensor(1.0, at::kDouble)}};
  const std::vector<std::vector<NamedTensor>> lacking = {
      {},
      {{"input_gradient", one}},
      {{"input_gradient", one}, {"layer_gradients/x", one}},
      {{"input_gradient", one}, {"layer_gradients/x", one}, {"layer_gradients/z", one}},
      {{"input_gradient", one}, {"layer_gradients/x", one}, {"layer_gradients/y", at::ones({2})}},
      {{"layer_gradients/x", one}, {"layer_gradients/y", one}}};
  for (auto arrays : lacking) {
    arrays.insert(arrays.begin(), values.begin(), values.end());
    formats::write_npz(folder / "a.npz", arrays);
    expect_contains(error_of([&] { load_activations(folder / "a.npz"); }),
                    {"a.npz", "gradients", "each of 2 layers"});
  }
}

TEST(ActivationFile, RefusesOtherFiles) {
  const TemporaryFolder folder;
  expect_contains(error_of([&] { expect_activation_file("a.csv", "--save"); }),
                  {"--save", ".npz or .json", "'a.csv'"});
  for (const char* text : {"no JSON", R"({"rows": [0]})", R"({"rows": "zero"})", "[1, 2]",
                           R"({"rows": [0], "input": [[1], [2, 3]], "layers": {"x": [[1]]}})"}) {
    testing::write_file(folder / "a.json", text);
    expect_contains(error_of([&] { load_activations(folder / "a.json"); }), {"a.json", "expected"});
  }
  const std::string nested(100'000, '[');
  for (const std::string& text : {nested, R"({"rows":[0],"input":[[1]],"layers":{"x":)" + nested}) {
    testing::write_file(folder / "a.json", text);
    expect_contains(error_of([&] { load_activations(folder / "a.json"); }),
                    {"a.json", "64 levels"});
  }
  testing::write_file(folder / "a.json", R"({"rows": [0], "layers": {"x": [["1"]]}})");
  expect_contains(error_of([&] { load_activations(folder / "a.json"); }),
                  {"a.json, layers/x: expected numbers"});
  testing::write_file(folder / "a.npz", "no archive");
  expect_contains(error_of([&] { load_activations(folder / "a.npz"); }), {"a.npz", "ZIP"});
}

}  // namespace
}  // namespace hourglass::evaluation
