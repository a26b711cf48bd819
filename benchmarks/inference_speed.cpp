// Items a second of `encode` and `reconstruct` over the test images (all rows where a set has none), for a checkpoint:
// as the tools compute it, and by the file's own program. A JSON line each.
//
//   inference_speed runs/mine/best.pt --recipe mnist-50 --threads 2

#include "hourglass/benchmarks/benchmark_model.h"
#include "hourglass/cli/fast_inference.h"
#include "hourglass/cli/help_text.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/formats/json.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <vector>

namespace hourglass::benchmarks {

using namespace cli;

namespace {

struct SpeedOptions {
  int64_t repeats = 3, items = 1024;
  double seconds = 0.3;

  void describe(FieldTable& table) {
    table.begin_group("Measuring");
    table.add("repeats", repeats, "measurements").at_least(1);
    table.add("seconds", seconds, "that a measurement takes at least, in whole passes").above(0);
    table.add("items", items, "a batch").at_least(1);
  }
};

/// Items a second, over as many passes over the batches as fill the time; a pass before is for
/// warming up.
std::vector<double> rates(const std::vector<Batch>& batches, const SpeedOptions& options,
                          const std::function<void(const Batch&)>& work) {
  int64_t items_a_pass = 0;
  for (const auto& batch : batches) items_a_pass += batch.input.size(0);
  const auto pass = [&] {
    const auto begin = std::chrono::steady_clock::now();
    for (const auto& batch : batches) work(batch);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  pass();
  std::vector<double> found;
  for (int64_t repeat = 0; repeat < options.repeats; ++repeat) {
    double spent = 0;
    int64_t items = 0;
    for (; spent < options.seconds; items += items_a_pass) spent += pass();
    found.push_back(static_cast<double>(items) / spent);
  }
  return found;
}

int time_inference(const std::string& path, runs::RunOptions options, const SpeedOptions& speed) {
  Subject subject = make_subject(std::move(options));
  const datasets::Dataset& rows = subject.data.test ? *subject.data.test : *subject.data.training;
  // Ready in memory, as the peers have them: the model is timed, not the reading of bytes.
  std::vector<Batch> batches;
  datasets::for_each_batch(rows, speed.items, 0, [&](const Batch& batch, int64_t /*first*/) {
    batches.push_back(batch);
  });
  auto program = evaluation::ExportedModel::load(path), fast = load_model(path);
  const auto report = [&](const std::string& by, const std::string& what, auto work) {
    const nlohmann::ordered_json line = {{"contender", "Hourglass"},
                                         {"by", by},
                                         {"what", what},
                                         {"threads", *subject.options.threads.count},
                                         {"recipe", subject.options.recipe},
                                         {"items_per_second", rates(batches, speed, work)}};
    fmt::print("{}\n", line.dump());
  };
  const auto time = [&](const std::string& by, evaluation::ExportedModel& model) {
    report(by, "encode", [&](const Batch& batch) { model.encode(batch.input, batch.condition); });
    report(by, "reconstruct",
           [&](const Batch& batch) { model.reconstruct(batch.input, batch.condition); });
  };
  time("the tools", fast);
  time("the file's program", program);
  return kDone;
}

int run(int argc, char** argv) {
  const std::string recipe = peek_option("recipe", argc, argv).value_or("digits-2d");
  runs::RunOptions options = runs::options_of(recipes::variant_of_recipe(recipe).name, recipe);
  SpeedOptions speed;
  FieldTable table;
  speed.describe(table);
  describe_subject(options, table);
  const ProgramInfo program = {
      .name = "inference_speed",
      .summary = "Times how fast a checkpoint encodes and reconstructs.",
      .positional = "CKPT",
      .examples = {"inference_speed runs/mine/best.pt --recipe mnist-50 --threads 2"}};
  const CommandLine line = parse_command_line(program, table, argc, argv);
  if (answer_question(program, table, line)) return kDone;
  if (line.positional.size() != 1) {
    throw UsageError("expected one checkpoint, found {}", line.positional.size());
  }
  return time_inference(line.positional.front(), std::move(options), speed);
}

}  // namespace
}  // namespace hourglass::benchmarks

int main(int argc, char** argv) {
  return hourglass::cli::run_program("inference_speed",
                                     [&] { return hourglass::benchmarks::run(argc, argv); });
}
