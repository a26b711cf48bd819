// The trainers as their users meet them: files of a run, interruptions and going on.

#include "hourglass/cli/program.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/formats/npy.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/state_file.h"
#include "hourglass/tests/cli/trainer_runs.h"

#include <ATen/ATen.h>

#include <csignal>
#include <limits>

namespace hourglass::cli {

using namespace training;
using namespace runs;
using namespace evaluation;

namespace {

TEST(TrainerProgram, LeavesARunsFiles) {
  const TemporaryFolder folder;
  const auto result = train(small_run(folder / "run", {"--checkpoint-interval", "0"}));
  EXPECT_EQ(result.exit_code, kDone) << result.errors;
  EXPECT_EQ(result.errors, "");
  expect_contains(result.output,
                  {"encoder.dense1", "1,797 training", "run/best.pt", "run/metrics.csv"});

  const auto record = read_json(folder / "run/run.json");
  EXPECT_EQ(record.at("variant"), "dense");
  EXPECT_EQ(record.at("recipe"), "digits-2d");
  EXPECT_EQ(record.at("options").at("epochs"), 6);
  EXPECT_EQ(record.at("options").at("threads"), "1");
  EXPECT_EQ(record.at("data").at("training_rows"), 1797);
  EXPECT_EQ(record.at("results").at("epochs"), 6);

  const MetricsTable metrics = read_metrics(folder / "run/metrics.csv");
  EXPECT_EQ(metrics.column("epoch").size(), 6U);
  const auto model = ExportedModel::load(folder / "run/best.pt");
  const auto& losses = metrics.column("train_loss");
  ASSERT_TRUE(model.card() && model.card()->trained);
  EXPECT_EQ(value_of(model.card()->trained->training, "loss"),
            *std::min_element(losses.begin(), losses.end()));
  EXPECT_EQ(model.card()->code_shape, (Shape{2}));
  EXPECT_EQ(model.card()->network, "dense");

  for (const auto& entry : fs::directory_iterator(folder / "run")) {
    const std::string name = entry.path().filename();
    EXPECT_EQ(name.find("tmp"), std::string::npos) << name;
  }
}

/// The epochs whose models are kept beside best.pt.
std::vector<int64_t> kept_epochs(const fs::path& folder) {
  std::vector<int64_t> epochs;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("best-epoch")) {
      epochs.push_back(ExportedModel::load(entry.path()).card()->trained->epoch);
    }
  }
  std::sort(epochs.begin(), epochs.end());
  return epochs;
}

/// The last `count` epochs that were better than all before them.
std::vector<int64_t> last_best_epochs(const fs::path& folder, size_t count) {
  std::vector<int64_t> epochs;
  double best = std::numeric_limits<double>::infinity();
  const MetricsTable metrics = read_metrics(folder / "metrics.csv");
  const auto& losses = metrics.column("train_loss");
  for (size_t i = 0; i < losses.size(); ++i) {
    if (losses[i] >= best) continue;
    best = losses[i];
    epochs.push_back(static_cast<int64_t>(i) + 1);
  }
  if (epochs.size() > count) epochs.erase(epochs.begin(), epochs.end() - static_cast<int>(count));
  return epochs;
}

TEST(TrainerProgram, KeepsTheLastBestEpochsWhateverTheIntervalOfCheckpoints) {
  const TemporaryFolder folder;
  train(small_run(folder / "short", {"--keep-best", "3"}));
  EXPECT_EQ(kept_epochs(folder / "short"), last_best_epochs(folder / "short", 3));
  EXPECT_EQ(kept_epochs(folder / "short").size(), 3U);
  train(small_run(folder / "often", {"--keep-best", "3", "--checkpoint-interval", "0"}));
  EXPECT_EQ(kept_epochs(folder / "often"), kept_epochs(folder / "short"));

  // A run that goes on remembers its promise.
  train(small_run(folder / "half", {"--keep-best", "3", "--stop-after", "2"}));
  EXPECT_EQ(kept_epochs(folder / "half"), (std::vector<int64_t>{1, 2}));
  train({"--resume", folder / "half", "--no-figures"});
  EXPECT_EQ(kept_epochs(folder / "half"), kept_epochs(folder / "short"));
}

TEST(TrainerProgram, RunsRepeatToTheBit) {
  const TemporaryFolder folder;
  train(small_run(folder / "a"));
  train(small_run(folder / "b"));
  expect_same_run(folder / "a", folder / "b");
}

