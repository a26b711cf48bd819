#include "hourglass/runs/checkpointer.h"

#include "hourglass/core/files.h"
#include "hourglass/models/tensors.h"
#include "hourglass/runs/run_options.h"
#include "hourglass/runs/state_file.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <memory>
#include <optional>
#include <set>
#include <string>

namespace hourglass::runs {
namespace {

namespace fs = std::filesystem;
using testing::expect_contains;
using testing::TemporaryFolder;
using Names = std::set<std::string>;

/// A run whose every epoch is the best so far, and which writes as its owner says.
class ImprovingRun {
 public:
  explicit ImprovingRun(const TemporaryFolder& folder) : folder_(folder.path()) {}

  /// Starts, or goes on after the state that was written last.
  void start(const CheckpointOptions& options) {
    training::TrainingStatePtr written;
    if (fs::exists(folder_ / "last.safetensors")) {
      written = std::make_shared<training::TrainingState>(load_state(folder_ / "last.safetensors"));
    }
    epoch_ = written ? written->cursor.epoch : 0;
    checkpointer_.emplace(
        folder_, model_, options,
        [](const training::BestEpoch& best) {
          formats::ModelCard card{.variant = "dense", .network = "dense"};
          card.trained = formats::EpochResult{
              .epoch = best.epoch, .training = best.training, .validation = {}};
          return card;
        },
        /*metrics=*/nullptr, written);
  }

  void train(int epochs) {
    for (int i = 0; i < epochs; ++i) {
      ++epoch_;
      auto state = std::make_shared<training::TrainingState>();
      state->cursor = {.epoch = epoch_, .step = epoch_};
      for (const auto& [name, tensor] : models::named_tensors(*model_)) {
        state->engine.model[name] = at::full_like(tensor, static_cast<double>(epoch_));
      }
      const Measurements loss = {{"loss", 1.0 / static_cast<double>(epoch_)}};
      state->best = {epoch_, loss.front().value, loss, {}, state->engine.model};
      checkpointer_->on_epoch_end({.epoch = epoch_, .training = loss, .improved = true}, state);
    }
  }

  void end() { checkpointer_->on_run_end(); }

  const std::string& note() const { return checkpointer_->note(); }

  Names kept() const {
    Names names;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      const std::string name = entry.path().filename();
      if (name.starts_with("best-")) names.insert(name);
    }
    return names;
  }

 private:
  fs::path folder_;
  models::AutoencoderPtr model_ =
      options_of("dense", "").model.build({.input = {4}, .target = {4}}, /*condition_width=*/0);
  std::optional<Checkpointer> checkpointer_;
  int64_t epoch_ = 0;
};

constexpr CheckpointOptions kSeldom = {.interval = 3600, .keep_best = 3};
constexpr CheckpointOptions kAlways = {.interval = 0, .keep_best = 3};

TEST(Checkpointer, KeepsTheLastBestEpochsBetweenTwoCheckpoints) {
  const TemporaryFolder folder;
  ImprovingRun run(folder);
  run.start(kSeldom);
  run.train(5);
  EXPECT_EQ(run.kept(), Names{});
  run.end();
  EXPECT_EQ(run.kept(),
            (Names{"best-epoch3-0.3333.pt", "best-epoch4-0.2500.pt", "best-epoch5-0.2000.pt"}));
}

TEST(Checkpointer, AResumedRunGoesOnWithTheFilesThatAreThere) {
  const TemporaryFolder folder;
  ImprovingRun run(folder);
  run.start(kSeldom);
  run.train(4);
  run.end();
  run.start(kAlways);
  run.train(1);
  EXPECT_EQ(run.kept(),
            (Names{"best-epoch3-0.3333.pt", "best-epoch4-0.2500.pt", "best-epoch5-0.2000.pt"}));
}

TEST(Checkpointer, FilesOfEpochsThatAreTrainedAgainDoNotCount) {
  const TemporaryFolder folder;
  ImprovingRun run(folder);
  run.start(kSeldom);
  run.train(4);
  run.end();
  // Killed after the models of a later checkpoint, before its state.
  testing::write_file(folder / "best-epoch10-0.1000.pt", "of another time");
  run.start(kSeldom);
  EXPECT_EQ(run.kept(),
            (Names{"best-epoch2-0.5000.pt", "best-epoch3-0.3333.pt", "best-epoch4-0.2500.pt"}));
}

TEST(Checkpointer, LeavesFilesAloneWhoseNamesAreMuchLikeItsOwn) {
  const TemporaryFolder folder;
  const Names others = {"best-epoch-notes.txt", "best-epoch1-notes.txt", "best-epoch1-0.5.pt",
                        "best-epoch2-0.5000.txt"};
  for (const auto& name : others) testing::write_file(folder / name, "mine");
  fs::create_directories(folder / "best-epoch99-0.1000.pt/in it");
  ImprovingRun run(folder);
  run.start({.interval = 0, .keep_best = 1});
  run.train(2);
  run.start({.interval = 0, .keep_best = 1});
  run.train(2);
  Names expected = others;
  expected.insert({"best-epoch99-0.1000.pt", "best-epoch4-0.2500.pt"});
  EXPECT_EQ(run.kept(), expected);
}

TEST(Checkpointer, MakesTheBestModelAgainWhereItIsMissingOrDamaged) {
  const TemporaryFolder folder;
  ImprovingRun run(folder);
  run.start(kAlways);
  run.train(3);
  const std::string whole = read_file(folder / "best.pt");

  run.start(kAlways);
  EXPECT_EQ(run.note(), "");
  fs::remove(folder / "best.pt");
  run.start(kAlways);
  expect_contains(run.note(), {"best.pt", "made again from last.safetensors"});
  EXPECT_EQ(read_file(folder / "best.pt"), whole);

  testing::write_file(folder / "best.pt", whole.substr(0, whole.size() / 2));
  run.start(kAlways);
  expect_contains(run.note(), {"best.pt", "made again"});
  EXPECT_EQ(read_file(folder / "best.pt"), whole);

  // As after a kill between the model of a later epoch and its state.
  const std::string state = read_file(folder / "last.safetensors");
  run.train(1);
  testing::write_file(folder / "last.safetensors", state);
  run.start(kAlways);
  EXPECT_EQ(run.note(), "");
  EXPECT_EQ(read_file(folder / "best.pt"), whole);
}

TEST(Checkpointer, KeepsNoneUnlessAsked) {
  const TemporaryFolder folder;
  ImprovingRun run(folder);
  run.start({.interval = 0});
  run.train(2);
  EXPECT_EQ(run.kept(), Names{});
  EXPECT_TRUE(fs::exists(folder / "best.pt"));
}

}  // namespace
}  // namespace hourglass::runs
