// The export tool, and the trainers' --export, as a user runs them.

#include "hourglass/cli/program.h"
#include "hourglass/core/files.h"
#include "hourglass/tests/apps/tool_runs.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace hourglass::apps {

using namespace cli;

namespace {

namespace fs = std::filesystem;
using testing::expect_contains;
using testing::expect_refusal;
using testing::json_of;
using testing::run;
using testing::small_checkpoint;
using testing::TemporaryFolder;

TEST(ExportTool, WritesEveryFormatAndTellsWhat) {
  const TemporaryFolder folder;
  const fs::path checkpoint = small_checkpoint(folder / "run", "dense_autoencoder", {});
  const auto told = json_of("export", {checkpoint, "--format", "pt2,onnx,safetensors,c,torchscript",
                                       "--out", folder / "deploy"});
  EXPECT_EQ(told.at("files").size(), 8U);
  for (const auto& file : told.at("files")) {
    EXPECT_EQ(fs::file_size(file.at("path").get<std::string>()), file.at("bytes").get<uint64_t>());
  }
  for (const char* name : {"best.pt2", "best.onnx", "best-encode.onnx", "best-decode.onnx",
                           "best.safetensors", "card.json", "best.c", "best.pt"}) {
    EXPECT_TRUE(fs::exists(folder / "deploy" / name)) << name;
  }
}

TEST(ExportTool, ReplacesNothingUnasked) {
  const TemporaryFolder folder;
  const fs::path checkpoint = small_checkpoint(folder / "run", "dense_autoencoder", {});
  expect_refusal("export", {checkpoint, "--out", folder / "run"}, kFailed, {"best.pt2", "--force"});
  EXPECT_EQ(run("export", {checkpoint, "--out", folder / "run", "--force"}).exit_code, kDone);
}

TEST(ExportTool, SaysWhatAFormatHasNoPlaceFor) {
  const TemporaryFolder folder;
  const fs::path checkpoint = small_checkpoint(folder / "run", "dense_autoencoder", {});
  expect_refusal("export", {checkpoint, "--format", "safetensors", "--raw-input"}, kWrongUsage,
                 {"--format safetensors", "--raw-input"});
  expect_refusal("export", {checkpoint, "--format", "onx"}, kWrongUsage, {"--format", "onnx"});
}

TEST(ExportTool, PutsScalingAndThresholdInside) {
  const TemporaryFolder folder;
  const fs::path checkpoint = small_checkpoint(folder / "run", "dense_autoencoder", {});
  const fs::path limit = folder / "limit.json";
  EXPECT_EQ(run("detect_anomalies",
                {checkpoint, "--save-threshold", limit, "--out", folder / "anomalies"})
                .exit_code,
            kDone);
  EXPECT_EQ(run("export", {checkpoint, "--format", "pt2,onnx,c", "--raw-input", "--threshold",
                           limit, "--out", folder / "deploy", "--name", "guard"})
                .exit_code,
            kDone);
  const auto facts = json_of("inspect", {folder / "deploy/guard.pt2"});
  std::vector<std::string> methods;
  for (const auto& method : facts.at("methods")) methods.push_back(method.at("name"));
  std::sort(methods.begin(), methods.end());
  EXPECT_EQ(methods,
            (std::vector<std::string>{"decode", "encode", "forward", "is_anomaly", "score"}));
  expect_contains(read_file(folder / "deploy/guard.c"),
                  {"guard_score(const float x[64])", "int guard_is_anomaly("});
}

TEST(ExportTool, IsAnOptionOfTrainers) {
  const TemporaryFolder folder;
  small_checkpoint(folder / "run", "dense_autoencoder", {"--export", "onnx,c"});
  EXPECT_TRUE(fs::exists(folder / "run/best.onnx"));
  EXPECT_TRUE(fs::exists(folder / "run/best.c"));
  EXPECT_TRUE(fs::exists(folder / "run/best.pt2"));
}

TEST(Inspect, ReadsArchivesAndOnnxFiles) {
  const TemporaryFolder folder;
  const fs::path checkpoint =
      small_checkpoint(folder / "run", "dense_autoencoder", {"--export", "onnx"});
  const auto of_checkpoint = json_of("inspect", {checkpoint});
  for (const char* name : {"best.pt2", "best.onnx"}) {
    const auto told = json_of("inspect", {folder / "run" / name});
    EXPECT_EQ(told.at("layers"), of_checkpoint.at("layers")) << name;
    EXPECT_EQ(told.at("parameter_count"), of_checkpoint.at("parameter_count")) << name;
    EXPECT_EQ(run("inspect", {folder / "run" / name}).exit_code, kDone);
  }
  testing::write_file(folder / "cut.pt2", read_file(folder / "run/best.pt2").substr(0, 5000));
  expect_refusal("inspect", {folder / "cut.pt2"}, kFailed, {"cut.pt2"});
}

}  // namespace
}  // namespace hourglass::apps