TEST(TrainerProgram, StoppedAndResumedRunEqualsAnUninterruptedOne) {
  const TemporaryFolder folder;
  const Arguments schedule = {"--schedule", "cosine", "--warmup", "2", "--validation", "split:0.2"};
  train(small_run(folder / "whole", schedule));
  Arguments first_half = schedule;
  first_half.insert(first_half.end(), {"--stop-after", "3"});
  train(small_run(folder / "half", first_half));
  EXPECT_EQ(read_metrics(folder / "half/metrics.csv").column("epoch").size(), 3U);
  const auto resumed = train({"--resume", folder / "half", "--no-figures"});
  EXPECT_EQ(resumed.exit_code, kDone) << resumed.errors;
  expect_same_run(folder / "half", folder / "whole");
}

TEST(TrainerProgram, KilledAtAnyMomentAndResumedRunEqualsAnUninterruptedOne) {
  const TemporaryFolder folder;
  Arguments arguments = small_run(folder / "whole");
  arguments[3] = "40";
  train(arguments);
  // The first two between epochs, the others in the middle of one too.
  arguments = small_run(folder / "killed", {"--checkpoint-interval", "0"});
  arguments[3] = "40";
  Arguments next = arguments;
  // Each kill comes a little later in the epoch than the one before.
  for (int kill = 0; kill < 4; ++kill) {
    RunningProgram program("dense_autoencoder", next);
    const auto epochs = [&] {
      return fs::exists(folder / "killed/metrics.csv")
                 ? std::ssize(split_text(read_file(folder / "killed/metrics.csv"), '\n'))
                 : 0;
    };
    wait_until([&] { return epochs() > int64_t{6} * (kill + 1) || !program.running(); });
    ::usleep(static_cast<useconds_t>(1500 * kill));
    program.send(SIGKILL);
    EXPECT_EQ(program.wait().exit_code, 128 + SIGKILL);
    next = {"--resume", folder / "killed", "--checkpoint-interval", kill < 1 ? "0" : "0.002",
            "--no-figures"};
  }
  EXPECT_EQ(train(next).exit_code, kDone);
  expect_same_run(folder / "killed", folder / "whole");
}

/// Three optimizers and a critic come back as they were.
TEST(TrainerProgram, AnAdversarialRunThatWasKilledEndsWithTheSameBits) {
  const TemporaryFolder folder;
  const Arguments options = {
      "--epochs", "60", "--threads", "1", "--no-figures", "--checkpoint-interval", "0"};
  const auto run_into = [&](const char* name) {
    Arguments arguments = options;
    arguments.insert(arguments.end(), {"--out", folder / name});
    return arguments;
  };
  testing::run("adversarial_autoencoder", run_into("whole"));
  RunningProgram program("adversarial_autoencoder", run_into("killed"));
  wait_until([&] { return fs::exists(folder / "killed" / kState) || !program.running(); });
  program.send(SIGKILL);
  EXPECT_EQ(program.wait().exit_code, 128 + SIGKILL);
  const auto state = load_state(folder / "killed" / kState);
  ASSERT_EQ(state.engine.optimizers.size(), 3U);
  EXPECT_LT(state.cursor.epoch, 60);
  testing::run("adversarial_autoencoder", {"--resume", folder / "killed", "--no-figures"});
  expect_same_run(folder / "killed", folder / "whole");
}

TEST(TrainerProgram, SaysWhichVersionGoesOnWithARunOfVersion01) {
  const TemporaryFolder folder;
  train(small_run(folder / "run"));
  auto record = read_json(folder / "run/run.json");
  record["format"] = 1;
  record.erase("sha256");
  testing::write_file(folder / "run/run.json", record.dump());
  expect_error(train({"--resume", folder / "run"}), kFailed, {"format 1", "Hourglass 0.1"});
}

TEST(TrainerProgram, KilledBeforeItsFirstCheckpointItStartsAgain) {
  const TemporaryFolder folder;
  train(small_run(folder / "whole"));
  {
    Arguments arguments = small_run(folder / "killed", {"--checkpoint-interval", "3600"});
    RunningProgram program("dense_autoencoder", arguments);
    wait_until([&] { return fs::exists(folder / "killed/metrics.csv") || !program.running(); });
    program.send(SIGKILL);
    program.wait();
  }
  EXPECT_FALSE(fs::exists(folder / "killed" / kState));
  EXPECT_EQ(train({"--resume", folder / "killed", "--no-figures"}).exit_code, kDone);
  expect_same_run(folder / "killed", folder / "whole");
}

