// `activations` as its users meet it. That its numbers are right is the work of
// tests/evaluation/activations_test.cpp and, beside Python's autograd, tests/python/activations_test.py.

#include "hourglass/cli/program.h"
#include "hourglass/core/files.h"
#include "hourglass/evaluation/activation_file.h"
#include "hourglass/figures/image.h"
#include "hourglass/formats/npy.h"
#include "hourglass/formats/zip.h"
#include "hourglass/tests/apps/tool_runs.h"

#include <ATen/ATen.h>

namespace hourglass::apps {

using namespace formats;
using namespace evaluation;
using namespace figures;
using namespace cli;

namespace {

namespace fs = std::filesystem;
using testing::expect_contains;
using testing::expect_refusal;
using testing::json_of;
using testing::small_checkpoint;
using testing::TemporaryFolder;

constexpr const char* kActivationsTool = "activations";

std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> layer_names_of(const nlohmann::json& facts) {
  std::vector<std::string> names;
  for (const auto& layer : facts.at("layers")) names.push_back(layer.at("name"));
  return names;
}

TEST(ActivationsTool, TellsEveryLayerOfOneRowByDefault) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder", {"--widths", "16,2"});
  const auto facts = json_of(kActivationsTool, {path, "--no-figures"});
  EXPECT_EQ(facts.at("rows"), nlohmann::json::array({0}));
  EXPECT_EQ(
      layer_names_of(facts),
      (std::vector<std::string>{"encoder.flatten1", "encoder.dense1", "encoder.dense2",
                                "decoder.dense1", "decoder.dense2", "decoder.reshape1", "output"}));
  EXPECT_EQ(facts.at("layers").at(1).at("shape"), nlohmann::json({1, 16}));
  EXPECT_GE(facts.at("layers").at(1).at("least"), 0) << "after ReLU";
  EXPECT_FALSE(facts.contains("loss"));
}

TEST(ActivationsTool, ChoosesLayersByNamePartAndWildcard) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder", {"--widths", "16,2"});
  const auto names = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {path, "--no-figures"});
    return layer_names_of(json_of(kActivationsTool, flags));
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names({"--layers", "encoder.dense2,output"}), (Names{"encoder.dense2", "output"}));
  EXPECT_EQ(names({"--layers", "*.dense?", "--part", "decoder"}),
            (Names{"decoder.dense1", "decoder.dense2"}));
  EXPECT_EQ(names({"--part", "encoder"}),
            (Names{"encoder.flatten1", "encoder.dense1", "encoder.dense2"}));
  expect_refusal(kActivationsTool, {path, "--layers", "encoder.dens2"}, kFailed,
                 {"'encoder.dens2'", "did you mean 'encoder.dense2'", "decoder.reshape1"});
}

TEST(ActivationsTool, DrawsHeatMapsAlsoOverTheInput) {
  if (!figures_available()) GTEST_SKIP() << "needs pictures";
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "convolutional_autoencoder");
  json_of(kActivationsTool, {path, "--indices", "7", "--layers", "encoder.conv1,encoder.pool2",
                             "--gradients", "--out", folder / "drawn"});
  EXPECT_EQ(files_in(folder / "drawn"),
            (std::vector<std::string>{"activations-7.png", "gradients-7.png",
                                      "heat-7-encoder.conv1.png", "heat-7-encoder.pool2.png",
                                      "heat-7-input_gradient.png", "weight_gradients.png"}));
  for (const auto& name : files_in(folder / "drawn")) {
    EXPECT_TRUE(read_file(folder / "drawn" / name).starts_with("\x89PNG")) << name;
  }
  expect_refusal(kActivationsTool,
                 {path, "--indices", "7", "--layers", "encoder.conv1", "--out", folder / "drawn"},
                 kFailed, {"activations-7.png", "--force"});
}

TEST(ActivationsTool, SavesWhatItLoadsAgain) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "lstm_autoencoder");
  const auto facts = json_of(kActivationsTool, {path, "--indices", "4,9", "--gradients",
                                                "--no-figures", "--save", folder / "a.npz"});
  const auto arrays = read_npz(folder / "a.npz");
  EXPECT_EQ(arrays.front().name, "rows");
  EXPECT_TRUE(at::equal(arrays.front().value, at::tensor({4, 9}, at::kLong)));
  // The saved file in the place of the checkpoint, and from NPZ to JSON.
  auto again =
      json_of(kActivationsTool, {folder / "a.npz", "--no-figures", "--save", folder / "a.json"});
  for (const char* key : {"layers", "weights", "loss", "rows", "input_gradient_norm"}) {
    EXPECT_EQ(again.at(key), facts.at(key)) << key;
  }
  const Activations loaded = load_activations(folder / "a.json");
  EXPECT_TRUE(at::equal(loaded.input, load_activations(folder / "a.npz").input));
  ASSERT_TRUE(loaded.gradients);
  EXPECT_EQ(loaded.gradients->loss, facts.at("loss").get<double>());
  expect_refusal(kActivationsTool, {folder / "a.npz", "--gradients"}, kWrongUsage,
                 {"--gradients", "saved activations"});
}

