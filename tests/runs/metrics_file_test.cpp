#include "hourglass/runs/metrics_file.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/tests/support/support.h"

namespace hourglass::runs {

using namespace training;

namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

constexpr const char* kHeader =
    "epoch,train_loss,validation_loss,train_reconstruction,validation_reconstruction,"
    "learning_rate,seconds\n";
const std::vector<std::string> kNames = {"loss", "reconstruction"};

MetricsFile metrics_file(const std::filesystem::path& path, int64_t finished) {
  return {path, finished, kNames, /*has_validation=*/true};
}

EpochReport report_of(int64_t epoch) {
  EpochReport report;
  report.epoch = epoch;
  report.training = {{"loss", 1.0 / static_cast<double>(epoch)}, {"reconstruction", 0.5}};
  report.validation = {{"loss", 0.25}, {"reconstruction", 0.125}};
  report.learning_rate = 1e-3;
  report.seconds = 1.23456789;
  return report;
}

void write_epochs(MetricsFile& file, int64_t first, int64_t last) {
  for (int64_t epoch = first; epoch <= last; ++epoch) file.on_epoch_end(report_of(epoch), nullptr);
}

TEST(MetricsFile, HasItsHeaderBeforeTheFirstEpoch) {
  const TemporaryFolder folder;
  const MetricsFile file = metrics_file(folder / "metrics.csv", 0);
  EXPECT_EQ(read_file(folder / "metrics.csv"), kHeader);
}

TEST(MetricsFile, WritesARowAnEpoch) {
  const TemporaryFolder folder;
  MetricsFile file = metrics_file(folder / "metrics.csv", 0);
  write_epochs(file, 1, 2);
  EXPECT_EQ(read_file(folder / "metrics.csv"), std::string(kHeader) +
                                                   "1,1,0.25,0.5,0.125,0.001,1.23457\n"
                                                   "2,0.5,0.25,0.5,0.125,0.001,1.23457\n");
}

TEST(MetricsFile, DropsWhatFollowsTheCheckpoint) {
  const TemporaryFolder folder;
  {
    MetricsFile file = metrics_file(folder / "metrics.csv", 0);
    write_epochs(file, 1, 5);
  }
  const std::string whole = read_file(folder / "metrics.csv");
  testing::write_file(folder / "metrics.csv", whole + "6,0.1,0.");  // killed while writing
  MetricsFile resumed = metrics_file(folder / "metrics.csv", 3);
  write_epochs(resumed, 4, 5);
  EXPECT_EQ(read_file(folder / "metrics.csv"), whole);
}

TEST(MetricsFile, StartsAnewWithoutACheckpoint) {
  const TemporaryFolder folder;
  testing::write_file(folder / "metrics.csv", "epoch,train_loss\n1,0.5\n");
  const MetricsFile file = metrics_file(folder / "metrics.csv", 0);
  EXPECT_EQ(read_file(folder / "metrics.csv"), kHeader);
}

TEST(MetricsFile, RefusesRowsOfOtherColumns) {
  const TemporaryFolder folder;
  testing::write_file(folder / "metrics.csv",
                      "epoch,train_loss,learning_rate,seconds\n1,0.5,1,1\n");
  expect_contains(error_of([&] { metrics_file(folder / "metrics.csv", 1); }),
                  {"metrics.csv", "validation_reconstruction", "'epoch,train_loss,learning_rate"});
}

TEST(MetricsFile, RefusesAFileThatLacksFinishedEpochs) {
  const TemporaryFolder folder;
  testing::write_file(folder / "metrics.csv", std::string(kHeader) + "1,0.5\n2,0.4");
  expect_contains(error_of([&] { metrics_file(folder / "metrics.csv", 2); }),
                  {"metrics.csv", "up to epoch 2", "found 1"});
}

TEST(MetricsFile, RefusesARowThatIsNoneBeforeTheNextEpoch) {
  const TemporaryFolder folder;
  const auto path = testing::write_file(folder / "metrics.csv", std::string(kHeader) +
                                                                    "1,1,0.25,0.5,0.125,0.001,1.2\n"
                                                                    "2,garbled,0.25,0.5\n");
  expect_contains(error_of([&] { metrics_file(path, 2); }),
                  {"metrics.csv: line 3", "expected 7 numbers"});
  EXPECT_NO_THROW(metrics_file(path, 1)) << "it comes behind the checkpoint";
}

TEST(MetricsFile, TellsItsRowsFromOthersButForTheSeconds) {
  const TemporaryFolder folder;
  const auto path = folder / "metrics.csv";
  MetricsFile file = metrics_file(path, 0);
  EXPECT_EQ(file.flush(0), metrics_digest(path, 0));
  write_epochs(file, 1, 2);
  const std::string two = file.flush(2);
  write_epochs(file, 3, 3);
  EXPECT_EQ(metrics_digest(path, 2), two);
  EXPECT_EQ(metrics_digest(path, 3), file.flush(3));
  EXPECT_EQ(file.flush(2), two);
  EXPECT_EQ(metrics_file(path, 2).flush(2), two);

  std::string text = read_file(path);
  testing::write_file(path, text.replace(text.rfind("1.23457"), 7, "9.87654"));
  EXPECT_EQ(metrics_digest(path, 2), two);
  testing::write_file(path, text.replace(text.find("\n1,1,"), 5, "\n1,3,"));
  EXPECT_NE(metrics_digest(path, 2), two);
}

TEST(ReadMetrics, GivesColumnsByName) {
  const TemporaryFolder folder;
  {
    MetricsFile file = metrics_file(folder / "metrics.csv", 0);
    write_epochs(file, 1, 3);
  }
  const MetricsTable table = read_metrics(folder / "metrics.csv");
  EXPECT_EQ(table.column("epoch"), (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(table.column("train_loss"), (std::vector<double>{1, 0.5, 1.0 / 3}));
  EXPECT_FALSE(table.has("train_kl"));
  expect_contains(error_of([&] { table.column("train_kl"); }), {"metrics.csv", "'train_kl'"});
}

}  // namespace
}  // namespace hourglass::runs