TEST(TrainerProgram, CtrlCLeavesAResumableRunAndSaysHow) {
  const TemporaryFolder folder;
  Arguments arguments = small_run(folder / "run");
  arguments[3] = "100000";
  RunningProgram program("dense_autoencoder", arguments);
  wait_until([&] {
    return (fs::exists(folder / "run/metrics.csv") &&
            fs::file_size(folder / "run/metrics.csv") > 200) ||
           !program.running();
  });
  program.send(SIGINT);
  const auto result = program.wait();
  expect_error(result, kInterrupted, {"interrupted after ", "dense_autoencoder --resume"});
  const auto state = load_state(folder / "run" / kState);
  EXPECT_EQ(read_metrics(folder / "run/metrics.csv").column("epoch").back(), state.cursor.epoch);
  EXPECT_TRUE(fs::exists(folder / "run/best.pt"));

  const auto more = std::to_string(state.cursor.epoch + 2);
  EXPECT_EQ(train({"--resume", folder / "run", "--epochs", more, "--no-figures"}).exit_code, kDone);
  EXPECT_EQ(load_state(folder / "run" / kState).cursor.epoch, state.cursor.epoch + 2);
}

TEST(TrainerProgram, ReportsALossThatIsNotFinite) {
  const TemporaryFolder folder;
  const auto result = train(small_run(folder / "run", {"--optimizer", "sgd", "--learning-rate",
                                                       "1e30", "--output-activation", "linear"}));
  expect_error(result, kFailed, {"epoch 1, step ", "not finite", "--learning-rate"});
}

TEST(TrainerProgram, RefusesToOverwriteARunOrToChangeAResumedOne) {
  const TemporaryFolder folder;
  train(small_run(folder / "run"));
  expect_error(train(small_run(folder / "run")), kFailed, {"holds a run", "--resume"});
  expect_error(train({"--resume", folder / "run", "--learning-rate", "1"}), kWrongUsage,
               {"--learning-rate", "resumed"});
}

TEST(TrainerProgram, SavesPartsThatLoadAgain) {
  const TemporaryFolder folder;
  train(small_run(folder / "run", {"--save-parts", "encoder,decoder,weights,architecture"}));
  const at::Tensor x = at::rand({3, 1, 8, 8});
  auto whole = ExportedModel::load(folder / "run/best.pt");
  auto encoder = ExportedModel::load(folder / "run/encoder.pt");
  auto decoder = ExportedModel::load(folder / "run/decoder.pt");
  EXPECT_TRUE(
      at::allclose(decoder.reconstruct(encoder.reconstruct(x)), whole.reconstruct(x), 0, 1e-6));
  ASSERT_TRUE(whole.card()->trained);
  for (const ExportedModel& part : {encoder, decoder}) {
    ASSERT_TRUE(part.card()->trained);
    EXPECT_EQ(part.card()->trained->epoch, whole.card()->trained->epoch);
  }

  // Architecture and weights together are the model again; a learning rate of almost nothing leaves
  // it so.
  const auto result =
      train(small_run(folder / "again", {"--architecture", folder / "run/architecture.json",
                                         "--init-from", folder / "run/weights.pt",
                                         "--learning-rate", "1e-12", "--dataset", "digits"}));
  EXPECT_EQ(result.exit_code, kDone) << result.errors;
  EXPECT_TRUE(at::allclose(ExportedModel::load(folder / "again/best.pt").reconstruct(x),
                           whole.reconstruct(x), 0, 1e-6));
}

TEST(Trainer, DrawsWhatItCanOfItemsOfManyChannels) {
  const TemporaryFolder folder;
  formats::write_npy(folder / "x.npy", at::rand({20, 5, 8, 8}));
  const auto result = train({"--dataset", "npy:" + (folder / "x.npy").string(), "--widths", "4,2",
                             "--epochs", "1", "--threads", "1", "--out", folder / "run"});
  EXPECT_EQ(result.exit_code, kDone) << result.errors;
}

TEST(Trainer, RefusesCountsWhoseProductsOverflow) {
  for (const std::string option : {"--epochs", "--steps-per-epoch", "--batch-size", "--threads"}) {
    expect_error(train({option, "9223372036854775807", "--out", "never"}), kWrongUsage, {option});
  }
}

}  // namespace
}  // namespace hourglass::cli
