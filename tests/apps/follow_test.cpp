// `detect_anomalies --follow` as its users meet it.

#include "hourglass/cli/program.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/tests/apps/tool_runs.h"

#include <fmt/format.h>

#include <csignal>
#include <fstream>
#include <random>
#include <sys/stat.h>

namespace hourglass::apps {

using namespace cli;

namespace {

namespace fs = std::filesystem;
using testing::expect_contains;
using testing::expect_refusal;
using testing::json_of;
using testing::RunningProgram;
using testing::TemporaryFolder;
using testing::wait_until;

const std::string kTool = "detect_anomalies";

/// Rows of three columns, of which the third is the sum of the others but in every `strange`-th.
std::string table_rows(int count, int seed, int strange = 0) {
  std::mt19937 engine(static_cast<std::mt19937::result_type>(seed));
  std::string text;
  for (int i = 0; i < count; ++i) {
    const double a = static_cast<double>(engine() % 1000) / 1000;
    const double b = static_cast<double>(engine() % 1000) / 1000;
    const bool odd = strange > 0 && i % strange == strange - 1;
    text += fmt::format("{:.3f},{:.3f},{:.3f}\n", a, b, odd ? 5.0 : a + b);
  }
  return text;
}

/// A model of such rows, and its threshold.
class Follow : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    trained = new TemporaryFolder;
    const auto train = testing::write_file(*trained / "train.csv", "a,b,c\n" + table_rows(400, 1));
    const auto model = testing::small_checkpoint(
        *trained / "run", "dense_autoencoder",
        {"--dataset", "csv:" + train.string(), "--label-column", "none", "--widths", "2", "--loss",
         "mse", "--output-activation", "linear", "--validation", "none", "--epochs", "40"});
    json_of(kTool, {model, "--save-threshold", limit(), "--out", *trained / "fitted"});
  }
  static void TearDownTestSuite() { delete trained; }

  static std::string model() { return *trained / "run/best.pt"; }
  static std::string limit() { return *trained / "limit.json"; }

  std::string path(const std::string& name) const { return own_ / name; }

