// The way of docs/sparse_autoencoders.md: activations as data, a dictionary of them, and what the tools say of it.

#include "hourglass/cli/program.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/figures/picture.h"
#include "hourglass/formats/npy.h"
#include "hourglass/sources/open.h"
#include "hourglass/tests/apps/tool_runs.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace hourglass::apps {
namespace {

namespace fs = std::filesystem;
using evaluation::ExportedModel;
using testing::expect_contains;
using testing::expect_refusal;
using testing::json_of;
using testing::run_tool_of;
using testing::small_checkpoint;
using testing::TemporaryFolder;

fs::path digits_dictionary(const fs::path& folder) {
  return small_checkpoint(
      folder, "sparse_autoencoder",
      {"--dataset", "digits", "--sparsity", "topk:4", "--widths", "32", "--validation", "none"});
}

TEST(Activations, SavesALayerOfAllRowsAsData) {
  const TemporaryFolder folder;
  const fs::path path = testing::digits_model(folder);
  const std::string file = folder / "x.npy";
  const auto result = json_of("activations", {path, "--layers", "encoder.dense1", "--dataset",
                                              "digits", "--indices", "all", "--save", file});
  EXPECT_EQ(result.at("shape"), (nlohmann::json{1797, 16}));
  const at::Tensor values = formats::read_npy(file);
  ExportedModel model = ExportedModel::load(path);
  const auto data = sources::open_data({.validation = {datasets::Validation::Kind::None}}, 1);
  const Batch last = data.training->batch(at::tensor({1796}, at::kLong));
  const auto layers = model.layers(last.input);
  const auto layer = std::find_if(layers.begin(), layers.end(),
                                  [](const auto& one) { return one.name == "encoder.dense1"; });
  ASSERT_NE(layer, layers.end());
  EXPECT_TRUE(at::allclose(values.narrow(0, 1796, 1), layer->value));
  // It is data to train on.
  const auto sae = small_checkpoint(folder / "sae", "sparse_autoencoder",
                                    {"--dataset", "npy:" + file, "--scale", "norm", "--sparsity",
                                     "batch-topk:3", "--widths", "24"});
  EXPECT_EQ(ExportedModel::load(sae).card()->input_shape, Shape{16});
  if (!figures::figures_available()) return;
  run_tool_of("strongest", {sae, "--items", "digits", "--top", "5", "--out", folder / "units.png"});
  EXPECT_GT(fs::file_size(folder / "units.png"), 1000);
}

TEST(Activations, RefusesMoreThanOneLayerAsData) {
  const TemporaryFolder folder;
  const std::string path = testing::digits_model(folder);
  expect_refusal("activations", {path, "--save", folder / "x.npy"}, cli::kFailed,
                 {"expected the name of one", "encoder.dense1"});
  expect_refusal("activations", {path, "--save", folder / "x.npy", "--gradients"}, cli::kWrongUsage,
                 {"--save", "gradients"});
}

TEST(Strongest, TellsTheRowsOfEachUnit) {
  if (!figures::figures_available()) GTEST_SKIP() << "this build draws no pictures";
  const TemporaryFolder folder;
  const fs::path path = digits_dictionary(folder / "run");
  const auto result = json_of("strongest", {path, "--split", "all", "--units", "3,0", "--top", "4",
                                            "--out", folder / "units.png"});
  ExportedModel model = ExportedModel::load(path);
  const auto data = sources::open_data({.validation = {datasets::Validation::Kind::None}}, 1);
  const Batch all = data.training->batch(data.training->all_positions());
  const at::Tensor code = model.encode(all.input);
  ASSERT_EQ(result.at("units").size(), 2);
  for (const auto& unit : result.at("units")) {
    const at::Tensor own = code.select(1, unit.at("unit").get<int64_t>());
    const auto [values, rows] = own.topk(4);
    EXPECT_NEAR(unit.at("share").get<double>(), own.ne(0).to(at::kDouble).mean().item<double>(),
                1e-12);
    for (int64_t i = 0; i < 4; ++i) {
      EXPECT_FLOAT_EQ(unit.at("values").at(static_cast<size_t>(i)).get<float>(),
                      values[i].item<float>());
    }
  }
  expect_refusal("strongest", {path, "--units", "32", "--out", folder / "x.png"}, cli::kFailed,
                 {"--units", "below 32"});
}

TEST(Evaluate, MeasuresADictionaryAndComparesItWithAKnownOne) {
  const TemporaryFolder folder;
  const fs::path path = digits_dictionary(folder / "run");
  // Its own vectors are found without a miss.
  const at::Tensor own = ExportedModel::load(path).parameter("decoder.dense1.weight").t();
  formats::write_npy(folder / "known.npy", own.contiguous());
  const auto result = json_of("evaluate", {path, "--dictionary", folder / "known.npy"});
  const auto& sparsity = result.at("checkpoints").at(0).at("sparsity");
  EXPECT_LE(sparsity.at("l0").get<double>(), 4);
  EXPECT_NEAR(sparsity.at("explained_variance").get<double>() + sparsity.at("fvu").get<double>(), 1,
              1e-12);
  EXPECT_EQ(sparsity.at("units"), 32);
  EXPECT_NEAR(sparsity.at("dictionary").at("mcc").get<double>(), 1, 1e-5);
  EXPECT_EQ(sparsity.at("dictionary").at("uniqueness"), 1);
  expect_contains(run_tool_of("evaluate", {path}), {"L0", "explained variance", "dead", "dense"});
  expect_refusal("evaluate", {path, "--dictionary-rows", "x.safetensors"}, cli::kWrongUsage,
                 {"--dictionary-rows", "--dictionary"});
}

TEST(Export, WritesADictionaryForSaeLensAndRefusesOtherModels) {
  const TemporaryFolder folder;
  const fs::path path = digits_dictionary(folder / "run");
  run_tool_of("export", {path, "--format", "saelens,c,onnx", "--out", folder / "out"});
  for (const char* name : {"cfg.json", "sae_weights.safetensors", "best.c", "best.onnx"}) {
    EXPECT_TRUE(fs::exists(folder / ("out/" + std::string(name)))) << name;
  }
  const auto dense = small_checkpoint(folder / "dense", "dense_autoencoder", {"--widths", "4"});
  expect_refusal("export", {dense, "--format", "saelens", "--out", folder / "x"}, cli::kFailed,
                 {"saelens", "sparse_autoencoder", "'dense'"});
  expect_refusal("export", {path, "--format", "saelens", "--raw-input", "--out", folder / "y"},
                 cli::kWrongUsage, {"--format saelens", "--raw-input"});
}

}  // namespace
}  // namespace hourglass::apps
