#include "hourglass/formats/torchscript.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/formats/weights.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/lstm_network.h"
#include "hourglass/models/variational.h"
#include "hourglass/tests/support/file_size_limit.h"
#include "hourglass/tests/support/program.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/csrc/jit/serialization/pickle.h>

namespace hourglass::formats {

using namespace models;
using namespace evaluation;

namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

struct SmallExport {
  TemporaryFolder folder;
  Autoencoder model{{.shapes = {{1, 4, 4}, {1, 4, 4}}, .network = DenseNetwork{.widths = {5, 2}}}};
  at::Tensor x = at::rand({7, 1, 4, 4});
};

TEST(ExportAutoencoder, EqualsTheModelAtAnyBatchSize) {
  SmallExport f;
  export_autoencoder(f.model, f.folder / "best.pt", {.variant = "dense"});
  auto loaded = ExportedModel::load(f.folder / "best.pt");
  for (const int64_t batch : {1, 2, 7}) {
    const at::Tensor x = f.x.narrow(0, 0, batch);
    EXPECT_TRUE(at::allclose(loaded.reconstruct(x), f.model.forward(x), 0, 1e-6));
    EXPECT_TRUE(at::allclose(loaded.encode(x), f.model.encode(x), 0, 1e-6));
    EXPECT_TRUE(at::allclose(loaded.decode(f.model.encode(x)), f.model.forward(x), 0, 1e-6));
  }
}

TEST(ExportAutoencoder, NamesEveryLayerItReturns) {
  SmallExport f;
  export_autoencoder(f.model, f.folder / "best.pt", {.variant = "dense"});
  auto loaded = ExportedModel::load(f.folder / "best.pt");
  const auto expected = f.model.layers(f.x);
  const auto layers = loaded.layers(f.x);
  ASSERT_EQ(layers.size(), expected.size());
  for (size_t i = 0; i < layers.size(); ++i) {
    EXPECT_EQ(layers[i].name, expected[i].name);
    EXPECT_TRUE(at::allclose(layers[i].value, expected[i].value, 0, 1e-6)) << layers[i].name;
  }
}

TEST(ExportAutoencoder, CarriesItsCard) {
  SmallExport f;
  export_autoencoder(
      f.model, f.folder / "best.pt",
      {.variant = "dense", .trained = EpochResult{.epoch = 3, .training = {}, .validation = {}}});
  const auto loaded = ExportedModel::load(f.folder / "best.pt");
  ASSERT_TRUE(loaded.card());
  EXPECT_EQ(loaded.card()->trained->epoch, 3);
  EXPECT_EQ(loaded.card()->layers.size(), 7U);
}

TEST(ExportAutoencoder, WorksWithTiedWeights) {
  SmallExport f;
  Autoencoder tied({.shapes = {{1, 4, 4}, {1, 4, 4}},
                    .network = DenseNetwork{.widths = {5, 2}, .tied_weights = true}});
  export_autoencoder(tied, f.folder / "best.pt", {.variant = "dense"});
  EXPECT_TRUE(at::allclose(ExportedModel::load(f.folder / "best.pt").reconstruct(f.x),
                           tied.forward(f.x), 0, 1e-6));
}

TEST(ExportAutoencoder, RunsInAProgramThatLinksLibTorchAlone) {
  SmallExport f;
  export_autoencoder(f.model, f.folder / "best.pt", {.variant = "dense"});
  const auto bytes = torch::jit::pickle_save(f.x);
  testing::write_file(f.folder / "x.pt", std::string(bytes.begin(), bytes.end()));
  const auto result = testing::run(HOURGLASS_CONSUMER,
                                   {f.folder / "best.pt", f.folder / "x.pt", f.folder / "y.pt"});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const std::string output = read_file(f.folder / "y.pt");
  const auto results = torch::jit::pickle_load({output.begin(), output.end()}).toTensorVector();
  EXPECT_TRUE(at::allclose(results.at(0), f.model.forward(f.x), 0, 1e-6));
  EXPECT_TRUE(at::allclose(results.at(1), f.model.encode(f.x), 0, 1e-6));
  EXPECT_TRUE(at::allclose(results.at(2), f.model.forward(f.x), 0, 1e-6));
}

/// A model that bakes the batch size it is traced with into its trace: as a number, so that the
/// traced program runs at any other size and only its results are wrong.
class BakesItsBatchSize : public Autoencoder {
 public:
  using Autoencoder::Autoencoder;
  at::Tensor decode_logits(const at::Tensor& z, const at::Tensor& condition = {}) override {
    return Autoencoder::decode_logits(z, condition) + static_cast<double>(z.size(0));
  }
};

TEST(ExportAutoencoder, RefusesAModelThatBakesTheBatchSizeAndKeepsTheOldFile) {
  SmallExport f;
  write_file_atomically(f.folder / "best.pt", "old");
  BakesItsBatchSize model(ModelSpec{.shapes = {{1, 4, 4}, {1, 4, 4}},
                                    .network = DenseNetwork{.widths = {2}},
                                    .likelihood = {Loss::Mse, Activation::Linear}});
  expect_contains(
      error_of([&] { export_autoencoder(model, f.folder / "best.pt", {.variant = "dense"}); }),
      {"another result than the model at another batch size"});
  EXPECT_EQ(read_file(f.folder / "best.pt"), "old");
}

TEST(ExportAutoencoder, TheSameModelIsTheSameBytesUnderAnyName) {
  SmallExport f;
  export_autoencoder(f.model, f.folder / "another.pt", {.variant = "dense"});
  export_autoencoder(f.model, f.folder / "best.pt", {.variant = "dense"});
  EXPECT_EQ(read_file(f.folder / "another.pt"), read_file(f.folder / "best.pt"));
}

TEST(ExportAutoencoder, AFullDiskIsAnErrorAndKeepsTheOldFile) {
  SmallExport f;
  write_file_atomically(f.folder / "best.pt", "old");
  const testing::FileSizeLimit limit(1000);
  expect_contains(
      error_of([&] { export_autoencoder(f.model, f.folder / "best.pt", {.variant = "dense"}); }),
      {"best.pt: cannot write", "File too large"});
  EXPECT_EQ(read_file(f.folder / "best.pt"), "old");
  for (const auto& entry : std::filesystem::directory_iterator(f.folder.path())) {
    EXPECT_FALSE(entry.path().filename().string().starts_with('.')) << entry.path();
  }
}

TEST(ExportAutoencoder, AnLstmThatReadsBothWaysRunsAtAnyBatchSize) {
  const TemporaryFolder folder;
  Autoencoder model({.shapes = {{3, 6, 4}, {3, 6, 4}},
                     .network = LstmNetwork{.widths = {6, 5, 4}, .bidirectional = true}});
  export_autoencoder(model, folder / "best.pt", {.variant = "lstm"});
  auto loaded = ExportedModel::load(folder / "best.pt");
  for (const int64_t batch : {1, 2, 9}) {
    const at::Tensor x = at::rand({batch, 3, 6, 4});
    EXPECT_TRUE(at::allclose(loaded.encode(x), model.encode(x), 0, 1e-6)) << batch;
    EXPECT_TRUE(at::allclose(loaded.reconstruct(x), model.forward(x), 0, 1e-6)) << batch;
  }
}

TEST(ExportAutoencoder, AVariationalOneGivesTheDistributionAndEncodesToItsMean) {
  const TemporaryFolder folder;
  Variational model({},
                    {.shapes = {{1, 4, 4}, {1, 4, 4}}, .network = DenseNetwork{.widths = {5, 2}}});
  export_autoencoder(model, folder / "best.pt", {.variant = "variational"});
  auto script = torch::jit::load((folder / "best.pt").string());
  const at::Tensor x = at::rand({7, 1, 4, 4});
  const GaussianCode expected = model.distribution(x);
  const auto code = script.get_method("encode_distribution")({x}).toTuple();
  ASSERT_EQ(code->elements().size(), 2U);
  EXPECT_TRUE(at::allclose(code->elements()[0].toTensor(), expected.mean, 0, 1e-6));
  EXPECT_TRUE(at::allclose(code->elements()[1].toTensor(), expected.log_variance, 0, 1e-6));
  EXPECT_TRUE(at::allclose(script.get_method("encode")({x}).toTensor(), expected.mean, 0, 1e-6));
}

TEST(ExportAutoencoder, AVariationalOneSamplesFromThePrior) {
  const TemporaryFolder folder;
  // The decoder is the identity, so that a sample is the code that was drawn.
  Variational model({}, {.shapes = {{2}, {2}},
                         .network = DenseNetwork{.widths = {2}},
                         .likelihood = {Loss::Mse, Activation::Linear}});
  {
    const at::NoGradGuard no_grad;
    model.named_parameters()["decoder.dense1.weight"].copy_(at::eye(2));
  }
  export_autoencoder(model, folder / "best.pt", {.variant = "variational"});
  auto script = torch::jit::load((folder / "best.pt").string());
  at::manual_seed(1);
  const at::Tensor z = script.get_method("sample")({10'000}).toTensor();
  ASSERT_EQ(z.sizes(), (std::vector<int64_t>{10'000, 2}));
  EXPECT_TRUE(at::allclose(z.mean(0), at::zeros({2}), 0, 0.04));  // four standard errors
  EXPECT_TRUE(at::allclose(z.var(0), at::ones({2}), 0, 0.06));
  EXPECT_EQ(script.get_method("sample")({3}).toTensor().size(0), 3);
}

TEST(ExportParts, EncoderAndDecoderRunAlone) {
  SmallExport f;
  export_encoder(f.model, f.folder / "encoder.pt", {.variant = "dense"});
  export_decoder(f.model, f.folder / "decoder.pt", {.variant = "dense"});
  auto encoder = ExportedModel::load(f.folder / "encoder.pt");
  auto decoder = ExportedModel::load(f.folder / "decoder.pt");
  EXPECT_TRUE(at::allclose(encoder.reconstruct(f.x), f.model.encode(f.x), 0, 1e-6));
  EXPECT_TRUE(
      at::allclose(decoder.reconstruct(f.model.encode(f.x)), f.model.forward(f.x), 0, 1e-6));
  EXPECT_EQ(read_file(f.folder / "encoder.pt").find("decoder"), std::string::npos);
  EXPECT_FALSE(encoder.has_method("decode"));
}

TEST(Weights, ComeBackByNameFromBothKindsOfFile) {
  SmallExport f;
  save_weights(f.model, f.folder / "weights.pt");
  export_autoencoder(f.model, f.folder / "best.pt", {.variant = "dense"});
  for (const char* file : {"weights.pt", "best.pt"}) {
    Autoencoder copy({.shapes = {{1, 4, 4}, {1, 4, 4}}, .network = DenseNetwork{.widths = {5, 2}}});
    EXPECT_FALSE(at::equal(copy.forward(f.x), f.model.forward(f.x)));
    load_weights(copy, f.folder / file);
    EXPECT_TRUE(at::equal(copy.forward(f.x), f.model.forward(f.x))) << file;
  }
}

TEST(Weights, SayWhichTensorDoesNotFit) {
  SmallExport f;
  save_weights(f.model, f.folder / "weights.pt");
  Autoencoder wider({.shapes = {{1, 4, 4}, {1, 4, 4}}, .network = DenseNetwork{.widths = {6, 2}}});
  expect_contains(error_of([&] { load_weights(wider, f.folder / "weights.pt"); }),
                  {"weights.pt", "'decoder.dense1.bias' of shape 6, found 5"});
  Autoencoder deeper(
      {.shapes = {{1, 4, 4}, {1, 4, 4}}, .network = DenseNetwork{.widths = {5, 3, 2}}});
  expect_contains(error_of([&] { load_weights(deeper, f.folder / "weights.pt"); }), {"weights.pt"});
  testing::write_file(f.folder / "text.pt", "hello");
  expect_contains(error_of([&] { load_weights(f.model, f.folder / "text.pt"); }),
                  {"text.pt", "5 bytes"});
}

}  // namespace
}  // namespace hourglass::formats
