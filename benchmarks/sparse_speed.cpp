// Times the training steps of a sparse autoencoder on the rows of a NumPy file, one after the other and again from the
// first. One JSON line with the milliseconds of each step, on the clock and of the processor.
//
//   sparse_speed --data rows.npy --sparsity topk:12 --latents 1024 --threads 1
//   sparse_speed --data rows.npy --sparsity topk:12 --latents 1024 --dead 100 --engine autograd
//
// sparse.sh runs it beside SAELens.

#include "hourglass/cli/help_text.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/formats/json.h"
#include "hourglass/formats/npy.h"
#include "hourglass/models/dictionary.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/training/engine.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <numeric>
#include <span>

namespace hourglass::benchmarks {

using namespace cli;

namespace {

struct SparseSpeed {
  std::string data;
  models::Sparsity sparsity = {models::Sparsity::Kind::TopK, 12};
  models::DictionaryOptions dictionary;
  int64_t latents = 1024, batch_size = 1024, dead = 0, warm_steps = 30, threads = 1;
  double seconds = 1;
  training::EngineKind engine = training::EngineKind::Auto;

  void describe(FieldTable& table) {
    table.begin_group("Model");
    table.add("sparsity", sparsity, "what keeps the code silent");
    table.add("latents", latents, "of the code").at_least(1);
    table.add("dead", dead, "latents that count as dead in every step").at_least(0);
    dictionary.describe(table);
    table.begin_group("Measuring");
    table.add("data", data, "a NumPy file of rows of floats").shown_as("FILE");
    table.add("batch_size", batch_size, "rows of a step").at_least(1);
    table.add("threads", threads, "of the engine").at_least(1);
    table.add("engine", engine, "what computes a step");
    table.add("warm_steps", warm_steps, "before the first that counts").at_least(0);
    table.add("seconds", seconds, "of steps, five at least").above(0);
  }
};

std::shared_ptr<models::Dictionary> make_model(const SparseSpeed& speed, int64_t width) {
  at::manual_seed(0);
  return std::make_shared<models::Dictionary>(
      speed.sparsity, speed.dictionary,
      models::ModelSpec{.shapes = {{width}, {width}},
                        .network = models::DenseNetwork{.widths = {speed.latents}},
                        .likelihood = {models::Loss::Mse, models::Activation::Linear}});
}

int time_steps(const SparseSpeed& speed) {
  at::set_num_threads(static_cast<int>(speed.threads));
  const at::Tensor rows = formats::read_npy(speed.data).to(at::kFloat);
  const datasets::TensorDataset data(rows, at::Tensor(), {});
  const int64_t batches = data.size() / speed.batch_size;
  if (batches == 0) {
    throw Error("{}: expected at least {} rows, found {}", speed.data, speed.batch_size,
                data.size());
  }
  const auto model = make_model(speed, rows.size(1));
  const training::OptimizerOptions adam = {.epsilon = 1e-8};
  const auto engine = training::make_engine({.kind = speed.engine, .clip_norm = 1},
                                            {*model, data, adam, speed.batch_size});
  const at::Tensor silent = *model->named_buffers().find("steps_since_spoken");
  std::vector<int64_t> positions(static_cast<size_t>(data.size()));
  std::iota(positions.begin(), positions.end(), 0);

  using Clock = std::chrono::steady_clock;
  std::vector<double> milliseconds, cpu_milliseconds;
  double spent = 0;
  models::StepContext step{.random = RowRandom(1, 1)};
  for (; spent < 1e3 * speed.seconds || milliseconds.size() < 5; ++step.step) {
    silent.slice(0, speed.latents - speed.dead).fill_(2 * speed.dictionary.dead_window);
    const auto first = static_cast<size_t>(step.step % batches * speed.batch_size);
    const auto before = Clock::now();
    const std::clock_t cpu_before = std::clock();
    engine->train(std::span(positions).subspan(first, static_cast<size_t>(speed.batch_size)), step,
                  3e-4);
    if (step.step < speed.warm_steps) continue;
    milliseconds.push_back(
        std::chrono::duration<double, std::milli>(Clock::now() - before).count());
    cpu_milliseconds.push_back(1e3 * static_cast<double>(std::clock() - cpu_before) /
                               CLOCKS_PER_SEC);
    spent += milliseconds.back();
  }
  const nlohmann::ordered_json line = {{"engine", enum_name(engine->kind())},
                                       {"milliseconds", milliseconds},
                                       {"cpu_milliseconds", cpu_milliseconds},
                                       {"loss", engine->averages.recent_loss()}};
  fmt::print("{}\n", line.dump());
  return kDone;
}

int run(int argc, char** argv) {
  SparseSpeed speed;
  FieldTable table;
  speed.describe(table);
  const ProgramInfo program = {.name = "sparse_speed",
                               .summary = "Times the training steps of a sparse autoencoder.",
                               .positional = "",
                               .examples = {"sparse_speed --data rows.npy --sparsity topk:12"}};
  const CommandLine line = parse_command_line(program, table, argc, argv);
  if (answer_question(program, table, line)) return kDone;
  if (speed.data.empty()) throw UsageError("`data`: expected a NumPy file, found none");
  return time_steps(speed);
}

}  // namespace
}  // namespace hourglass::benchmarks

int main(int argc, char** argv) {
  return hourglass::cli::run_program("sparse_speed",
                                     [&] { return hourglass::benchmarks::run(argc, argv); });
}