  std::vector<std::string> follow(const std::string& source,
                                  const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {model(), "--load-threshold", limit(), "--follow", source};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  /// Writes all of a FIFO's input; the tool has to end by itself.
  testing::ProgramResult run_on_pipe(const std::string& input,
                                     const std::vector<std::string>& more = {}) const {
    const fs::path pipe = own_ / "pipe";
    fs::remove(pipe);
    EXPECT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    RunningProgram program(kTool, follow(pipe, more));
    std::ofstream(pipe) << input;
    return program.wait();
  }

  void append(const std::string& name, const std::string& text) const {
    std::ofstream(own_ / name, std::ios::app) << text;
  }

  std::string text_of(const std::string& name) const {
    return fs::exists(own_ / name) ? read_file(own_ / name) : "";
  }

  /// Stops it as a service manager does.
  static testing::ProgramResult terminate(RunningProgram& program) {
    program.send(SIGTERM);
    return program.wait();
  }

  TemporaryFolder own_;

 private:
  inline static TemporaryFolder* trained = nullptr;
};

int64_t lines_in(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

TEST_F(Follow, PipeGetsTheScoresThatTheFileGets) {
  const std::string rows = table_rows(300, 2, 50);
  testing::write_file(path("new.csv"), "a,b,c\n" + rows);
  json_of(kTool, {model(), "--load-threshold", limit(), "--dataset", "csv:" + path("new.csv"),
                  "--label-column", "none", "--out", path("found")});
  const auto result = run_on_pipe("a,b,c\n" + rows);
  EXPECT_EQ(result.exit_code, kDone) << result.errors;
  expect_contains(result.errors, {"rows      300, 0 skipped", "flagged   ", "(fixed)"});
  const auto streamed = split_text(result.output, '\n');
  const auto whole = split_text(text_of("found/scores.csv"), '\n');
  ASSERT_EQ(streamed.size(), whole.size());
  EXPECT_EQ(streamed.front(), "row,score,threshold,flag");
  int64_t flagged = 0;
  for (size_t i = 1; i + 1 < whole.size(); ++i) {
    const auto ours = split_text(streamed[i], ','), theirs = split_text(whole[i], ',');
    EXPECT_EQ(ours.at(0), theirs.at(0));
    const double score = *parse_double(theirs.at(2));
    EXPECT_NEAR(*parse_double(ours.at(1)), score, 1e-6 * (1 + score));
    EXPECT_EQ(ours.at(3), theirs.at(3));
    flagged += ours.at(3) == "1";
  }
  EXPECT_GE(flagged, 6);
}

TEST_F(Follow, ColumnsGoByNameAndLinesMayBeJson) {
  const auto csv = run_on_pipe("a,b,c\n0.1,0.2,0.3\n0.5,0.25,9\n");
  for (const char* input :
       {"c,x,b,a\n0.3,7,0.2,0.1\n9,7,0.25,0.5\n", "[0.1,0.2,0.3]\n[0.5,0.25,9]\n",
        "{\"c\":0.3,\"b\":0.2,\"a\":0.1}\n{\"a\":0.5,\"b\":0.25,\"c\":9}"}) {
    EXPECT_EQ(run_on_pipe(input).output, csv.output) << input;
  }
  const auto json = run_on_pipe("0.1,0.2,0.3\n0.5,0.25,9\n", {"--json"});
  const auto lines = split_text(json.output, '\n');
  ASSERT_EQ(lines.size(), 3U);
  const auto second = nlohmann::json::parse(lines[1]);
  EXPECT_EQ(second.at("row"), 1);
  EXPECT_EQ(second.at("flag"), true);
  EXPECT_GT(second.at("score"), second.at("threshold"));
  EXPECT_EQ(lines_in(csv.output), 3);
}

TEST_F(Follow, BrokenLinesAreToldSkippedAndCounted) {
  const auto result = run_on_pipe(
      "a,b,c\n0.1,0.2,0.3\nhello\n0.1,,0.3\n\n0.1,0.2\na,b,c\n0.2,0.2,0.4\n\xFF\x01\n0.1,0.2,0.3");
  EXPECT_EQ(result.exit_code, kDone);
  expect_contains(result.errors, {"line 3: skipped: expected 3 cells",
                                  "line 4: skipped: column 'b'", "an empty cell", "line 6: skipped",
                                  "line 7: a header", "line 9: skipped", "rows      7, 4 skipped"});
  // Rows keep their numbers.
  const auto lines = split_text(result.output, '\n');
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_TRUE(lines[1].starts_with("0,"));
  EXPECT_TRUE(lines[2].starts_with("4,"));
  EXPECT_TRUE(lines[3].starts_with("6,"));
}

TEST_F(Follow, GrowingFileGetsALineForEachRowAtOnceAndGoesOnAfterASignal) {
  testing::write_file(path("rows.csv"), "a,b,c\n0.1,0.2,0.3\n");
  const auto arguments =
      follow(path("rows.csv"), {"--out", path("alerts.csv"), "--state", path("state.json")});
  {
    RunningProgram program(kTool, arguments);
    wait_until([&] { return lines_in(text_of("alerts.csv")) == 2; });
    append("rows.csv", "0.2,0.2,0.");
    append("rows.csv", "4\n");
    wait_until([&] { return lines_in(text_of("alerts.csv")) == 3; });
    const auto result = terminate(program);
    EXPECT_EQ(result.exit_code, kInterrupted);
    expect_contains(result.errors, {"rows      2, 0 skipped"});
  }
  append("rows.csv", "0.2,0.2,7\n");
  RunningProgram program(kTool, arguments);
  wait_until([&] { return lines_in(text_of("alerts.csv")) == 4; });
  const auto result = terminate(program);
  expect_contains(result.errors,
                  {"goes on behind 2 rows", "rows      3, 0 skipped", "flagged   1"});
  const auto lines = split_text(text_of("alerts.csv"), '\n');
  EXPECT_TRUE(lines[3].starts_with("2,") && lines[3].ends_with(",1")) << lines[3];
}

TEST_F(Follow, KilledAgainAndAgainItLosesAndRepeatsNothing) {
  const std::string rows = "a,b,c\n" + table_rows(6000, 3, 100);
  testing::write_file(path("whole.csv"), rows);
  const std::vector<std::string> adapt = {"--adapt", "dspot:0.001,10", "--calibrate", "600"};
  const auto outputs = [&](const std::string& name, const std::string& source) {
    auto arguments = follow(path(source), {"--out", path(name + ".csv"), "--state",
                                           path(name + ".json"), "--state-every", "100"});
    arguments.insert(arguments.end(), adapt.begin(), adapt.end());
    return arguments;
  };
  {
    RunningProgram program(kTool, outputs("expected", "whole.csv"));
    wait_until([&] { return lines_in(text_of("expected.csv")) == 6001; });
    terminate(program);
  }
  // The file grows while the tool is killed at any moment.
  std::mt19937 engine(4);
  size_t written = 0;
  testing::write_file(path("rows.csv"), "");
  for (int kill = 0; kill < 5; ++kill) {
    const size_t more = rows.size() / 6 + engine() % 100;
    append("rows.csv", rows.substr(written, more));
    written += more;
    const auto before = text_of("found.csv").size();
    RunningProgram program(kTool, outputs("found", "rows.csv"));
    wait_until([&] { return text_of("found.csv").size() > before + engine() % 20'000; });
    program.send(SIGKILL);
    program.wait();
  }
  append("rows.csv", rows.substr(written));
  RunningProgram program(kTool, outputs("found", "rows.csv"));
  wait_until([&] { return lines_in(text_of("found.csv")) >= 6001; });
  terminate(program);
  EXPECT_EQ(text_of("found.csv"), text_of("expected.csv"));
  const auto alerts = split_text(text_of("found.csv"), '\n');
  EXPECT_GE(std::count_if(alerts.begin(), alerts.end(),
                          [](const std::string& line) { return line.ends_with(",1"); }),
            55);
}

TEST_F(Follow, GoesOverToTheNextFileOfARotation) {
  testing::write_file(path("rows.csv"), "a,b,c\n0.1,0.2,0.3\n");
  RunningProgram program(kTool, follow(path("rows.csv"), {"--out", path("alerts.csv")}));
  wait_until([&] { return lines_in(text_of("alerts.csv")) == 2; });
  fs::rename(path("rows.csv"), path("rows.csv.1"));
  testing::write_file(path("rows.csv"), "c,b,a\n0.3,0.2,0.1\n");
  wait_until([&] { return lines_in(text_of("alerts.csv")) == 3; });
  const auto result = terminate(program);
  expect_contains(result.errors, {"was replaced or cut short"});
  const auto lines = split_text(text_of("alerts.csv"), '\n');
  EXPECT_EQ(lines[2], "1" + lines[1].substr(1));
}

TEST_F(Follow, TellsWhatTheClockDoes) {
  std::string rows = "when,a,b,c\n";
  for (int i = 0; i < 15; ++i) rows += fmt::format("2024-05-01 12:00:{:02},0.1,0.2,0.3\n", i);
  rows += "2024-05-01 11:00:00,0.1,0.2,0.3\n2024-05-01 18:00:00,0.1,0.2,0.3\n";
  const auto result = run_on_pipe(rows, {"--time-column", "when"});
  expect_contains(result.errors, {"line 17: the clock goes back", "line 18: the clock jumps",
                                  "rows      17, 0 skipped"});
  const auto lines = split_text(result.output, '\n');
  EXPECT_EQ(lines.front(), "row,time,score,threshold,flag");
  EXPECT_TRUE(lines[1].starts_with("0,2024-05-01 12:00:00,"));
}

TEST_F(Follow, RefusesWhatCannotBeRight) {
  const auto refused = [&](const std::vector<std::string>& more, int code,
                           std::initializer_list<std::string> parts) {
    auto arguments = follow(path("rows.csv"), more);
    expect_refusal(kTool, arguments, code, parts);
  };
  expect_refusal(kTool, {model(), "--follow", "-"}, kWrongUsage, {"--load-threshold"});
  expect_refusal(kTool, {model(), "--adapt", "spot"}, kWrongUsage, {"--adapt", "--follow"});
  refused({"--dataset", "digits"}, kWrongUsage, {"--dataset", "--follow"});
  refused({"--adapt", "spot:2"}, kWrongUsage, {"--adapt", "dspot:Q,D", "spot:2"});
  refused({"--calibrate", "100"}, kWrongUsage, {"--calibrate", "500"});
  refused({"--calibrate", "600"}, kWrongUsage, {"--calibrate", "--adapt spot"});
  refused({"--state-every", "5"}, kWrongUsage, {"--state-every", "--state"});
  refused({"--untrusted"}, kFailed, {"--untrusted", "safetensors"});
  refused({}, kFailed, {"rows.csv", "cannot open"});
  testing::write_file(path("rows.csv"), "a,b,d\n1,2,3\n");
  refused({}, kFailed, {"rows.csv: line 1", "one column 'c'", "a, b, d"});
  testing::write_file(path("rows.csv"), "a,b,c\n");
  testing::write_file(path("alerts.csv"), "mine\n");
  refused({"--out", path("alerts.csv")}, kFailed, {"alerts.csv", "--force"});
  testing::write_file(path("state.json"), "{}");
  refused({"--state", path("state.json")}, kFailed, {"state.json", "'format'"});
}

TEST_F(Follow, StateIsOfOneStream) {
  testing::write_file(path("rows.csv"), "a,b,c\n0.1,0.2,0.3\n");
  const std::vector<std::string> kept = {"--state", path("state.json"), "--out", path("out.csv")};
  {
    RunningProgram program(kTool, follow(path("rows.csv"), kept));
    wait_until([&] { return text_of("state.json").find("\"rows\": 1") != std::string::npos; });
    terminate(program);
  }
  auto adapting = kept;
  adapting.insert(adapting.end(), {"--adapt", "spot"});
  expect_refusal(kTool, follow(path("rows.csv"), adapting), kFailed, {"'rule'", "--adapt"});
  auto json = kept;
  json.emplace_back("--json");
  expect_refusal(kTool, follow(path("rows.csv"), json), kFailed, {"'json'", "--json"});
  expect_refusal(kTool, follow("/dev/null", kept), kFailed, {"'file'", "pipe"});
  testing::write_file(path("out.csv"), "");
  auto quiet = kept;
  quiet.emplace_back("--quiet");
  expect_refusal(kTool, follow(path("rows.csv"), quiet), kFailed, {"out.csv", "at least"});
}

}  // namespace
}  // namespace hourglass::apps
