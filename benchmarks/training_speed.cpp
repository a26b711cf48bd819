// Times the training steps of a recipe as a run takes them: whole epochs through the Trainer, the order of the rows,
// the gathering of batches and the sums of the losses included; validation and files are not. One JSON line.
//
//   training_speed --recipe mnist-50 --threads 2
//   training_speed --recipe mnist-50 --batch-size 512 --widths 200     any option that changes a training
//   training_speed --recipe fashion-conv --steps 12                    epochs of so many steps
//
// compare.sh runs it beside its peers.

#include "hourglass/benchmarks/benchmark_model.h"
#include "hourglass/cli/help_text.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/formats/json.h"
#include "hourglass/models/summary.h"
#include "hourglass/training/trainer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <span>

namespace hourglass::benchmarks {

using namespace cli;

namespace {

struct SpeedOptions {
  int64_t repeats = 3, steps = 0;
  double seconds = 0.3;

  void describe(FieldTable& table) {
    table.begin_group("Measuring");
    table.add("repeats", repeats, "measurements").at_least(1);
    table.add("seconds", seconds, "that a measurement takes at least, in whole epochs").above(0);
    table.add("steps", steps, "an epoch, where a whole one takes long; 0: all").at_least(0);
  }
};

/// The first rows of each epoch's order.
class FewRowsSampler : public datasets::Sampler {
 public:
  FewRowsSampler(int64_t rows, int64_t all, uint64_t seed) : rows_(rows), shuffled_(all, seed) {}
  int64_t size() const override { return rows_; }
  void positions(int64_t epoch, int64_t first, std::span<int64_t> to) const override {
    shuffled_.positions(epoch, first, to);
  }

 private:
  int64_t rows_;
  datasets::ShuffledSampler shuffled_;
};

/// Collects values of µs a step, each over as many whole epochs as fill the time. Those before are
/// for warming up.
class Clock : public training::Hook {
 public:
  explicit Clock(const SpeedOptions& options) : options_(options) {}

  void on_epoch_start(const training::EpochStart& start) override { steps_ = start.steps; }

  training::Verdict on_epoch_end(const training::EpochReport& report,
                                 const training::TrainingStatePtr& /*state*/) override {
    loss_ = value_of(report.training, "loss");
    spent_ += report.seconds;
    ++epochs_;
    const double asked = is_warm_ ? options_.seconds : options_.seconds / 2;
    // As many epochs as peers have, see peers/measuring.py.
    const bool too_few = !is_warm_ && epochs_ < 2 && spent_ < 20 * options_.seconds;
    if (spent_ < asked || too_few) return training::Verdict::Continue;
    if (is_warm_) values_.push_back(1e6 * spent_ / static_cast<double>(epochs_ * steps_));
    is_warm_ = true;
    spent_ = 0, epochs_ = 0;
    return std::ssize(values_) < options_.repeats ? training::Verdict::Continue
                                                  : training::Verdict::Stop;
  }

  const std::vector<double>& values() const { return values_; }
  int64_t steps() const { return steps_; }
  double loss() const { return loss_; }

 private:
  SpeedOptions options_;
  std::vector<double> values_;
  int64_t steps_ = 0, epochs_ = 0;
  double spent_ = 0, loss_ = 0;
  bool is_warm_ = false;
};

int time_training(runs::RunOptions options, const SpeedOptions& speed) {
  Subject subject = make_subject(std::move(options));
  training::TrainingOptions training = subject.options.training;
  training.epochs = std::numeric_limits<int32_t>::max();  // the clock ends it
  training.monitor = "auto";
  training.early_stopping = 0;
  const int64_t all = subject.data.training->size();
  training::Trainer trainer(subject.model, subject.data.training, nullptr, training);
  if (speed.steps > 0) {
    const int64_t rows = std::min(all, speed.steps * training.batch_size);
    trainer.set_sampler(std::make_shared<FewRowsSampler>(rows, all, training.seed));
  }
  const auto clock = std::make_shared<Clock>(speed);
  trainer.add_hook(clock);
  const training::TrainingResult result = trainer.run();
  if (result.end == training::RunEnd::NotFinite) throw Error("{}", result.problem);

  // The multiply-adds come last: the model is run for them, and the memory is that of training.
  nlohmann::ordered_json line = {
      {"contender", "Hourglass"},
      {"engine", enum_name(trainer.engine().kind())},
      {"threads", *subject.options.threads.count},
      {"recipe", subject.options.recipe},
      {"batch_size", training.batch_size},
      {"steps", clock->steps()},
      {"microseconds_per_step", clock->values()},
      {"loss", clock->loss()},
      {"peak_memory_mb", std::round(10 * peak_memory_mb()) / 10},
      {"memory_of", "process, maximum resident set"},
      {"multiply_adds", models::summarize(*subject.model).multiply_adds}};
  fmt::print("{}\n", line.dump());
  return kDone;
}

int run(int argc, char** argv) {
  const std::string recipe = peek_option("recipe", argc, argv).value_or("digits-2d");
  const std::string network = peek_option("network", argc, argv).value_or("");
  runs::RunOptions options =
      runs::options_of(recipes::variant_of_recipe(recipe).name, recipe, network);
  SpeedOptions speed;
  FieldTable table;
  speed.describe(table);
  describe_subject(options, table);
  const ProgramInfo program = {.name = "training_speed",
                               .summary = "Times the training steps of a recipe.",
                               .positional = "",
                               .examples = {"training_speed --recipe mnist-50 --threads 2"}};
  const CommandLine line = parse_command_line(program, table, argc, argv);
  if (answer_question(program, table, line)) return kDone;
  return time_training(std::move(options), speed);
}

}  // namespace
}  // namespace hourglass::benchmarks

int main(int argc, char** argv) {
  return hourglass::cli::run_program("training_speed",
                                     [&] { return hourglass::benchmarks::run(argc, argv); });
}