TEST(ActivationsTool, TakesAThirdPartyFile) {
  HOURGLASS_NEEDS_THIRD_PARTY_MODELS();
  const TemporaryFolder folder;
  const auto facts =
      json_of(kActivationsTool,
              {testing::third_party_model("forward_only"), "--dataset", "digits", "--layers",
               "squeeze.*", "--gradients", "--no-figures", "--save", folder / "a.npz"});
  EXPECT_EQ(layer_names_of(facts),
            (std::vector<std::string>{"squeeze.0", "squeeze.1", "squeeze.2", "squeeze.3"}));
  EXPECT_GT(facts.at("loss"), 0);
  EXPECT_EQ(facts.at("weights").size(), 4U) << "weight and bias of two layers";
  EXPECT_GT(facts.at("weights").at(0).at("gradient_norm"), 0);
  expect_refusal(
      kActivationsTool,
      {testing::third_party_model("forward_only"), "--dataset", "digits", "--part", "encoder"},
      kFailed, {"--part encoder", "squeeze.0", "--layers"});
}

TEST(ActivationsTool, TakesAUsersOwnImage) {
  if (!figures_available()) GTEST_SKIP() << "needs pictures";
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder");
  to_picture(at::rand({1, 8, 8})).save(folder / "mine.png");
  json_of(kActivationsTool, {path, folder / "mine.png", "--out", folder / "drawn"});
  EXPECT_TRUE(fs::exists(folder / "drawn/activations-0.png"));
}

TEST(ActivationsTool, OffersTheLossesThatItTakes) {
  const std::string help = testing::run_tool_of(kActivationsTool, {"--help"});
  expect_contains(help, {"--loss NAME", "bce, mse or mae"});
  EXPECT_EQ(help.find("negative-binomial"), std::string::npos) << help;
  expect_refusal(kActivationsTool, {"x.pt", "--gradients", "--loss", "gaussian"}, kWrongUsage,
                 {"--loss", "bce, mse, mae", "'gaussian'"});
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder", {"--widths", "16,2"});
  const auto loss = [&](const std::string& name) {
    return json_of(kActivationsTool, {path, "--no-figures", "--gradients", "--loss", name})
        .at("loss")
        .get<double>();
  };
  EXPECT_NE(loss("mae"), loss("mse"));
  EXPECT_EQ(loss("none"), loss("mse")) << "as in training";
}

TEST(ActivationsTool, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  const auto path = small_checkpoint(folder / "run", "dense_autoencoder");
  // Wrong whatever the files hold.
  expect_refusal(kActivationsTool, {path, "--part", "middle"}, kWrongUsage, {"--part", "'middle'"});
  expect_refusal(kActivationsTool, {path, "--save", "a.csv"}, kWrongUsage, {"--save", ".npz"});
  expect_refusal(kActivationsTool, {path, "--loss", "mse"}, kWrongUsage, {"--gradients"});
  expect_refusal(kActivationsTool, {}, kWrongUsage, {"CKPT"});
  // Wrong when it comes to the work.
  expect_refusal(kActivationsTool, {folder / "absent.pt"}, kFailed, {"absent.pt"});
  write_zip(folder / "other.pt", {{"a", "b"}});
  expect_refusal(kActivationsTool, {folder / "other.pt"}, kFailed, {"other.pt", "TorchScript"});
  expect_refusal(kActivationsTool, {path, "--indices", "1797"}, kFailed, {"1796", "1797"});
  expect_refusal(kActivationsTool, {path, "--indices", "all"}, kFailed, {"1024", "1797"});
  expect_refusal(kActivationsTool, {path, "--dataset", "iris"}, kFailed, {"iris", "1 x 8 x 8"});
  expect_refusal(kActivationsTool, {path, "--no-figures", "--save", folder / "absent" / "a.npz"},
                 kFailed, {"a.npz"});
  testing::write_file(folder / "broken.npz", "text");
  expect_refusal(kActivationsTool, {folder / "broken.npz"}, kFailed, {"broken.npz", "ZIP"});
  std::string csv;
  for (int i = 0; i < 64; ++i) csv += i == 5 ? "nan," : "0.5,";
  testing::write_file(folder / "nan.csv", csv + "0\n");
  expect_refusal(kActivationsTool,
                 {path, "--dataset", "csv:" + (folder / "nan.csv").string(), "--header", "no"},
                 kFailed, {"nan.csv"});
}

}  // namespace
}  // namespace hourglass::apps
