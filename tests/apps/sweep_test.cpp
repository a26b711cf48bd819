// `sweep` as its users meet it; tests/runs/sweep_test.cpp has what it plans.

#include "hourglass/cli/program.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/figures/picture.h"
#include "hourglass/tests/apps/tool_runs.h"

#include <csignal>

namespace hourglass::apps {

using namespace cli;

namespace {

namespace fs = std::filesystem;
using testing::expect_contains;
using testing::expect_refusal;
using testing::TemporaryFolder;
using Arguments = std::vector<std::string>;

Arguments small_sweep(const fs::path& folder, const Arguments& more = {}) {
  Arguments arguments = {"--recipe",  "digits-2d", "--batch-size", "64",
                         "--threads", "1",         "--out",        folder};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(SweepProgram, RanksAllCombinationsAndKeepsWhatIsFinished) {
  const TemporaryFolder folder;
  const Arguments arguments =
      small_sweep(folder / "s", {"--epochs", "2", "--vary", "learning-rate=1e-5,3e-3",
                                 "--vary=widths=16,2:8,2", "--seeds", "2"});
  const auto first = testing::run("sweep", arguments);
  EXPECT_EQ(first.exit_code, kDone) << first.errors;
  expect_contains(first.errors, {"[1/8] learning-rate=1e-05_widths=16,2_seed=1  best ", " left",
                                 "[8/8] learning-rate=0.003_widths=8,2_seed=2  best "});
  expect_contains(first.output, {"learning-rate", "widths", "train_loss", "±", "finished"});
  const auto lines = split_text(read_file(folder / "s/sweep.csv"), '\n');
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines[0], "learning-rate,widths,mean,spread,seconds,parameters,seed 1,seed 2");
  EXPECT_TRUE(lines[1].starts_with("0.003,"));  // 1e-5 has hardly moved
  EXPECT_TRUE(lines[4].starts_with("1e-05,"));
  EXPECT_EQ(fs::exists(folder / "s/sweep.png"), figures::figures_available());
  const auto written =
      fs::last_write_time(folder / "s/learning-rate=0.003_widths=8,2_seed=2" / "best.pt");
  const auto second = testing::run("sweep", arguments);
  EXPECT_EQ(second.output, first.output);
  expect_contains(second.errors, {"[8/8]", "  kept"});
  EXPECT_EQ(fs::last_write_time(folder / "s/learning-rate=0.003_widths=8,2_seed=2" / "best.pt"),
            written);
  const auto other = small_sweep(folder / "s", {"--epochs", "3", "--seeds", "2"});
  expect_refusal("sweep", other, kFailed, {"holds another sweep", "--epochs", "vary"});
}

TEST(SweepProgram, GoesOnAfterCtrlC) {
  const TemporaryFolder folder;
  const Arguments arguments =
      small_sweep(folder / "s", {"--epochs", "30", "--seeds", "3", "--checkpoint-interval", "0"});
  testing::RunningProgram program("sweep", arguments);
  testing::wait_until([&] { return fs::exists(folder / "s/seed=2/last.safetensors"); });
  program.send(SIGINT);
  const auto stopped = program.wait();
  EXPECT_EQ(stopped.exit_code, kInterrupted);
  expect_contains(stopped.errors, {"the same command goes on"});
  const auto done = testing::run("sweep", arguments);
  EXPECT_EQ(done.exit_code, kDone) << done.errors;
  expect_contains(done.errors, {"[1/3] seed=1", "  kept", "[3/3] seed=3"});
  const auto whole = testing::run(
      "sweep", small_sweep(folder / "w", {"--epochs", "30", "--seeds", "3", "--quiet"}));
  EXPECT_EQ(whole.errors, "");
  const auto means = [&](const char* name) {
    return split_text(split_text(read_file(folder / name / "sweep.csv"), '\n').at(1), ',').at(0);
  };
  EXPECT_EQ(means("s"), means("w"));
}

TEST(SweepProgram, OtherRunsGoOnWhereOneFails) {
  const TemporaryFolder folder;
  // A digit has 64 values.
  const auto result = testing::run(
      "sweep", small_sweep(folder / "s",
                           {"--epochs", "1", "--vary", "item-shape=1,8,8:2,4,8:9,9", "--json"}));
  EXPECT_EQ(result.exit_code, kFailed);
  expect_contains(result.errors,
                  {"[3/3]", "failed: ", "sweep: 1 of 3 runs failed; item-shape=9,9: "});
  const auto results = nlohmann::json::parse(result.output).at("results");
  ASSERT_EQ(results.size(), 3U);
  EXPECT_TRUE(results.at(2).at("mean").is_null());
  EXPECT_EQ(results.at(0).at("runs").at(0).at("state"), "finished");
}

TEST(SweepProgram, SaysWhatIsWrongBeforeTheFirstTraining) {
  const TemporaryFolder folder;
  const auto refused = [&](const Arguments& more, std::initializer_list<std::string> parts) {
    expect_refusal("sweep", small_sweep(folder / "s", more), kWrongUsage, parts);
  };
  refused({"--vary", "lerning-rate=1,2"}, {"--vary lerning-rate", "did you mean 'learning-rate'?"});
  refused({"--vary", "batch=1,2"}, {"unknown option"});
  refused({"--seeds", "2", "--lerning-rate", "1"}, {"did you mean '--learning-rate'?"});
  refused({"--vary", "epochs=1,many"}, {"--epochs", "'many'"});
  refused({"--vary", "batch-size=1,2"}, {"--batch-size", "more than once"});
  refused({"--seeds", "2", "--resume", "x"}, {"--resume: no option of a sweep"});
  refused({}, {"--vary learning-rate=1e-3,3e-3"});
  refused({"--vary"}, {"--vary", "end of the line"});
  expect_refusal("sweep", {"--seeds", "2", "--out", folder / "s"}, kWrongUsage, {"--variant NAME"});
  expect_refusal("sweep", {"--seeds", "2", "--variant", "dense"}, kWrongUsage, {"--out DIR"});
  expect_refusal("sweep", {"--seeds", "2", "--recipe", "digits-3d"}, kWrongUsage,
                 {"digits-3d", "did you mean 'digits-2d'?"});
  EXPECT_FALSE(fs::exists(folder / "s"));
  expect_refusal(
      "sweep",
      {"--variant", "dense", "--dataset", "csv:absent.csv", "--seeds", "2", "--out", folder / "s"},
      kFailed, {"absent.csv"});
  // And leaves the folder for another try.
  EXPECT_FALSE(fs::exists(folder / "s"));
  const auto help = testing::run("sweep", {"--help"});
  expect_contains(help.output, {"--vary OPTION=VALUES", "by colons", "--learning-rate"});
}

}  // namespace
}  // namespace hourglass::apps
