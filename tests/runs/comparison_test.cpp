#include "hourglass/runs/comparison.h"

#include "hourglass/tests/runs/recorded_runs.h"
#include "hourglass/tests/support/support.h"

namespace hourglass::runs {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;
using testing::write_run;

TEST(RunComparison, ListsOptionsThatDiffer) {
  const TemporaryFolder folder;
  const auto a = write_run(folder / "a", {.options = {{"epochs", 3}, {"widths", {64, 2}}}});
  const auto b =
      write_run(folder / "b", {.options = {{"epochs", 3}, {"widths", {32, 2}}, {"kernel", 5}}});
  const RunComparison found = compare_runs({a, b});
  EXPECT_EQ(found.names, (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(found.options.size(), 2U);
  EXPECT_EQ(found.options[0].option, "kernel");
  EXPECT_EQ(found.options[0].values, (std::vector<std::string>{"", "5"}));
  EXPECT_EQ(found.options[1].option, "widths");
  EXPECT_EQ(found.options[1].values, (std::vector<std::string>{"64,2", "32,2"}));
  EXPECT_TRUE(found.notes.empty());
}

TEST(RunComparison, NotesWhatIsNotOfOneKind) {
  const TemporaryFolder folder;
  const auto a = write_run(folder / "a");
  const auto b = write_run(
      folder / "b",
      {.options = {{"epochs", 3}, {"monitor", "train_loss"}}, .data = "iris", .sha256 = "cd"});
  const auto c = write_run(folder / "c", {.sha256 = "ef"});
  EXPECT_EQ(
      compare_runs({a, b}).notes,
      (std::vector<std::string>{"best values are of different columns: validation_loss, train_loss",
                                "the runs have different data: digits, iris"}));
  expect_contains(compare_runs({a, c}).notes.at(0), {"digits was not the same bytes"});
}

TEST(RunComparison, RefusesWhatIsNoRun) {
  const TemporaryFolder folder;
  const auto run = write_run(folder / "run");
  expect_contains(error_of([&] {
                    compare_runs({run, folder / "absent"});
                  }),
                  {"absent", "run.json", "found none"});
  testing::write_file(run / "run.json", "{");
  expect_contains(error_of([&] { compare_runs({run}); }), {"run.json", "expected JSON"});
}

TEST(ComparedTerms, LeaveOutTheOneTermThatIsTheLoss) {
  const MetricsTable plain{.names = {"epoch", "train_loss", "train_reconstruction"},
                           .columns = {{1, 2}, {0.3, 0.2}, {0.3, 0.2}}};
  const MetricsTable variational{
      .names = {"epoch", "train_loss", "train_reconstruction", "train_kl"},
      .columns = {{1}, {0.3}, {0.2}, {0.1}}};
  EXPECT_TRUE(compared_terms({plain}).empty());
  EXPECT_EQ(compared_terms({plain, variational}),
            (std::vector<std::string>{"reconstruction", "kl"}));
}

}  // namespace
}  // namespace hourglass::runs
