// Tools give the same for a model's tensors and card as for its TorchScript file.

#include "hourglass/cli/fast_inference.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/model_files.h"
#include "hourglass/formats/npy.h"
#include "hourglass/formats/safetensors.h"
#include "hourglass/formats/zip.h"
#include "hourglass/tests/apps/tool_runs.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <functional>

namespace hourglass::apps {

using namespace cli;
using namespace formats;

namespace {

namespace fs = std::filesystem;
using testing::expect_refusal;
using testing::json_of;
using testing::small_checkpoint;
using testing::TemporaryFolder;
using Arguments = std::vector<std::string>;

/// Trains a model and writes it both ways; the path of its best.safetensors.
fs::path trained(const TemporaryFolder& folder, const std::string& program, Arguments more = {}) {
  more.insert(more.end(), {"--save-parts", "safetensors"});
  return small_checkpoint(folder / "run", program, more).replace_extension(".safetensors");
}

/// What a tool prints as JSON, without the names of files, which differ.
nlohmann::json told_of(const std::string& tool, const fs::path& checkpoint, Arguments more) {
  more.insert(more.begin(), checkpoint);
  nlohmann::json told = json_of(tool, more);
  const std::function<void(nlohmann::json&)> clean = [&](nlohmann::json& value) {
    for (const char* key : {"file", "checkpoint", "file_size", "bytes", "path", "written", "files",
                            "items_per_second"}) {
      if (value.is_object()) value.erase(key);
    }
    if (value.is_structured()) {
      for (auto& element : value) clean(element);
    }
  };
  clean(told);
  return told;
}

/// Both kinds of file give the same numbers, printed and as files.
void expect_the_same(const TemporaryFolder& folder, const fs::path& tensors,
                     const std::string& tool, const Arguments& arguments,
                     const std::string& out = "", const std::vector<std::string>& arrays = {}) {
  static int calls = 0;
  std::vector<nlohmann::json> told;
  std::vector<fs::path> outs;
  for (const fs::path& file : {tensors, fs::path(tensors).replace_extension(".pt")}) {
    Arguments with_out = arguments;
    outs.push_back(folder / fmt::format("{}{}", ++calls, out));
    if (!out.empty()) with_out.insert(with_out.end(), {"--out", outs.back()});
    told.push_back(told_of(tool, file, with_out));
  }
  if (out.empty()) {
    EXPECT_EQ(told[0], told[1]) << tool;
  }
  for (const auto& name : arrays) {
    const fs::path one = name.empty() ? outs[0] : outs[0] / name;
    const fs::path other = name.empty() ? outs[1] : outs[1] / name;
    EXPECT_TRUE(at::equal(read_npy(one), read_npy(other))) << tool << " " << name;
  }
}

TEST(SafetensorsModel, GivesWhatTheTorchScriptFileGives) {
  const TemporaryFolder folder;
  const fs::path tensors = trained(folder, "dense_autoencoder", {"--widths", "16,2"});
  EXPECT_TRUE(fs::exists(tensors.parent_path() / "card.json"));
  expect_the_same(folder, tensors, "inspect", {});
  expect_the_same(folder, tensors, "evaluate", {});
  expect_the_same(folder, tensors, "encode", {}, ".npy", {""});
  expect_the_same(folder, tensors, "generate", {"--at", "0.3,-1"}, "points", {"items.npy"});
  const auto maps = [&](const fs::path& file) {
    const fs::path npz = folder / (file.extension().string().substr(1) + ".npz");
    json_of("activations", {file, "--indices", "17", "--gradients", "--save", npz, "--out",
                            fs::path(npz).replace_extension(".png")});
    std::vector<std::string> contents;
    for (const auto& entry : read_zip(npz)) contents.push_back(entry.name + entry.bytes);
    return contents;
  };
  EXPECT_EQ(maps(tensors), maps(fs::path(tensors).replace_extension(".pt")));
}

TEST(SafetensorsModel, OfAVariationalOneSamples) {
  const TemporaryFolder folder;
  const fs::path tensors = trained(folder, "variational_autoencoder");
  expect_the_same(folder, tensors, "generate", {"--samples", "6", "--seed", "3"}, "samples",
                  {"codes.npy", "items.npy"});
  expect_the_same(folder, tensors, "evaluate", {"--samples", "3"});
}

TEST(SafetensorsModel, OfAVectorQuantizedOneHasItsCodebook) {
  const TemporaryFolder folder;
  const fs::path tensors =
      trained(folder, "vector_quantized_autoencoder", {"--recipe", "digits-vq"});
  expect_the_same(folder, tensors, "encode", {}, ".npy", {""});
  expect_the_same(folder, tensors, "inspect", {});
}

TEST(SafetensorsModel, OfAConditionalOneIsToldTheClass) {
  const TemporaryFolder folder;
  const fs::path tensors = trained(folder, "conditional_autoencoder", {"--recipe", "digits-cvae"});
  expect_the_same(folder, tensors, "generate", {"--at", "0,1", "--condition", "7"}, "seven",
                  {"items.npy"});
}

TEST(SafetensorsModel, HasAllMethodsOfTheTorchScriptFile) {
  const TemporaryFolder folder;
  const fs::path tensors = trained(folder, "variational_autoencoder");
  auto rebuilt = load_model(tensors), file = load_model(tensors.parent_path() / "best.pt");
  EXPECT_EQ(rebuilt.method_names(), file.method_names());
  EXPECT_EQ(card_text(*rebuilt.card()), card_text(*file.card()));
  const at::Tensor x = at::rand({3, 1, 8, 8});
  const auto layers = rebuilt.layers(x), expected = file.layers(x);
  ASSERT_EQ(layers.size(), expected.size());
  for (size_t i = 0; i < layers.size(); ++i) {
    EXPECT_EQ(layers[i].name, expected[i].name);
    EXPECT_TRUE(at::equal(layers[i].value, expected[i].value)) << layers[i].name;
  }
}

TEST(SafetensorsModel, SaysWhyItCannotBeRebuilt) {
  const TemporaryFolder folder;
  const fs::path tensors = trained(folder, "dense_autoencoder", {"--widths", "16,2"});
  ModelTensors model = read_model_tensors(tensors);
  const auto refuse = [&](std::initializer_list<std::string> parts) {
    write_model_tensors(folder / "changed/a.safetensors", model);
    expect_refusal("inspect", {folder / "changed/a.safetensors"}, kFailed, parts);
  };
  create_folders(folder / "changed");
  model.card.variant = "mystery";
  refuse({"a.safetensors", "mystery"});
  model.card.variant = "dense";
  model.card.code_kind = "vector";
  const at::Tensor removed = model.tensors.extract("decoder.dense1.weight").mapped();
  refuse({"a.safetensors", "'decoder.dense1.weight' of shape 16 x 2", "found none of that name"});
  model.tensors["decoder.dense1.weight"] = removed.t();
  refuse({"'decoder.dense1.weight' of shape 16 x 2, found 2 x 16"});
  expect_refusal("inspect", {tensors.parent_path() / "last.safetensors"}, kFailed,
                 {"the state of a run", "best.pt"});
  testing::write_file(folder / "a.onnx", "\x08\x07");
  expect_refusal("evaluate", {folder / "a.onnx"}, kFailed, {"an ONNX model", "best.safetensors"});
}

TEST(SafetensorsModel, StartsAnotherRun) {
  const TemporaryFolder folder;
  const fs::path tensors = trained(folder, "dense_autoencoder", {"--widths", "16,2"});
  for (const std::string name : {"best.safetensors", "last.safetensors", "best.pt"}) {
    small_checkpoint(
        folder / name, "dense_autoencoder",
        {"--widths", "16,2", "--epochs", "1", "--init-from", tensors.parent_path() / name});
  }
}

TEST(Untrusted, TakesModelsThatAreData) {
  const TemporaryFolder folder;
  const fs::path data = trained(folder, "dense_autoencoder"), program = folder / "run/best.pt";
  EXPECT_EQ(testing::run("inspect", {data, "--untrusted"}).exit_code, kDone);
  for (const char* tool : {"inspect", "encode", "evaluate"}) {
    expect_refusal(tool, {program, "--untrusted"}, kFailed,
                   {"--untrusted", "safetensors", "a TorchScript file"});
  }
}

}  // namespace
}  // namespace hourglass::apps
