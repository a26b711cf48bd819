// Weights by content, whatever the file is called; and a model as tensors and a card.

#include "hourglass/formats/weights.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/model_files.h"
#include "hourglass/formats/safetensors.h"
#include "hourglass/formats/torchscript.h"
#include "hourglass/formats/zip.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/tensors.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::formats {

using namespace models;

namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

struct TwoModels {
  TemporaryFolder folder;
  ModelSpec spec{.shapes = {{4}, {4}}, .network = DenseNetwork{.widths = {3, 2}}};
  Autoencoder model{spec}, copy{spec};
  at::Tensor x = at::rand({5, 4});

  void expect_loaded(const std::filesystem::path& path) {
    Autoencoder fresh(spec);
    load_tensors(copy, named_tensors(fresh), "another");
    load_weights(copy, path);
    EXPECT_TRUE(at::equal(copy.forward(x), model.forward(x))) << path;
  }
  std::vector<NamedTensor> named(const std::string& beginning, double factor = 1) {
    std::vector<NamedTensor> tensors;
    for (const auto& [name, value] : copied_tensors(model)) {
      tensors.push_back({beginning + name, value * factor});
    }
    return tensors;
  }
};

TEST(LoadWeights, GoesByContentAndNotByName) {
  TwoModels f;
  save_weights(f.model, f.folder / "a.safetensors.pt");
  f.expect_loaded(f.folder / "a.safetensors.pt");
  export_autoencoder(f.model, f.folder / "b.bin", {.variant = "dense"});
  f.expect_loaded(f.folder / "b.bin");
  write_safetensors(f.folder / "c.pth", {.tensors = f.named("")});
  f.expect_loaded(f.folder / "c.pth");
}

TEST(LoadWeights, LeavesOutWhatWrappersPutBeforeNames) {
  TwoModels f;
  for (const std::string wrapper : {"module.", "model.", "autoencoder.", "module._orig_mod."}) {
    write_safetensors(f.folder / "a.safetensors", {.tensors = f.named(wrapper)});
    f.expect_loaded(f.folder / "a.safetensors");
  }
  write_safetensors(f.folder / "a.safetensors", {.tensors = f.named("other.")});
  expect_contains(error_of([&] { load_weights(f.copy, f.folder / "a.safetensors"); }),
                  {"a.safetensors", "expected a tensor 'decoder.dense1.bias' of shape 3",
                   "but 'other.decoder.dense1.bias' of shape 3", "another model"});
}

TEST(LoadWeights, TakesTheBestEpochOfARunsState) {
  TwoModels f;
  TensorFile state{.tensors = f.named("model/", 2),
                   .metadata = {{"kind", "hourglass training state"}}};
  for (auto& tensor : f.named("best/")) state.tensors.push_back(tensor);
  write_safetensors(f.folder / "last.safetensors", state);
  f.expect_loaded(f.folder / "last.safetensors");
  write_safetensors(f.folder / "last.safetensors",
                    {.tensors = f.named("model/"), .metadata = state.metadata});
  f.expect_loaded(f.folder / "last.safetensors");
}

TEST(LoadWeights, ConvertsOtherTypesOfNumbers) {
  TwoModels f;
  auto tensors = f.named("");
  for (auto& tensor : tensors) tensor.value = tensor.value.to(at::kDouble);
  write_safetensors(f.folder / "a.safetensors", {.tensors = tensors});
  f.expect_loaded(f.folder / "a.safetensors");
}

TEST(LoadWeights, SaysWhatAFileIsInstead) {
  TwoModels f;
  const auto error_for = [&](const std::string& name, const std::string& bytes) {
    testing::write_file(f.folder / name, bytes);
    return error_of([&] { load_weights(f.model, f.folder / name); });
  };
  expect_contains(error_for("a.pt", "\x80\x02}."), {"a.pt", "an old torch.save", "again"});
  expect_contains(error_for("a.pt", std::string(257, '\0') + "ustar"), {"a tar archive", "again"});
  expect_contains(error_for("a.onnx", "\x08\x07"), {"an ONNX model"});
  expect_contains(error_for("a.safetensors", "abc"), {"a safetensors file", "3 bytes"});
  expect_contains(error_for("a.pt", ""), {"an empty file"});
  write_zip(f.folder / "a.pt2", {{"a/archive_format", "pt2"}});
  expect_contains(error_of([&] { load_weights(f.model, f.folder / "a.pt2"); }), {".pt2 program"});
  expect_contains(error_of([&] { load_weights(f.model, f.folder / "none.pt"); }), {"none.pt"});
}

TEST(ModelFiles, ComeBackFromOneFileOrFromBoth) {
  TwoModels f;
  const ModelCard card{.variant = "dense",
                       .input_shape = {4},
                       .target_shape = {4},
                       .code_shape = {2},
                       .code_kind = "vector"};
  const auto path = f.folder / "best.safetensors";
  write_model_tensors(path, {.card = card, .tensors = named_tensors(f.model)});
  const TensorFile file = read_safetensors(path);
  EXPECT_EQ(file.metadata.at("format"), "pt");
  EXPECT_EQ(file.metadata.at("variant"), "dense");
  f.expect_loaded(path);
  std::filesystem::rename(f.folder / "card.json", f.folder / "away.json");
  EXPECT_EQ(card_text(read_model_tensors(path).card), card_text(card));
  write_safetensors(path, {.tensors = file.tensors});
  expect_contains(error_of([&] { read_model_tensors(path); }),
                  {"best.safetensors", "card.json beside it", "--init-from"});
  std::filesystem::rename(f.folder / "away.json", f.folder / "card.json");
  const ModelTensors both = read_model_tensors(path);
  EXPECT_EQ(card_text(both.card), card_text(card));
  EXPECT_EQ(both.tensors.size(), named_tensors(f.model).size());
}

TEST(ModelFiles, RefuseTheStateOfARun) {
  TwoModels f;
  write_safetensors(
      f.folder / "last.safetensors",
      {.tensors = f.named("model/"), .metadata = {{"kind", "hourglass training state"}}});
  expect_contains(error_of([&] { read_model_tensors(f.folder / "last.safetensors"); }),
                  {"the state of a run: use best.pt"});
}

}  // namespace
}  // namespace hourglass::formats
