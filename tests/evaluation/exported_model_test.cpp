#include "hourglass/evaluation/exported_model.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/npy.h"
#include "hourglass/formats/torchscript.h"
#include "hourglass/formats/weights.h"
#include "hourglass/formats/zip.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/variational.h"
#include "hourglass/models/vector_quantized.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <functional>
#include <map>
#include <memory>

namespace hourglass::evaluation {

using namespace models;
using namespace formats;

namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;
using testing::third_party_model;

/// The message of what a file that is no checkpoint is refused with.
std::string load_error(const fs::path& path) {
  return error_of([&] { ExportedModel::load(path); });
}

ModelSpec small_spec(int64_t condition_width = 0) {
  return {.shapes = {{1, 4, 4}, {1, 4, 4}},
          .network = DenseNetwork{.widths = {5, 2}},
          .condition_width = condition_width};
}

ModelCard small_card() {
  return {.variant = "variational",
          .input_shape = {1, 4, 4},
          .target_shape = {1, 4, 4},
          .code_shape = {2},
          .code_kind = "gaussian"};
}

/// A small file of ours, always the same: in some of random weights no item reaches a unit, and gradients are 0.
fs::path write_ours(const fs::path& path) {
  at::manual_seed(1);
  Variational model({}, small_spec());
  export_autoencoder(model, path, small_card());
  return path;
}

/// Gives the same for every method, and counts what it is asked.
struct StubInference : Inference {
  std::map<std::string, std::function<at::Tensor(const at::Tensor&)>> methods;
  int64_t rows = 0;

