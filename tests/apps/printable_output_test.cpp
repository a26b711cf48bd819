// Names in files and paths change nothing about the terminal that a program prints to.

#include "hourglass/core/files.h"
#include "hourglass/evaluation/fact_text.h"
#include "hourglass/formats/json.h"
#include "hourglass/tests/apps/tool_runs.h"
#include "hourglass/tests/support/support.h"

#include <filesystem>
#include <string>
#include <vector>

namespace hourglass::apps {
namespace {

namespace fs = std::filesystem;
using testing::digits_model;
using testing::small_checkpoint;
using testing::TemporaryFolder;

const std::string kHostile = "x\x1b]0;owned\x07\x1b[31m";

void expect_printable(const std::string& tool, const std::vector<std::string>& arguments) {
  const auto ended = testing::run(tool, arguments);
  EXPECT_EQ(ended.exit_code, 0) << ended.errors;
  for (const std::string& text : {ended.output, ended.errors}) {
    EXPECT_EQ(text.find_first_of("\x1b\x07"), std::string::npos) << tool << ": " << text;
  }
  EXPECT_NE((ended.output + ended.errors).find("x\\x1b"), std::string::npos) << ended.output;
}

/// Replaces what a file of JSON has under a key of an object.
void change(const fs::path& path, const std::string& object, const std::string& key,
            const nlohmann::json& value) {
  nlohmann::json all = formats::parse_json(read_file(path), path.string());
  all.erase("sha256");
  (object.empty() ? all : all[object])[key] = value;
  write_file_atomically(path, formats::json_text(all));
}

TEST(PrintableOutput, OfPaths) {
  const TemporaryFolder folder;
  const fs::path run = folder.path() / kHostile;
  expect_printable("dense_autoencoder", {"--epochs", "1", "--no-figures", "--out", run});
  expect_printable("export", {run / "best.pt", "--format", "onnx", "--out", run});
  expect_printable("encode", {run / "best.pt", "--no-picture", "--out", run / "codes.npy"});
  expect_printable("decode", {run / "best.pt", run / "codes.npy", "--out", run / "items.npy"});
  expect_printable("detect_anomalies", {run / "best.pt", "--out", run / "found"});
  expect_printable("report", {run, "--out", run / "report.html"});
}

TEST(PrintableOutput, OfAThresholdsRows) {
  const TemporaryFolder folder;
  const fs::path model = digits_model(folder), limit = folder / "limit.json";
  testing::run_tool_of("detect_anomalies",
                       {model, "--save-threshold", limit, "--out", folder / "one"});
  change(limit, "", "normal_rows", kHostile);
  expect_printable("detect_anomalies", {model, "--load-threshold", limit, "--out", folder / "two"});
}

TEST(PrintableOutput, OfRunsThatAreCompared) {
  const TemporaryFolder folder;
  digits_model(folder);
  small_checkpoint(folder / "other", "dense_autoencoder", {"--widths", "8,2"});
  change(folder / "other/run.json", "data", "name", kHostile);
  expect_printable("compare", {folder / "run", folder / "other", "--out", folder / "compared"});
}

TEST(PrintableOutput, OfACardsOptions) {
  const TemporaryFolder folder;
  nlohmann::json facts = testing::json_of("inspect", {digits_model(folder)});
  facts["options"][kHostile] = 1;
  const std::string text = evaluation::model_text(facts);
  EXPECT_EQ(text.find_first_of("\x1b\x07"), std::string::npos) << text;
  testing::expect_contains(text, {"x\\x1b"});
}

}  // namespace
}  // namespace hourglass::apps
