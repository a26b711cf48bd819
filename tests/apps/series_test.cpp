// Series from a CSV file to alerts, as users meet them.

#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/tests/apps/tool_runs.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace hourglass::apps {
namespace {

namespace fs = std::filesystem;
using testing::expect_contains;
using testing::expect_refusal;
using testing::json_of;
using testing::run_tool_of;
using testing::small_checkpoint;
using testing::TemporaryFolder;

/// A day of 24 hours, over and over; behind row `from` half a day is upside down.
fs::path hours_in(const TemporaryFolder& folder, const std::string& name, int rows, int from) {
  std::string text = "time,load\n";
  for (int i = 0; i < rows; ++i) {
    const double sign = i >= from && i < from + 12 ? -1 : 1;
    text += fmt::format("{},{:.6f}\n", 3600 * i, 50 + sign * 10 * std::sin(i * 0.2617993878));
  }
  return testing::write_file(folder / name, text);
}

fs::path hours_model(const TemporaryFolder& folder,
                     const std::string& program = "dense_autoencoder") {
  const fs::path file = hours_in(folder, "normal.csv", 480, 10'000);
  std::vector<std::string> flags = {
      "--dataset", "series:" + file.string(), "--window", "24", "--epochs", "30"};
  if (program == "dense_autoencoder") flags.insert(flags.end(), {"--widths", "8,3"});
  return small_checkpoint(folder / program, program, flags);
}

TEST(Series, AnAnomalyIsFoundInAnotherFile) {
  const TemporaryFolder folder;
  const fs::path model = hours_model(folder);
  const fs::path other = hours_in(folder, "other.csv", 480, 240);
  const auto found =
      json_of("detect_anomalies", {model, "--dataset", "series:" + other.string(), "--threshold",
                                   "sigma:10", "--out", folder / "found"});
  ASSERT_EQ(found.at("alerts").size(), 1U);
  const auto& alert = found.at("alerts")[0];
  EXPECT_GE(parse_integer(alert.at("worst").get<std::string>()).value(), 3600 * 240);
  EXPECT_LT(parse_integer(alert.at("worst").get<std::string>()).value(), 3600 * 252);
  EXPECT_EQ(found.at("steps"), "mean");
  const auto lines = split_text(read_file(folder / "found" / "scores.csv"), '\n');
  EXPECT_EQ(lines.front(), "time,score,flag");
  EXPECT_EQ(lines.size(), 480U + 2);
  expect_contains(lines.at(1), {"0,"});
  for (const char* name : {"alerts.csv", "series.png", "worst.png", "histogram.png"}) {
    EXPECT_TRUE(fs::exists(folder / "found" / name)) << name;
  }
}

TEST(Series, AThresholdIsKeptAndApplied) {
  const TemporaryFolder folder;
  const fs::path model = hours_model(folder), limit = folder / "limit.json";
  const std::string other = "series:" + hours_in(folder, "other.csv", 480, 240).string();
  const auto first =
      json_of("detect_anomalies", {model, "--dataset", other, "--step-average", "median",
                                   "--save-threshold", limit, "--out", folder / "a"});
  const auto second = json_of("detect_anomalies", {model, "--dataset", other, "--load-threshold",
                                                   limit, "--out", folder / "b"});
  EXPECT_EQ(first.at("steps"), "median");
  EXPECT_EQ(second.at("steps"), "median");
  EXPECT_EQ(first.at("threshold"), second.at("threshold"));
  EXPECT_EQ(first.at("flagged"), second.at("flagged"));
}

TEST(Series, AThresholdIsFittedToTrainingWindowsOfTheJudgedStride) {
  const TemporaryFolder folder;
  const fs::path model = hours_model(folder);
  const std::string same = "series:" + (folder / "normal.csv").string();
  const auto named = json_of(
      "detect_anomalies", {model, "--dataset", same, "--stride", "24", "--out", folder / "named"});
  const auto recorded = json_of("detect_anomalies", {model, "--split", "train", "--stride", "24",
                                                     "--out", folder / "recorded"});
  const auto usual =
      json_of("detect_anomalies", {model, "--dataset", same, "--out", folder / "usual"});
  EXPECT_EQ(named.at("threshold"), recorded.at("threshold"));
  EXPECT_EQ(named.at("normal_rows"), recorded.at("normal_rows"));
  EXPECT_NE(named.at("threshold"), usual.at("threshold"));
  EXPECT_EQ(named.at("stride"), 24);
  EXPECT_EQ(usual.at("stride"), 1);
  // With the threshold of means over 24 windows it is one step in twelve.
  EXPECT_LE(named.at("flagged"), 5) << "one step in a hundred of 480";
}

TEST(Series, TrainingStepsAreFoundThoughNoWindowOfTheStrideIsForValidation) {
  const TemporaryFolder folder;
  const std::string data = "series:" + hours_in(folder, "short.csv", 310, 10'000).string();
  const fs::path model = small_checkpoint(folder / "short", "dense_autoencoder",
                                          {"--dataset", data, "--window", "24", "--widths", "8,3"});
  const std::string other = "series:" + hours_in(folder, "other.csv", 480, 240).string();
  const auto found = json_of(
      "detect_anomalies", {model, "--dataset", other, "--stride", "24", "--out", folder / "found"});
  // Of 272 steps for training, those of windows that end there; the next begins with step 264.
  expect_contains(found.at("normal_rows").get<std::string>(), {"264 training time steps"});
}

TEST(Series, AThresholdIsAppliedToWindowsOfItsStride) {
  const TemporaryFolder folder;
  const fs::path model = hours_model(folder), limit = folder / "limit.json";
  const std::string other = "series:" + hours_in(folder, "other.csv", 480, 240).string();
  const auto first =
      json_of("detect_anomalies", {model, "--dataset", other, "--stride", "12", "--save-threshold",
                                   limit, "--out", folder / "a"});
  const auto second = json_of("detect_anomalies", {model, "--dataset", other, "--load-threshold",
                                                   limit, "--out", folder / "b"});
  EXPECT_EQ(second.at("stride"), 12);
  EXPECT_EQ(first.at("flagged"), second.at("flagged"));
  const std::vector<std::string> otherwise = {model,       "--dataset", other, "--load-threshold",
                                              limit,       "--stride",  "24",  "--out",
                                              folder / "c"};
  expect_refusal("detect_anomalies", otherwise, 1, {"limit.json", "--stride 12", "found 24"});
  // Files of earlier versions do not say it.
  auto file = nlohmann::json::parse(read_file(limit));
  EXPECT_EQ(file.erase("stride"), 1U);
  testing::write_file(limit, file.dump());
  const auto third = json_of("detect_anomalies", otherwise);
  EXPECT_EQ(third.at("stride"), 24);
  EXPECT_EQ(third.at("threshold"), first.at("threshold"));
}

TEST(Series, ValidationWindowsOfAnotherStrideWereNotTrainedOn) {
  const TemporaryFolder folder;
  const fs::path model = hours_model(folder);
  const std::string same = "series:" + (folder / "normal.csv").string();
  const auto errors_with = [&](const std::string& part) {
    return testing::run("evaluate", {model, "--dataset", same, "--stride", "24", "--validation",
                                     part, "--split", "validation", "--threads", "1"})
        .errors;
  };
  EXPECT_EQ(errors_with("last:0.1"), "");
  expect_contains(errors_with("last:0.3"), {"trained on"});
}

TEST(Series, MediansAreTheSameInWhateverOrderWindowsAreNamed) {
  const TemporaryFolder folder;
  const fs::path model = hours_model(folder);
  const std::string other = "series:" + hours_in(folder, "other.csv", 480, 240).string();
  for (const auto& [rows, name] :
       {std::pair("200-260", "up"), std::pair("231-260,200-230", "mixed")}) {
    run_tool_of("detect_anomalies", {model, "--dataset", other, "--step-average", "median",
                                     "--indices", rows, "--out", folder / name});
  }
  EXPECT_EQ(read_file(folder / "mixed/scores.csv"), read_file(folder / "up/scores.csv"));
}

TEST(Series, ValidationStepsAreJudgedWhereNothingIsSaid) {
  const TemporaryFolder folder;
  const auto found = json_of("detect_anomalies", {hours_model(folder), "--out", folder / "found"});
  EXPECT_EQ(found.at("looked_at"), 48);  // the last tenth
}

TEST(Series, ToolsTakeTheWindowsOfTraining) {
  const TemporaryFolder folder;
  const fs::path model = hours_model(folder);
  const std::string other = "series:" + hours_in(folder, "other.csv", 100, 40).string();
  const auto codes =
      testing::run("encode", {model, "--dataset", other, "--out", folder / "codes.csv"});
  EXPECT_EQ(codes.exit_code, 0) << codes.errors;
  const auto lines = split_text(read_file(folder / "codes.csv"), '\n');
  EXPECT_EQ(lines.size(), 77U + 2);  // 100 − 24 + 1 windows
  const auto inspected = json_of("inspect", {model});
  EXPECT_EQ(inspected.at("data").at("series").at("window"), 24);
  EXPECT_EQ(inspected.at("data").at("series").at("channels")[0], "load");
}

TEST(Series, AreReadByLstmNetworksToo) {
  const TemporaryFolder folder;
  const fs::path file = hours_in(folder, "normal.csv", 200, 10'000);
  small_checkpoint(folder / "lstm", "lstm_autoencoder",
                   {"--dataset", "series:" + file.string(), "--window", "12", "--widths", "4"});
}

TEST(Series, RefusalsAreOneLine) {
  const TemporaryFolder folder;
  const std::string data = "series:" + hours_in(folder, "s.csv", 100, 1000).string();
  const auto random =
      testing::run("dense_autoencoder", {"--dataset", data, "--validation", "split:0.1"});
  EXPECT_EQ(random.exit_code, 2);
  expect_contains(random.errors, {"--validation split:0.1", "last:0.1"});
  const auto column = testing::run("dense_autoencoder", {"--dataset", data + ",lood"});
  EXPECT_EQ(column.exit_code, 1);
  expect_contains(column.errors, {"'lood'", "did you mean 'load'"});
  const auto gaps = testing::run("dense_autoencoder", {"--dataset", data, "--gaps", "guess"});
  EXPECT_EQ(gaps.exit_code, 2);
  expect_contains(gaps.errors, {"--gaps", "fill, mask", "'guess'"});
}

}  // namespace
}  // namespace hourglass::apps