  std::vector<at::Tensor> run(const std::string& method,
                              const std::vector<at::Tensor>& arguments) override {
    if (!methods.contains(method)) return {};
    rows += arguments.front().size(0);
    return {methods.at(method)(arguments.front())};
  }
};

TEST(ExportedModel, LetsAnInferenceComputeWhatItComputesRightly) {
  const TemporaryFolder folder;
  auto program = ExportedModel::load(write_ours(folder / "best.pt")), model = program;
  auto inference = std::make_shared<StubInference>();
  inference->methods["encode"] = [&](const at::Tensor& x) { return program.encode(x) + 1e-7; };
  inference->methods["forward"] = [&](const at::Tensor& x) { return program.reconstruct(x) * 1.1; };
  model.compute_with([&](const ExportedModel&) { return inference; });
  const at::Tensor x = at::rand({9, 1, 4, 4});
  EXPECT_TRUE(at::equal(model.encode(x), program.encode(x) + 1e-7));
  EXPECT_EQ(inference->rows, 4 + 9) << "four rows are compared first";
  EXPECT_TRUE(at::equal(model.encode(x), program.encode(x) + 1e-7));
  EXPECT_EQ(inference->rows, 4 + 9 + 9) << "once";

  EXPECT_TRUE(at::equal(model.reconstruct(x), program.reconstruct(x))) << "the file is right";
  EXPECT_TRUE(at::equal(model.reconstruct(x), program.reconstruct(x)));
  EXPECT_EQ(inference->rows, 4 + 9 + 9 + 4) << "and the other is not asked again";
  const at::Tensor z = at::rand({3, 2});
  EXPECT_TRUE(at::equal(model.decode(z), program.decode(z))) << "which it does not compute";
}

TEST(ExportedModel, SaysWhatTheProgramSaysOfWrongInputWhoeverComputes) {
  const TemporaryFolder folder;
  auto program = ExportedModel::load(write_ours(folder / "best.pt")), model = program;
  const at::Tensor wrong = at::rand({2, 1, 5, 5});
  const std::string message = error_of([&] { model.encode(wrong); });
  auto inference = std::make_shared<StubInference>();
  inference->methods["encode"] = [](const at::Tensor& x) { return x; };
  model.compute_with([&](const ExportedModel&) { return inference; });
  EXPECT_EQ(error_of([&] { model.encode(wrong); }), message);
  inference->methods["encode"] = [&](const at::Tensor& x) { return program.encode(x); };
  model.encode(at::rand({2, 1, 4, 4}));
  EXPECT_EQ(inference->rows, 4) << "compared, then computed";
  EXPECT_EQ(error_of([&] { model.encode(wrong); }), message);
}

TEST(ExportedModel, RunsAThirdPartyAutoencoder) {
  HOURGLASS_NEEDS_THIRD_PARTY_MODELS();
  auto model = ExportedModel::load(third_party_model("autoencoder"));
  EXPECT_FALSE(model.card());
  EXPECT_EQ(model.file_size(), fs::file_size(third_party_model("autoencoder")));
  const at::Tensor x = at::rand({3, 1, 8, 8});
  EXPECT_EQ(model.encode(x).sizes(), (at::IntArrayRef{3, 3}));
  EXPECT_TRUE(model.decode(model.encode(x)).allclose(model.reconstruct(x), 0, 1e-6));
}

TEST(ExportedModel, TakesTheInputShapeOfAThirdPartyModelFromTheUser) {
  HOURGLASS_NEEDS_THIRD_PARTY_MODELS();
  auto model = ExportedModel::load(third_party_model("autoencoder"));
  EXPECT_FALSE(model.input_shape());
  EXPECT_FALSE(model.code_shape());
  model.set_input_shape({1, 8, 8});
  EXPECT_EQ(model.input_shape(), (Shape{1, 8, 8}));
}

TEST(ExportedModel, TakesTheFirstOfSeveralResultsOfAThirdParty) {
  HOURGLASS_NEEDS_THIRD_PARTY_MODELS();
  auto model = ExportedModel::load(third_party_model("variational"));
  const at::Tensor x = at::rand({3, 1, 8, 8});
  EXPECT_EQ(model.reconstruct(x).sizes(), x.sizes());
  const auto distribution = model.run_method("encode", x);
  ASSERT_EQ(distribution.size(), 2U);
  EXPECT_TRUE(model.encode(x).equal(distribution[0]));
  EXPECT_TRUE(distribution[1].equal(at::full({3, 3}, -1.0)));
}

TEST(ExportedModel, NamesTheMethodThatIsMissing) {
  HOURGLASS_NEEDS_THIRD_PARTY_MODELS();
  auto model = ExportedModel::load(third_party_model("forward_only"));
  EXPECT_FALSE(model.has_method("encode"));
  const at::Tensor x = at::rand({1, 1, 8, 8});
  expect_contains(error_of([&] { model.encode(x); }),
                  {"forward_only.pt", "method 'encode'", "found forward"});
  expect_contains(error_of([&] { model.layers(x); }), {"method 'layers'"});
}

TEST(ExportedModel, SaysInOneLineWhatFailsInsideOfAMethod) {
  HOURGLASS_NEEDS_THIRD_PARTY_MODELS();
  auto model = ExportedModel::load(third_party_model("autoencoder"));
  EXPECT_EQ(
      error_of([&] {
        model.encode(at::rand({2, 1, 5, 5}));
      }),
      third_party_model("autoencoder").string() +
          ": encode of an input of shape 2 x 1 x 5 x 5 failed: mat1 and mat2 shapes cannot be "
          "multiplied (2x25 and 64x16)");
  expect_contains(error_of([&] { model.encode(at::Tensor()); }), {"at least one row"});
  expect_contains(error_of([&] { model.encode(at::rand({0, 1, 8, 8})); }), {"at least one row"});
}

TEST(ExportedModel, RunsMethodsOfSeveralResultsInPieces) {
  const TemporaryFolder folder;
  auto model = ExportedModel::load(write_ours(folder / "best.pt"));
  const at::Tensor x = at::rand({ExportedModel::kBatch + 3, 1, 4, 4});
  const auto distribution = model.run_method("encode_distribution", x);
  ASSERT_EQ(distribution.size(), 2U);
  EXPECT_TRUE(distribution[0].equal(model.encode(x)));
  EXPECT_EQ(distribution[1].sizes(), distribution[0].sizes());
  const auto layers = model.layers(x);
  ASSERT_GT(layers.size(), 2U);
  EXPECT_TRUE(layers.back().value.flatten().allclose(model.reconstruct(x).flatten(), 0, 1e-6));
}

TEST(ExportedModel, ResultsTakePartInGradients) {
  const TemporaryFolder folder;
  auto model = ExportedModel::load(write_ours(folder / "best.pt"));
  at::Tensor codes = model.encode(at::rand({3, 1, 4, 4}));
  codes.add_(1);
  const at::Tensor weight = at::ones({2}).requires_grad_();
  (codes * weight).sum().backward();
  EXPECT_TRUE(weight.grad().allclose(codes.sum(0)));
}

TEST(ExportedModel, ModuleGivesGradientsAndTheMethodsStillRun) {
  const TemporaryFolder folder;
  auto model = ExportedModel::load(write_ours(folder / "best.pt"));
  const at::Tensor x = at::rand({3, 1, 4, 4}).requires_grad_();
  const at::Tensor before = model.reconstruct(x);
  EXPECT_FALSE(before.requires_grad());
  for (int i = 0; i < 3; ++i) {  // TorchScript optimises what was run a few times
    model.module().get_method("forward")({x}).toTensor().sum().backward();
  }
  EXPECT_GT(x.grad().abs().max().item<double>(), 0);
  EXPECT_TRUE(model.reconstruct(x).allclose(before, 0, 1e-6));
}

TEST(ExportedModel, GivesParametersByName) {
  const TemporaryFolder folder;
  const Variational source({}, small_spec());
  const auto model = ExportedModel::load(write_ours(folder / "best.pt"));
  const auto parameters = model.parameters();
  ASSERT_EQ(parameters.size(), source.named_parameters().size());
  for (const auto& parameter : parameters) {
    EXPECT_EQ(parameter.value.sizes(), source.named_parameters()[parameter.name].sizes());
    EXPECT_TRUE(model.parameter(parameter.name).equal(parameter.value));
    EXPECT_FALSE(parameter.value.requires_grad());
  }
  expect_contains(error_of([&] { model.parameter("decoder.dense1.weigth"); }),
                  {"best.pt", "did you mean 'decoder.dense1.weight'"});
}

TEST(ExportedModel, RunsUnderTheConditionOfEachRow) {
  const TemporaryFolder folder;
  Variational source({}, small_spec(3));
  ModelCard card = small_card();
  card.condition = {.width = 3, .names = {"a", "b", "c"}};
  export_autoencoder(source, folder / "best.pt", card);
  auto model = ExportedModel::load(folder / "best.pt");
  const int64_t count = ExportedModel::kBatch + 2;
  const at::Tensor x = at::rand({count, 1, 4, 4}), condition = at::rand({count, 3});
  EXPECT_EQ(model.condition_width(), 3);
  EXPECT_TRUE(at::allclose(model.encode(x, condition), source.encode(x, condition), 1e-5, 1e-6));
  EXPECT_TRUE(
      at::allclose(model.reconstruct(x, condition), source.forward(x, condition), 1e-5, 1e-6));
  expect_contains(error_of([&] { model.encode(x); }),
                  {"best.pt", "3 numbers", "a, b, c", "found none", "`condition`"});
}

TEST(ExportedModel, DecodesIndicesThatCameAsNumbers) {
  const TemporaryFolder folder;
  VectorQuantized source({.codebook_size = 8}, small_spec());
  ModelCard card = small_card();
  card.code_shape = source.code_shape();
  card.code_kind = source.code_kind();
  export_autoencoder(source, folder / "best.pt", card);
  auto model = ExportedModel::load(folder / "best.pt");
  const at::Tensor codes = model.encode(at::rand({6, 1, 4, 4}));
  EXPECT_EQ(codes.scalar_type(), at::kLong);
  EXPECT_TRUE(at::equal(model.decode(codes), model.decode(codes.to(at::kFloat))));
}

TEST(LoadCheckpoint, SaysWhatAFileIsInstead) {
  const TemporaryFolder folder;
  expect_contains(load_error(folder / "absent.pt"), {"absent.pt", "No such file"});
  expect_contains(load_error(folder.path()), {"expected a file, found a folder"});
  const auto error_for = [&](const std::string& bytes) {
    return load_error(testing::write_file(folder / "model.pt", bytes));
  };
  expect_contains(error_for(""), {"model.pt", "expected a TorchScript file", "an empty file"});
  expect_contains(error_for("<!DOCTYPE html>"), {"web page"});
  expect_contains(error_for("\x80\x02}q\x01."), {"pickled data", "torch.jit.script"});
  expect_contains(error_for(std::string(1234, 'x')), {"1,234 bytes of another kind"});
}

TEST(LoadCheckpoint, SaysWhatAZipArchiveIsInstead) {
  const TemporaryFolder folder;
  write_npz(folder / "codes.npz", {{"codes", at::ones({2, 2})}});
  expect_contains(load_error(folder / "codes.npz"), {"codes.npz", "NumPy arrays"});
  write_zip(folder / "book.docx", {{"word/document.xml", "…"}});
  expect_contains(load_error(folder / "book.docx"),
                  {"ZIP archive of another kind", "word/document.xml"});
  Variational model({}, small_spec());
  save_weights(model, folder / "weights.pt");
  expect_contains(load_error(folder / "weights.pt"), {"weights", "use best.pt"});
  save_weights(model, folder / "last.pt");
  expect_contains(load_error(folder / "last.pt"), {"a training state: use best.pt"});
}

TEST(LoadCheckpoint, KnowsWeightsOfPythonsTorchSave) {
  HOURGLASS_NEEDS_THIRD_PARTY_MODELS();
  expect_contains(load_error(third_party_model("weights")), {"torch.save", "without a program"});
}

TEST(LoadCheckpoint, RefusesAFileCutOffAnywhere) {
  const TemporaryFolder folder;
  const std::string whole = read_file(write_ours(folder / "best.pt"));
  for (size_t size = 0; size < whole.size(); size += 97) {
    const std::string error =
        load_error(testing::write_file(folder / "cut.pt", whole.substr(0, size)));
    expect_contains(error, {"cut.pt", "expected a"});
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  }
}

/// Puts `size` in place of the uncompressed size of the entry whose name ends with `name`, in the
/// archive's central directory (APPNOTE.TXT 4.3.12: signature, then the size at byte 24 and the
/// name at byte 46).
std::string with_declared_size(std::string archive, const std::string& name, uint32_t size) {
  const size_t found = archive.rfind(name);
  const size_t header = archive.rfind("PK\x01\x02", found);
  for (size_t i = 0; i < 4; ++i) archive[header + 24 + i] = static_cast<char>(size >> (8 * i));
  return archive;
}

TEST(LoadCheckpoint, RefusesContentsDeclaredLargerThanTheFile) {
  const TemporaryFolder folder;
  const std::string whole = read_file(write_ours(folder / "best.pt"));
  for (const std::string name : {"/data/0", "/data.pkl", "/hourglass.json"}) {
    const auto path =
        testing::write_file(folder / "huge.pt", with_declared_size(whole, name, 3'000'000'000));
    expect_contains(load_error(path), {"huge.pt", name, "3000000000 bytes", "damaged or made to"});
  }
}

TEST(LoadCheckpoint, RefusesDamagedWeights) {
  const TemporaryFolder folder;
  const auto path = write_ours(folder / "best.pt");
  const at::Tensor weight =
      ExportedModel::load(path).parameter("decoder.dense2.weight").contiguous();
  std::string bytes = read_file(path);
  const std::string values(static_cast<const char*>(weight.const_data_ptr()), weight.nbytes());
  const size_t place = bytes.find(values);
  ASSERT_NE(place, std::string::npos);
  bytes[place + 2] = static_cast<char>(bytes[place + 2] ^ 1);
  expect_contains(load_error(testing::write_file(path, bytes)), {"best.pt", "damaged", "CRC"});
}

}  // namespace
}  // namespace hourglass::evaluation
