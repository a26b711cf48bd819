#include "hourglass/runs/run_list.h"

#include "hourglass/tests/runs/recorded_runs.h"
#include "hourglass/tests/support/support.h"

namespace hourglass::runs {

using namespace training;

namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;
using testing::write_run;

TEST(RunList, IsSortedByTheBestValueOfTheMonitoredColumn) {
  const TemporaryFolder folder;
  write_run(folder / "a", {.losses = {0.3, 0.2, 0.25}});
  write_run(folder / "deep" / "b", {.losses = {0.3, 0.1, 0.2}});
  write_run(folder / "c", {.losses = {}});
  const auto runs = list_runs(folder.path());
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_EQ(runs[0].folder, folder / "deep" / "b");
  EXPECT_EQ(runs[0].best->value, 0.1);
  EXPECT_EQ(runs[0].best->epoch, 2);
  EXPECT_EQ(runs[1].folder, folder / "a");
  EXPECT_EQ(runs[2].folder, folder / "c");
  EXPECT_FALSE(runs[2].best);
}

TEST(RunList, SaysHowRunsStand) {
  const TemporaryFolder folder;
  const auto state_of = [&](const testing::RecordedRunFiles& run) {
    return list_run(write_run(folder / "run", run)).state_text();
  };
  EXPECT_EQ(state_of({}), "finished");
  EXPECT_EQ(state_of({.losses = {0.3, 0.2}, .end = RunEnd::Stopped}), "stopped after epoch 2 of 3");
  EXPECT_EQ(state_of({.losses = {0.3}, .end = RunEnd::Interrupted}),
            "interrupted after epoch 1 of 3");
  EXPECT_EQ(state_of({.losses = {}, .end = RunEnd::NotFinite}), "not finite after epoch 0 of 3");
  EXPECT_EQ(state_of({.losses = {0.3, 0.2}, .end = {}}), "running? after epoch 2 of 3");
}

TEST(RunList, TellsARunAtWorkFromOneThatWasKilledByItsLastRow) {
  const TemporaryFolder folder;
  write_run(folder / "run", {.losses = {0.3}, .end = {}});
  EXPECT_EQ(list_run(folder / "run").state, RunState::Running);
  testing::make_old(folder / "run");
  EXPECT_EQ(list_run(folder / "run").state, RunState::NoResults);
}

TEST(RunList, ARunThatGoesOnHasMoreRowsThanItsResultsCount) {
  const TemporaryFolder folder;
  const auto run = write_run(folder / "run", {.losses = {0.3}, .end = RunEnd::Interrupted});
  testing::write_file(run / "metrics.csv",
                      read_file(run / "metrics.csv") + "2,0.2,0.2,0.001,0.5\n");
  EXPECT_EQ(list_run(run).state, RunState::Running);
}

TEST(RunList, AFinishedRunThatIsToTakeMoreEpochsIsNotFinished) {
  const TemporaryFolder folder;
  const auto run = write_run(folder / "run", {.options = {{"epochs", 5}}});
  EXPECT_EQ(list_run(run).state, RunState::Running);
  testing::make_old(run);
  EXPECT_EQ(list_run(run).state, RunState::NoResults);
}

/// Of several phases the losses do not compare.
TEST(RunList, TheBestEpochIsTheOneWhoseModelWasKept) {
  const TemporaryFolder folder;
  const auto run = list_run(write_run(folder / "run", {.best_epoch = 3}));
  EXPECT_EQ(run.best->epoch, 3);
  EXPECT_EQ(run.best->value, 0.2);
}

TEST(RunList, ListsDamagedRunsWithTheReason) {
  const TemporaryFolder folder;
  write_run(folder / "a");
  testing::write_file(write_run(folder / "b") / "run.json", "{");
  fs::remove(write_run(folder / "c") / "metrics.csv");
  const auto runs = list_runs(folder.path());
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_EQ(runs[0].state, RunState::Finished);
  expect_contains(runs[1].state_text(), {"damaged: ", "b/run.json"});
  expect_contains(runs[2].state_text(), {"damaged: ", "c/metrics.csv"});
}

TEST(RunList, RefusesAFolderWithoutRuns) {
  const TemporaryFolder folder;
  expect_contains(error_of([&] { list_runs(folder.path()); }), {"found no run.json"});
  expect_contains(error_of([&] { list_runs(folder / "absent"); }),
                  {"absent", "No such file or directory"});
}

TEST(MonitoredColumn, IsTheOneAskedForOrTheLossThatJudges) {
  RunRecord record;
  record.data.validation_rows = 10;
  EXPECT_EQ(monitored_column(record), "validation_loss");
  record.data.validation_rows = 0;
  EXPECT_EQ(monitored_column(record), "train_loss");
  record.options = formats::RecordedOptions(nlohmann::json{{"monitor", "train_kl"}});
  EXPECT_EQ(monitored_column(record), "train_kl");
}

TEST(BestValue, PassesOverWhatIsNoNumber) {
  const MetricsTable metrics{.names = {"epoch", "train_loss"},
                             .columns = {{1, 2, 3}, {NAN, 0.5, 0.5}}};
  EXPECT_EQ(best_value(metrics, "train_loss")->epoch, 2);
  EXPECT_FALSE(
      best_value({.names = {"epoch", "train_loss"}, .columns = {{1}, {NAN}}}, "train_loss"));
}

TEST(BestValue, IsTheHighestWhereMoreIsBetter) {
  const MetricsTable metrics{.names = {"epoch", "validation_accuracy"},
                             .columns = {{1, 2, 3}, {0.5, 0.75, 0.25}}};
  const auto best = best_value(metrics, "validation_accuracy");
  EXPECT_EQ(best->epoch, 2);
  EXPECT_EQ(best->value, 0.75);
}

TEST(RunList, SortsByTheHighestWhereMoreIsBetter) {
  const TemporaryFolder folder;
  const nlohmann::json options = {{"epochs", 2}, {"monitor", "validation_accuracy"}};
  const auto write = [&](const char* name, const std::vector<double>& accuracies) {
    write_run(folder / name, {.options = options, .losses = accuracies, .column = "accuracy"});
  };
  write("a", {0.25, 0.5});
  write("b", {0.75, 0.125});
  const auto runs = list_runs(folder.path());
  EXPECT_EQ(runs[0].folder, folder / "b");
  EXPECT_EQ(runs[0].best->value, 0.75);
  EXPECT_EQ(runs[1].best->value, 0.5);
}

TEST(ShortNames, ArePathsWhereTwoFoldersAreCalledAlike) {
  EXPECT_EQ(short_names({"runs/a", "runs/b/"}), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(short_names({"x/a", "y/a"}), (std::vector<std::string>{"x/a", "y/a"}));
}

TEST(ReadMetrics, PassesOverARowThatIsBeingWritten) {
  const TemporaryFolder folder;
  const auto run = write_run(folder / "run", {.losses = {0.3}});
  testing::write_file(run / "metrics.csv", read_file(run / "metrics.csv") + "2,0.2,0.");
  EXPECT_EQ(read_metrics(run / "metrics.csv").column("epoch"), std::vector<double>{1});
}

}  // namespace
}  // namespace hourglass::runs
