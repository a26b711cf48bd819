// Trains every combination of some options' values with several seeds, and ranks them by the
// monitored value. Run again, it goes on where it was interrupted.
//
//   sweep --recipe digits-2d --vary learning-rate=1e-3,3e-3 --vary widths=32,2:64,2 --seeds 3 --out sweeps/a
//   sweep --variant dense --dataset csv:mine.csv --vary widths=8:16:32,8 --epochs 20 --out sweeps/b

#include "hourglass/apps/tools/sweep_line.h"
#include "hourglass/apps/tools/sweep_progress.h"
#include "hourglass/apps/tools/sweep_tables.h"
#include "hourglass/cli/command_line.h"
#include "hourglass/cli/interrupt.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/printable.h"
#include "hourglass/figures/image_file.h"
#include "hourglass/runs/sweep_results.h"
#include "hourglass/sources/images.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <string>

namespace hourglass::apps {

using namespace cli;
using namespace runs;

namespace {

std::string result_text(const ListedRun& run) {
  const std::string best =
      run.best ? fmt::format("best {:.6g} (epoch {})", run.best->value, run.best->epoch) : "";
  return run.state == RunState::Finished ? best : fmt::format("{}  {}", best, run.state_text());
}

void show_results(const SweepPlan& plan, const SweepLine& line,
                  const std::map<std::string, std::string>& failures) {
  const auto results = sweep_results(plan, failures);
  write_file_atomically(plan.folder / "sweep.csv", sweep_csv(plan, results));
  const bool draws = figures::figures_available() && results.front().mean;
  if (draws) {
    const auto& system = line.request.recipe.empty() ? line.request.variant : line.request.recipe;
    sweep_chart(plan, results, "Sweep of " + system).save(plan.folder / "sweep.png");
  }
  if (line.json) {
    fmt::print("{}\n", sweep_json(plan, results).dump(2));
    return;
  }
  fmt::print("{}\n{}\n", sweep_text(plan, results),
             printable((plan.folder / "sweep.csv").string()));
  if (draws) fmt::print("{}\n", printable((plan.folder / "sweep.png").string()));
}

/// Trains or goes on with one; what went wrong, or "".
std::string train(const SweepPoint& point, const std::shared_ptr<SweepProgress>& progress) {
  try {
    train_point(point, &InterruptGuard::requested, [&](Run& run) {
      progress->show_notes(run.notes());
      run.trainer().add_hook(progress);
    });
    return "";
  } catch (const std::exception& error) {
    return user_message(error);
  }
}

int sweep(const SweepLine& line) {
  const SweepPlan plan = plan_sweep(line.request);
  open_sweep(plan);
  const auto progress = std::make_shared<SweepProgress>(plan, line.quiet);
  const InterruptGuard interrupt;
  std::map<std::string, std::string> failures;
  for (const auto& point : plan.points) {
    progress->begin(point);
    if (const auto kept = done_run(point)) {
      progress->end_kept(result_text(*kept));
      continue;
    }
    const std::string problem = train(point, progress);
    if (InterruptGuard::requested()) break;
    if (!problem.empty()) failures[point.name] = problem;
    // What is wrong with the first, missing data say, is most likely wrong with all.
    const bool first = &point == &plan.points.front();
    if (first && !problem.empty()) {
      withdraw_sweep(plan);
      throw Error("{}: {}", point.name, problem);
    }
    progress->end_trained(problem.empty() ? result_text(list_run(point.options.out))
                                          : "failed: " + problem);
  }
  progress->clear();
  show_results(plan, line, failures);
  if (InterruptGuard::requested()) {
    fmt::print(stderr, "interrupted; the same command goes on\n");
    return kInterrupted;
  }
  if (failures.empty()) return kDone;
  const auto& [name, problem] = *failures.begin();
  throw Error("{} of {} runs failed; {}: {}", failures.size(), plan.points.size(), name, problem);
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  return cli::run_program("sweep", [&] {
    sources::set_image_library({figures::decode_image, figures::adapt_image});
    const apps::SweepLine line = apps::parse_sweep_line(argc, argv);
    return line.answered ? cli::kDone : apps::sweep(line);
  });
}
