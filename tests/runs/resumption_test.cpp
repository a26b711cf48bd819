#include "hourglass/runs/resumption.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/state_file.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <string>

namespace hourglass::runs {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

training::TrainingState state_of_epoch(int64_t epoch) {
  training::TrainingState state;
  state.cursor = {.epoch = epoch, .step = 10 * epoch};
  state.engine.model = {{"weight", at::full({4}, static_cast<double>(epoch))}};
  return state;
}

/// A run of three epochs, each with its checkpoint.
struct ThreeEpochs {
  TemporaryFolder folder;

  ThreeEpochs() {
    MetricsFile metrics(folder / "metrics.csv", 0, {"loss"}, /*has_validation=*/false);
    for (int64_t epoch = 1; epoch <= 3; ++epoch) {
      training::EpochReport report;
      report.epoch = epoch;
      report.training = {{"loss", 0.5}};
      metrics.on_epoch_end(report, nullptr);
      replace_state(folder.path(), state_of_epoch(epoch), metrics.flush(epoch));
    }
  }

  void change(const std::string& name, size_t place, char byte) const {
    std::string bytes = read_file(folder / name);
    bytes.at(place) = byte;
    testing::write_file(folder / name, bytes);
  }

  /// Changes the loss in the row of an epoch.
  void change_row(int64_t epoch) const {
    const std::string text = read_file(folder / "metrics.csv");
    change("metrics.csv", text.find("\n" + std::to_string(epoch) + ",") + 5, '7');
  }

  Resumption find() const { return find_resumption(folder.path()); }
};

TEST(Resumption, IsTheLatestState) {
  const ThreeEpochs run;
  const Resumption found = run.find();
  EXPECT_EQ(found.state->cursor.epoch, 3);
  EXPECT_FALSE(found.is_previous);
  EXPECT_TRUE(found.notes.empty());
  EXPECT_EQ(load_state(run.folder / kPreviousStateFile).cursor.epoch, 2);
}

TEST(Resumption, IsTheStateBeforeWhereTheLatestIsDamagedCutOrMissing) {
  for (const std::string damage : {"flip", "cut", "none"}) {
    const ThreeEpochs run;
    const std::string bytes = read_file(run.folder / kStateFile);
    if (damage == "flip") run.change(kStateFile, bytes.size() - 3, 'x');
    if (damage == "cut") testing::write_file(run.folder / kStateFile, bytes.substr(0, 100));
    if (damage == "none") std::filesystem::remove(run.folder / kStateFile);
    const Resumption found = run.find();
    EXPECT_EQ(found.state->cursor.epoch, 2) << damage;
    EXPECT_TRUE(found.is_previous);
    ASSERT_EQ(found.notes.size(), 1U);
    expect_contains(found.notes[0], {kStateFile, "goes on from the checkpoint before, of epoch 2"});

    go_back_to_previous_state(run.folder.path());
    EXPECT_EQ(run.find().state->cursor.epoch, 2);
    EXPECT_FALSE(run.find().is_previous);
  }
}

TEST(Resumption, IsTheStateBeforeWhereARowOfTheLatestChanged) {
  const ThreeEpochs run;
  run.change_row(3);
  const Resumption found = run.find();
  EXPECT_EQ(found.state->cursor.epoch, 2);
  expect_contains(found.notes.at(0), {"metrics.csv: expected the rows of epochs 1 to 3"});
}

TEST(Resumption, IsNoneWhereEarlierRowsChangedOrAreGone) {
  const ThreeEpochs run;
  run.change_row(1);
  expect_contains(error_of([&] { run.find(); }), {"metrics.csv: expected the rows of epochs 1 to 3",
                                                  "before cannot be used either"});
  std::filesystem::remove(run.folder / "metrics.csv");
  expect_contains(error_of([&] { run.find(); }), {"metrics.csv: cannot open"});
}

TEST(Resumption, IsTheBeginningWhereThereIsNoState) {
  const TemporaryFolder folder;
  const Resumption found = find_resumption(folder.path());
  EXPECT_FALSE(found.state);
  expect_contains(found.notes.at(0), {"the run begins again"});
}

/// Of a version that wrote no digest.
TEST(Resumption, AStateWithoutADigestOfTheRowsIsTaken) {
  const ThreeEpochs run;
  save_state(run.folder / kStateFile, state_of_epoch(3));
  run.change_row(1);
  EXPECT_EQ(run.find().state->cursor.epoch, 3);
}

/// Every place of every file: found, or without a part in what is computed.
TEST(Resumption, NoFlippedBitOfAStateIsTaken) {
  const ThreeEpochs run;
  const std::string whole = read_file(run.folder / kStateFile);
  for (size_t place = 0; place < whole.size(); ++place) {
    std::string bytes = whole;
    bytes[place] = static_cast<char>(bytes[place] ^ (1 << (place % 8)));
    testing::write_file(run.folder / kStateFile, bytes);
    const Resumption found = run.find();
    if (!found.is_previous) {
      // A blank between header and values.
      save_state(run.folder / "again", *found.state,
                 load_saved_state(run.folder / kStateFile).metrics_digest);
      EXPECT_EQ(read_file(run.folder / "again"), whole) << place;
    }
  }
}

}  // namespace
}  // namespace hourglass::runs
