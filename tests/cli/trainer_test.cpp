// The trainers as their users meet them: flags, files, exit codes, interruptions.

#include "hourglass/cli/program.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/state_file.h"
#include "hourglass/tests/support/program.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <limits>

namespace hourglass::cli {

using namespace training;
using namespace runs;
using namespace evaluation;

namespace {

namespace fs = std::filesystem;
using testing::expect_contains;
using testing::ProgramResult;
using testing::RunningProgram;
using testing::TemporaryFolder;
using testing::wait_until;
using Arguments = std::vector<std::string>;

constexpr const char* kState = "last.safetensors";

/// dense_autoencoder on the embedded digits, small and quick, into `folder`.
Arguments small_run(const fs::path& folder, const Arguments& more = {}) {
  Arguments arguments = {"--out", folder,      "--epochs", "6",           "--batch-size",
                         "64",    "--threads", "1",        "--no-figures"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

ProgramResult train(const Arguments& arguments) {
  return testing::run("dense_autoencoder", arguments);
}

nlohmann::json read_json(const fs::path& path) { return nlohmann::json::parse(read_file(path)); }

/// Expects the exit code and a single line on standard error that has all `parts`.
void expect_error(const ProgramResult& result, int exit_code,
                  std::initializer_list<std::string> parts) {
  EXPECT_EQ(result.exit_code, exit_code) << result.errors;
  EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
  expect_contains(result.errors, parts);
}

/// Expects two runs to have gone the same way, to the bit: all but the seconds.
void expect_same_run(const fs::path& a, const fs::path& b) {
  const MetricsTable left = read_metrics(a / "metrics.csv"),
                     right = read_metrics(b / "metrics.csv");
  ASSERT_EQ(left.names, right.names);
  for (const auto& name : left.names) {
    if (name == "seconds") continue;
    EXPECT_EQ(left.column(name), right.column(name)) << name;
  }
  // All that resuming needs: weights, every optimizer's state, the best weights, the cursor.
  EXPECT_EQ(read_file(a / kState), read_file(b / kState));
  const at::Tensor x = at::rand({3, 1, 8, 8});
  EXPECT_TRUE(at::equal(ExportedModel::load(a / "best.pt").reconstruct(x),
                        ExportedModel::load(b / "best.pt").reconstruct(x)));
}

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
    wait_until([&] { return epochs() > 6 * (kill + 1) || !program.running(); });
    ::usleep(static_cast<useconds_t>(1500 * kill));
    program.send(SIGKILL);
    EXPECT_EQ(program.wait().exit_code, 128 + SIGKILL);
    next = {"--resume", folder / "killed", "--checkpoint-interval", "0", "--no-figures"};
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
  testing::write_file(folder / "run/run.json", record.dump());
  expect_error(train({"--resume", folder / "run"}), kFailed, {"format 1", "Hourglass 0.1"});
}

TEST(TrainerProgram, AnotherNetworkBringsItsOwnFlags) {
  const TemporaryFolder folder;
  expect_contains(train({"--network", "lstm", "--help"}).output, {"--bidirectional"});
  const auto result =
      train(small_run(folder / "run", {"--network", "convolutional", "--filters", "4"}));
  EXPECT_EQ(result.exit_code, kDone) << result.errors;
  EXPECT_EQ(ExportedModel::load(folder / "run/best.pt").card()->code_shape, (Shape{4, 4, 4}));
  expect_error(train({"--network", "lstm", "--tied-weights"}), kWrongUsage,
               {"--tied-weights: an option of --network dense", "found --network lstm"});
  expect_error(train({"--network", "lstmm"}), kWrongUsage, {"--network", "did you mean 'lstm'"});
  // A run that goes on has the network it began with.
  EXPECT_EQ(train({"--resume", folder / "run", "--epochs", "7", "--no-figures"}).exit_code, kDone);
}

TEST(TrainerProgram, MonitorsWhatItIsTold) {
  const TemporaryFolder folder;
  const auto result = train(small_run(folder / "run", {"--monitor", "train_reconstruction"}));
  EXPECT_EQ(result.exit_code, kDone) << result.errors;
  expect_error(train(small_run(folder / "x", {"--monitor", "loss"})), kWrongUsage,
               {"--monitor", "train_loss"});
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
  expect_error(result, kInterrupted, {"interrupted after epoch", "dense_autoencoder --resume"});
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

TEST(TrainerProgram, WrongUsageEndsWithCodeTwo) {
  expect_error(train({"--epoch", "3"}), kWrongUsage, {"'--epoch'", "did you mean '--epochs'"});
  expect_error(train({"--epochs", "0"}), kWrongUsage, {"--epochs", "at least 1", "'0'"});
  expect_error(train({"--epochs", "3", "--epochs", "4"}), kWrongUsage, {"more than once"});
  expect_error(train({"--recipe", "mnist-2d-rely"}), kWrongUsage, {"mnist-2d-relu"});
  expect_error(train({"--dataset", "mnits"}), kWrongUsage, {"mnist"});
  expect_error(train({"--loss", "bce", "--output-activation", "relu"}), kWrongUsage,
               {"sigmoid", "'relu'"});
  expect_error(train({"--momentum", "0.9"}), kWrongUsage, {"--momentum", "sgd"});
  expect_error(train({"--device", "gpu"}), kWrongUsage, {"--device", "'gpu'"});
  expect_error(train({"stray"}), kWrongUsage, {"'stray'"});
}

TEST(TrainerProgram, FailedWorkEndsWithCodeOne) {
  const TemporaryFolder folder;
  expect_error(train({"--dataset", "csv:" + (folder / "absent.csv").string()}), kFailed,
               {"absent.csv"});
  expect_error(train({"--resume", folder / "absent"}), kFailed, {"run.json"});
  expect_error(train({"--init-from", folder / "absent.pt", "--out", folder / "x"}), kFailed,
               {"absent.pt"});
  testing::write_file(folder / "wide.csv", "5,1\n-3,2\n9,1\n");
  expect_error(train({"--dataset", "csv:" + (folder / "wide.csv").string(), "--scale", "none",
                      "--validation", "none"}),
               kFailed, {"[0, 1]", "-3", "9", "--scale minmax"});
}

TEST(TrainerProgram, RefusesToOverwriteARunOrToChangeAResumedOne) {
  const TemporaryFolder folder;
  train(small_run(folder / "run"));
  expect_error(train(small_run(folder / "run")), kFailed, {"holds a run", "--resume"});
  expect_error(train({"--resume", folder / "run", "--learning-rate", "1"}), kWrongUsage,
               {"--learning-rate", "resumed"});
}

TEST(TrainerProgram, HelpShowsGroupsDefaultsAndExamples) {
  const auto result = train({"--help"});
  EXPECT_EQ(result.exit_code, kDone);
  expect_contains(result.output, {"Recipe", "Model", "Data", "Training", "Run", "--learning-rate",
                                  "(default:", "\nExamples\n"});
  expect_contains(train({"--list-recipes"}).output, {"digits-2d", "fashion-deep-32", "0.2775"});
}

/// Output with its lines joined, so that texts are found wherever they are wrapped.
std::string one_line(const std::string& text) {
  std::string joined;
  for (const char letter : text) {
    if (letter != '\n' && letter != ' ') {
      joined += letter;
    } else if (!joined.ends_with(' ')) {
      joined += ' ';
    }
  }
  return joined;
}

TEST(TrainerProgram, HelpShowsTheDefaultsThatWillApplyAndWhereTheyComeFrom) {
  const auto help = [](Arguments arguments) {
    arguments.emplace_back("--help");
    return one_line(train(arguments).output);
  };
  expect_contains(help({}), {"recipe digits-2d, because neither --recipe nor --dataset is given"});
  expect_contains(help({"--recipe", "fashion-32"}),
                  {"recipe fashion-32, because --recipe names it", "rmsprop, adam",
                   "default: rmsprop, by recipe fashion-32", "default: 256, by recipe fashion-32"});
  expect_contains(help({"--dataset", "csv:mine.csv", "--epochs", "7"}),
                  {"of no recipe, because --dataset is given", "now: csv:mine.csv, by this command",
                   "now: 7, by this command line", "(default: 128)"});
  // The names of an enumeration.
  expect_contains(help({}),
                  {"one of linear, relu, leaky-relu, ", "one of glorot-uniform, he-normal;"});
}

TEST(TrainerProgram, TakesOptionsFromAFile) {
  const TemporaryFolder folder;
  const fs::path file = testing::write_file(
      folder / "mine.json",
      R"({"variant": "dense", "recipe": "digits-2d", "epochs": 9, "widths": [16, 3],
          "learning-rate": 0.01, "no_figures": true})");
  // The recipe, before the file, before the flags.
  train({"--config", file, "--epochs", "2", "--out", folder / "run"});
  const auto record = read_json(folder / "run/run.json");
  EXPECT_EQ(record.at("recipe"), "digits-2d");
  EXPECT_EQ(record.at("options").at("epochs"), 2);
  EXPECT_EQ(record.at("options").at("widths"), nlohmann::json({16, 3}));
  EXPECT_EQ(record.at("options").at("code_activation"), "sigmoid");
  EXPECT_FALSE(fs::exists(folder / "run/figures"));
  const std::string help = one_line(train({"--config", file, "--help"}).output);
  expect_contains(help, {"digits-2d, because " + file.string() + " names it",
                         "default: 16,3, by " + file.string()});

  // The record of a run trains the same again.
  train({"--config", folder / "run/run.json", "--out", folder / "again", "--no-figures"});
  expect_same_run(folder / "again", folder / "run");
}

TEST(TrainerProgram, SaysWhatIsWrongInAFileOfOptions) {
  const TemporaryFolder folder;
  const auto complains = [&](const std::string& text, std::initializer_list<std::string> parts) {
    const fs::path file = testing::write_file(folder / "mine.json", text);
    const auto result = train({"--config", file, "--out", folder / "run"});
    expect_error(result, kFailed, parts);
    expect_contains(result.errors, {"mine.json"});
  };
  complains(R"({"epoch": 3})", {"unknown option 'epoch'", "did you mean 'epochs'"});
  complains(R"({"epochs": 0})", {"--epochs", "at least 1", "'0'"});
  complains(R"({"epochs": null})", {"--epochs", "null"});
  complains(R"({"out": {}})", {"--out", "an object"});
  complains(R"({"recipe": "digits-2"})", {"--recipe", "did you mean 'digits-2d'"});
  complains(R"({"recipe": 3})", {"'recipe'", "a text"});
  complains(R"({"network": "lstmm"})", {"--network", "did you mean 'lstm'"});
  complains(R"({"bidirectional": true})", {"an option of --network lstm", "found --network dense"});
  complains(R"({"variant": "sparse"})", {"a dense autoencoder", "'sparse'"});
  complains(R"({"resume": "x"})", {"'resume'", "on the command line"});
  complains(R"({"learning-rate": 1, "learning_rate": 2})", {"once"});
  complains("[3]", {"an object of options"});
  complains("{epochs: 3}", {"JSON", "byte 2"});
  expect_error(train({"--config", folder / "absent.json"}), kFailed, {"absent.json"});
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

TEST(TrainerProgram, TrainsOnAUsersOwnTable) {
  const TemporaryFolder folder;
  std::string csv = "height;weight;kind\n";
  for (int i = 0; i < 40; ++i) {
    csv +=
        std::to_string(i % 7) + ";" + std::to_string(i % 5 * 100) + (i % 2 ? ";cat\n" : ";dog\n");
  }
  testing::write_file(folder / "pets.csv", csv);
  const auto result = train({"--dataset", "csv:" + (folder / "pets.csv").string(), "--widths",
                             "8,1", "--epochs", "3", "--out", folder / "run"});
  EXPECT_EQ(result.exit_code, kDone) << result.errors;
  const auto record = read_json(folder / "run/run.json");
  EXPECT_EQ(record.at("data").at("training_rows"), 36);  // split:0.1 for a user's own file
  EXPECT_EQ(record.at("data").at("validation_rows"), 4);
  EXPECT_EQ(record.at("data").at("class_names"), nlohmann::json({"cat", "dog"}));
  EXPECT_EQ(record.at("recipe"), "");
}

}  // namespace
}  // namespace hourglass::cli
