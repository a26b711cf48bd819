#include "hourglass/formats/saelens.h"

#include "hourglass/formats/safetensors.h"
#include "hourglass/models/dictionary.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/tensors.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <fstream>

namespace hourglass::formats {
namespace {

using models::Dictionary;
using models::DictionaryOptions;
using models::Sparsity;
using testing::error_of;
using testing::expect_contains;

constexpr int64_t kInputs = 5, kUnits = 12;

/// A dictionary of some training, whatever it learned, in evaluation mode.
std::shared_ptr<Dictionary> some_dictionary(const std::string& sparsity,
                                            const DictionaryOptions& options = {}) {
  at::manual_seed(3);
  auto model = std::make_shared<Dictionary>(
      *Sparsity::parse(sparsity), options,
      models::ModelSpec{.shapes = {{kInputs}, {kInputs}},
                        .network = models::DenseNetwork{.widths = {kUnits}},
                        .likelihood = {models::Loss::Mse, models::Activation::Linear}});
  const at::NoGradGuard no_grad;
  for (const auto& parameter : model->named_parameters()) {
    if (parameter.key() != "latents.threshold") {
      parameter.value().add_(at::randn_like(parameter.value()), 0.3);
    }
  }
  for (auto& buffer : model->named_buffers()) {
    if (buffer.key() == "latents.batch_threshold") buffer.value().fill_(0.4);
  }
  model->eval();
  return model;
}

ModelTensors tensors_of(const Dictionary& model, const std::string& sparsity, double factor,
                        nlohmann::json options = {}) {
  options["sparsity"] = sparsity;
  ModelTensors all{.card = {.variant = "sparse", .options = RecordedOptions(options)},
                   .tensors = models::copied_tensors(model)};
  all.card.data = DataCard{};
  all.card.data->scaling.factor = {factor};
  return all;
}

/// What SAELens' `decode(encode(x))` computes of a folder, written down from its source.
at::Tensor reconstruction_by(const SaeLensModel& sae, const at::Tensor& x) {
  const auto& w = sae.weights;
  const bool centers = sae.configuration.at("apply_b_dec_to_input").get<bool>();
  const at::Tensor z = at::matmul(centers ? x - w.at("b_dec") : x, w.at("W_enc"));
  const std::string architecture = sae.configuration.at("architecture").get<std::string>();
  at::Tensor code;
  if (architecture == "gated") {
    const at::Tensor magnitude = (z * w.at("r_mag").exp() + w.at("b_mag")).relu();
    code = magnitude * (z + w.at("b_gate") > 0);
  } else {
    const at::Tensor p = z + w.at("b_enc");
    code = p.relu();
    if (architecture == "jumprelu") code = code * (p > w.at("threshold"));
    if (architecture == "topk") {
      const auto [values, places] = p.topk(sae.configuration.at("k").get<int64_t>(), 1);
      code = at::zeros_like(p).scatter(1, places, values.relu());
    }
  }
  return at::matmul(code, w.at("W_dec")) + w.at("b_dec");
}

void expect_same_reconstruction(const std::string& sparsity, const DictionaryOptions& options = {},
                                const nlohmann::json& recorded = {}) {
  SCOPED_TRACE(sparsity);
  const auto model = some_dictionary(sparsity, options);
  const double factor = 0.25;
  const SaeLensModel sae = saelens_model(tensors_of(*model, sparsity, factor, recorded));
  const at::NoGradGuard no_grad;
  const at::Tensor stored = at::randn({50, kInputs}) * 4;
  const at::Tensor ours = model->forward(stored * factor) / factor;
  EXPECT_TRUE(at::allclose(reconstruction_by(sae, stored), ours, 1e-4, 1e-4));
}

TEST(SaeLens, FoldersReconstructWhatTheModelsDo) {
  for (const std::string sparsity :
       {"topk:3", "batch-topk:3", "matryoshka-batch-topk:3,4,8", "jumprelu", "gated", "standard"}) {
    expect_same_reconstruction(sparsity);
  }
  expect_same_reconstruction("topk:3", {.no_pre_bias = true}, {{"no_pre_bias", true}});
  for (const std::string sparsity : {"topk:3", "batch-topk:3"}) {
    expect_same_reconstruction(sparsity, {.unscaled_selection = true},
                               {{"unscaled_selection", true}});
  }
}

TEST(SaeLens, FoldedVectorsHaveLengthOne) {
  const auto model = some_dictionary("topk:3");
  const SaeLensModel sae = saelens_model(tensors_of(*model, "topk:3", 0.25));
  EXPECT_TRUE(at::allclose(sae.weights.at("W_dec").norm(2, {1}), at::ones({kUnits})));
}

TEST(SaeLens, WritesTheTensorsAndKeysOfTheArchitecture) {
  const testing::TemporaryFolder folder;
  const auto model = some_dictionary("topk:3");
  write_saelens(folder.path(), tensors_of(*model, "topk:3", 1));
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const auto& tensor : read_safetensors(folder / "sae_weights.safetensors").tensors) {
    shapes[tensor.name] = tensor.value.sizes().vec();
    EXPECT_EQ(tensor.value.scalar_type(), at::kFloat);
  }
  EXPECT_EQ(shapes, (std::map<std::string, std::vector<int64_t>>{{"W_enc", {kInputs, kUnits}},
                                                                 {"W_dec", {kUnits, kInputs}},
                                                                 {"b_enc", {kUnits}},
                                                                 {"b_dec", {kInputs}}}));
  const auto configuration = nlohmann::json::parse(std::ifstream(folder / "cfg.json"));
  EXPECT_EQ(configuration.at("architecture"), "topk");
  EXPECT_EQ(configuration.at("k"), 3);
  EXPECT_EQ(configuration.at("d_in"), kInputs);
  EXPECT_EQ(configuration.at("d_sae"), kUnits);
  EXPECT_EQ(configuration.at("metadata").at("sae_lens_version"), "6.54.12");
}

TEST(SaeLens, RefusesOtherModelsAndScalingByColumn) {
  const auto model = some_dictionary("topk:3");
  expect_contains(error_of([&] { saelens_model(tensors_of(*model, "l1", 1)); }),
                  {"saelens", "sparsity l1"});
  ModelTensors by_column = tensors_of(*model, "topk:3", 1);
  by_column.card.data->scaling = {.offset = {0, 1}, .factor = {1, 2}};
  expect_contains(error_of([&] { saelens_model(by_column); }), {"scaling by column", "norm"});
}

}  // namespace
}  // namespace hourglass::formats
