#include "hourglass/cli/trainer_program.h"

#include "hourglass/cli/interrupt.h"
#include "hourglass/cli/program.h"
#include "hourglass/cli/recorded_run.h"
#include "hourglass/cli/run_pictures.h"
#include "hourglass/cli/run_report.h"
#include "hourglass/cli/trainer_options.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/printable.h"
#include "hourglass/core/terminal.h"
#include "hourglass/core/text.h"
#include "hourglass/figures/image_file.h"
#include "hourglass/figures/picture.h"
#include "hourglass/models/summary.h"
#include "hourglass/runs/run.h"
#include "hourglass/sources/images.h"
#include "hourglass/training/process_group.h"
#include "hourglass/training/progress.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace hourglass::cli {
namespace {

namespace fs = std::filesystem;
using training::RunEnd;

// ---- What people read

/// Why `auto` did not take the fast engine: " (fused does not take the layer encoder.conv1)".
std::string reason_of(const training::Engine& engine) {
  return engine.obstacle.empty() ? "" : fmt::format(" (fused does not take {})", engine.obstacle);
}

void show_plan(runs::Run& run) {
  const runs::RunOptions& options = run.options();
  const formats::DataCard& data = run.data().info;
  for (const auto& note : run.notes()) print_note(stdout, note);
  if (options.quiet) return;
  fmt::print("{}", to_text(summarize(run.model())));
  fmt::print("data      {}: {} training, {} validation, {} test rows\n", printable(data.name),
             with_thousands(data.training_rows), with_thousands(data.validation_rows),
             with_thousands(data.test_rows));
  const int64_t processes = run.processes().count();
  fmt::print("training  {} epochs, batch {}, {}, on {} with {}{} thread{}, engine {}{}\n",
             options.training.epochs, options.training.batch_size,
             enum_name(options.training.optimizer.kind), options.training.device,
             processes == 1 ? "" : fmt::format("{} processes of ", processes),
             *options.threads.count, *options.threads.count == 1 ? "" : "s",
             enum_name(options.training.engine.kind), reason_of(run.trainer().engine()));
  fmt::print("run       {}\n", printable(run.folder().string()));
  std::fflush(stdout);
}

void add_progress(runs::Run& run, bool log_lines) {
  const runs::RunOptions& options = run.options();
  bool shows_untrained = !options.quiet && run.finished_epochs() == 0 && options.log_every > 1;
  if (!run.processes().alone()) {
    // The first speaks, and all take part in measuring, whatever they were told themselves.
    const at::Tensor wish =
        at::full({1}, run.processes().first() && shows_untrained ? 1.0 : 0.0, at::kDouble);
    run.processes().sum(wish);
    shows_untrained = wish.item<double>() > 0;
  }
  const Measurements untrained =
      shows_untrained ? run.trainer().evaluate_training_rows() : Measurements();
  if (options.quiet || !run.processes().first()) return;
  const auto progress = std::make_shared<training::Progress>(
      training::ProgressOptions{.bar = !log_lines, .line_every = options.log_every},
      options.training.epochs);
  if (shows_untrained) progress->show_untrained(untrained);
  run.trainer().add_hook(progress);
}

void show_expectation(const runs::Run& run) {
  const auto& expected = run.record().results->expected;
  if (!expected) return;
  fmt::print("expected  {} at most {:g} after epoch {}; reached {:.6g}\n", expected->column,
             expected->at_most, expected->epoch, expected->value);
}

/// "epoch 3", "step 20 of 469 of epoch 4".
std::string place_of(const training::Cursor& cursor, int64_t steps_per_epoch) {
  const int64_t step = cursor.steps_of_epoch(steps_per_epoch);
  if (step == 0) return fmt::format("epoch {}", cursor.epoch);
  return fmt::format("step {} of {} of epoch {}", step, steps_per_epoch, cursor.epoch + 1);
}

/// Draws the pictures, and says where everything is.
void show_results(runs::Run& run, const training::TrainingResult& result) {
  const training::BestEpoch& best = result.state->best;
  if (best.epoch == 0) return;
  const runs::RunOptions& options = run.options();
  const fs::path& folder = run.folder();
  const std::string& monitor = run.trainer().monitor();
  const bool usual = monitor == "train_loss" || monitor == "validation_loss";
  fmt::print("model     {}  (epoch {}, {} {:.6f})\n", printable((folder / "best.pt").string()),
             best.epoch, usual ? "loss" : monitor, best.monitored);
  show_expectation(run);
  fmt::print("metrics   {}\n", printable((folder / "metrics.csv").string()));
  for (const auto& part : run.parts()) fmt::print("part      {}\n", printable(part.string()));
  if (result.end == RunEnd::Interrupted) return;
  if (!options.no_figures && figures::figures_available()) {
    for (const auto& picture : draw_run_pictures(folder, options, run.data())) {
      fmt::print("picture   {}\n", printable(picture.string()));
    }
  }
  if (!options.report) return;
  LiveLine stage(stderr, !options.quiet);
  const auto say = [&](const std::string& what) { stage.show("report: " + what); };
  write_file_atomically(folder / "report.html", report_page(folder, say));
  stage.clear();
  fmt::print("report    {}\n", printable((folder / "report.html").string()));
}

int exit_code_of(RunEnd end) {
  switch (end) {
    case RunEnd::Interrupted: return kInterrupted;
    case RunEnd::NotFinite: return kFailed;
    default: return kDone;
  }
}

/// A run that fails says how it goes on, where it left something to go on from.
training::TrainingResult train(runs::Run& run) {
  try {
    return run.train(&InterruptGuard::requested);
  } catch (const Error& error) {
    if (!run.processes().first() || !fs::exists(run.folder() / "last.safetensors")) throw;
    throw Error("{}; go on with: {}", error.what(),
                resume_command(run.options().model.variant, run.folder()));
  }
}

int train(TrainerRequest request) {
  const auto processes = training::join_processes();
  runs::Run run(std::move(request.options), std::move(request.resumed), *processes);
  if (processes->first()) show_plan(run);
  add_progress(run, request.log_lines);
  const InterruptGuard interrupt;
  const training::TrainingResult result = train(run);
  if (!processes->first()) return exit_code_of(result.end);
  show_results(run, result);
  if (result.end == RunEnd::NotFinite) throw Error("{}", result.problem);
  if (result.end != RunEnd::Interrupted) return exit_code_of(result.end);
  fmt::print(stderr, "interrupted after {}; go on with: {}\n",
             place_of(result.state->cursor, run.trainer().steps_per_epoch()),
             resume_command(run.options().model.variant, run.folder()));
  return kInterrupted;
}

}  // namespace

int train_from_command_line(const std::string& variant, int argc, const char* const* argv) {
  return run_program(variant + "_autoencoder", [&] {
    sources::set_image_library({figures::decode_image, figures::adapt_image});
    const auto launch = training::launch_from_environment();
    TrainerRequest request;
    try {
      request = parse_trainer_line(variant, argc, argv);
    } catch (const UsageError&) {
      if (!launch || launch->rank == 0) throw;
      return kWrongUsage;  // which the first process complains about
    }
    if (request.answered) return kDone;
    if (request.options.list_recipes) {
      fmt::print("{}", recipes::recipe_table(variant, line_width(stdout)));
      return kDone;
    }
    return train(std::move(request));
  });
}

}  // namespace hourglass::cli
