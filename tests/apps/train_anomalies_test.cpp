// `detect_anomalies --train` as its users meet it.

#include "hourglass/cli/program.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/tests/apps/tool_runs.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sys/stat.h>

namespace hourglass::apps {
namespace {

namespace fs = std::filesystem;
using cli::kFailed;
using cli::kWrongUsage;
using testing::expect_contains;
using testing::expect_refusal;
using testing::json_of;
using testing::run_tool_of;
using testing::TemporaryFolder;

/// Four columns of two independent ones each; the last 15 rows break the rule, within its range.
std::string table(bool labelled) {
  std::string text = labelled ? "a,b,c,d,kind\n" : "a,b,c,d\n";
  for (int i = 0; i < 600; ++i) {
    const bool breaks = i >= 585;
    const double x = std::sin(i * 0.37), y = std::cos(i * 1.13);
    text += fmt::format("{:.4f},{:.4f},{:.4f},{:.4f}{}\n", x, y, (breaks ? -1 : 1) * (x + y),
                        (breaks ? -1 : 1) * (x - y),
                        !labelled ? ""
                        : breaks  ? ",bad"
                                  : ",good");
  }
  return text;
}

TEST(TrainAnomalies, FindsRowsThatBreakTheRuleOfTheOthers) {
  const TemporaryFolder folder;
  const auto csv = testing::write_file(folder / "rows.csv", table(/*labelled=*/true));
  const std::string out = (folder / "found").string();
  const auto found = json_of(
      "detect_anomalies", {"--train", "--dataset", "csv:" + csv.string(), "--label-column", "last",
                           "--anomaly-class", "bad", "--members", "2", "--out", out});
  EXPECT_EQ(found["score"], "ensemble");
  EXPECT_EQ(found["looked_at"], 600);
  EXPECT_EQ(found["flagged"], 30) << "the strangest 5 %";
  EXPECT_GT(found["separation"]["auroc"].get<double>(), 0.99);
  for (const char* name : {"scores.csv", "detector.json", "report.html",
                           "members/trimmed-2/best.pt", "members/masked-1/run.json"}) {
    EXPECT_TRUE(fs::exists(fs::path(out) / name)) << name;
  }
  EXPECT_FALSE(fs::exists(fs::path(out) / "members/masked-3"));

  // Later rows are judged as these were.
  const std::string later = (folder / "later").string();
  run_tool_of("detect_anomalies", {out + "/detector.json", "--dataset", "csv:" + csv.string(),
                                   "--anomaly-class", "bad", "--out", later});
  EXPECT_EQ(read_file(later + "/scores.csv"), read_file(out + "/scores.csv"));

  // … and so are rows that arrive one by one.
  const std::string pipe = (folder / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  testing::RunningProgram program("detect_anomalies", {out + "/detector.json", "--follow", pipe});
  std::ofstream(pipe) << table(/*labelled=*/false);
  const auto stream = program.wait();
  EXPECT_EQ(stream.exit_code, 0) << stream.errors;
  EXPECT_EQ(std::count(stream.output.begin(), stream.output.end(), '\n'), 601);
  expect_contains(stream.errors, {"flagged   30\n"});
}

TEST(TrainAnomalies, TakesNoColumnForALabel) {
  const TemporaryFolder folder;
  const auto csv = testing::write_file(folder / "rows.csv", table(/*labelled=*/false));
  const std::string out = (folder / "found").string();
  const auto found =
      json_of("detect_anomalies", {"--train", "--dataset", "csv:" + csv.string(), "--members", "1",
                                   "--threshold", "quantile:0.9", "--out", out});
  EXPECT_EQ(found["flagged"], 60);
  EXPECT_TRUE(found["separation"].is_null());
  const auto record = nlohmann::json::parse(read_file(out + "/members/trimmed-1/run.json"));
  EXPECT_EQ(record["data"]["column_names"].size(), 4U);
  EXPECT_EQ(record["options"]["trim"], 0.3);

  // Nor do those who judge later rows, named or not.
  std::string rows = table(/*labelled=*/false);
  const auto nameless = testing::write_file(folder / "later.csv", rows.substr(rows.find('\n') + 1));
  run_tool_of("detect_anomalies", {out + "/detector.json", "--dataset", "csv:" + nameless.string(),
                                   "--out", (folder / "later").string()});
  EXPECT_EQ(read_file(folder / "later/scores.csv"), read_file(out + "/scores.csv"));
}

TEST(TrainAnomalies, KeepsWhatAnInterruptedCallFinished) {
  const TemporaryFolder folder;
  const auto csv = testing::write_file(folder / "rows.csv", table(/*labelled=*/false));
  const std::vector<std::string> line = {
      "--train", "--dataset", "csv:" + csv.string(),      "--members",
      "1",       "--out",     (folder / "found").string()};
  run_tool_of("detect_anomalies", line);
  const auto scores = read_file(folder / "found/scores.csv");
  // As if it had been killed among its pictures.
  fs::remove(folder / "found/detector.json");
  run_tool_of("detect_anomalies", line);
  EXPECT_EQ(read_file(folder / "found/scores.csv"), scores);
  // As if it had been killed before the second model.
  for (const char* name : {"detector.json", "report.html", "scores.csv", "histogram.png",
                           "worst.png", "causes.csv", "columns.csv"}) {
    fs::remove(folder / "found" / name);
  }
  fs::remove_all(folder / "found/members/masked-1");
  const auto kept = fs::last_write_time(folder / "found/members/trimmed-1/best.pt");
  run_tool_of("detect_anomalies", line);
  EXPECT_EQ(fs::last_write_time(folder / "found/members/trimmed-1/best.pt"), kept);
  EXPECT_EQ(read_file(folder / "found/scores.csv"), scores);

  // Other rows of the same file's name are not judged by models of these.
  for (const char* name : {"detector.json", "report.html", "scores.csv", "histogram.png",
                           "worst.png", "causes.csv", "columns.csv"}) {
    fs::remove(folder / "found" / name);
  }
  testing::write_file(csv, table(/*labelled=*/false) + "0.1,0.2,0.3,0.4\n");
  expect_refusal("detect_anomalies", line, kFailed, {"members", "other --dataset", "--force"});
  auto anew = line;
  anew.emplace_back("--force");
  auto mistyped = anew;
  mistyped[2] = "csv:" + (folder / "absent.csv").string();
  testing::write_file(folder / "found/scores.csv", scores);
  expect_refusal("detect_anomalies", mistyped, kFailed, {"absent.csv"});
  EXPECT_EQ(read_file(folder / "found/scores.csv"), scores);
  run_tool_of("detect_anomalies", anew);
  EXPECT_NE(read_file(folder / "found/scores.csv"), scores);
}

TEST(TrainAnomalies, SaysWhatDoesNotGoTogether) {
  const std::string tool = "detect_anomalies";
  expect_refusal(tool, {"--train"}, kWrongUsage, {"--train", "--dataset"});
  expect_refusal(tool, {"best.pt", "--train", "--dataset", "iris"}, kWrongUsage,
                 {"no checkpoint", "best.pt"});
  expect_refusal(tool, {"--train", "--dataset", "iris", "--score", "elbo"}, kWrongUsage,
                 {"--score", "--train"});
  expect_refusal(tool, {"--train", "--dataset", "iris", "--indices", "0-9"}, kWrongUsage,
                 {"--indices", "--train"});
  const std::pair<std::string, std::string> noisy[] = {
      {"--corruption", "mask:0.1"}, {"--binarize", "once"}, {"--condition", "label"}};
  for (const auto& [option, value] : noisy) {
    expect_refusal(tool, {"--train", "--dataset", "iris", option, value}, kWrongUsage,
                   {option, "--train"});
  }
  expect_refusal(tool, {"--train", "--dataset", "csv:x.csv", "--anomaly-class", "bad"}, kWrongUsage,
                 {"--label-column", "unlabelled"});
  expect_refusal(tool, {}, kWrongUsage, {"expected CKPT", "--train"});
  expect_refusal(tool, {"best.pt", "--members", "3"}, kWrongUsage, {"--members", "--train"});
  expect_refusal(tool, {"detector.json", "--threshold", "mad:3"}, kWrongUsage,
                 {"--threshold", "whose file"});
}

}  // namespace
}  // namespace hourglass::apps
