#include "hourglass/apps/tools/sweep_progress.h"

#include "hourglass/cli/program.h"
#include "hourglass/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace hourglass::apps {

SweepProgress::SweepProgress(const runs::SweepPlan& plan, bool quiet)
    : total_(plan.points.size()),
      open_(total_ - static_cast<size_t>(std::count_if(
                         plan.points.begin(), plan.points.end(),
                         [](const auto& point) { return runs::done_run(point).has_value(); }))),
      quiet_(quiet),
      bar_(stderr, !quiet) {}

void SweepProgress::begin(const runs::SweepPoint& point) {
  name_ = fmt::format("[{}/{}] {}", ++number_, total_, point.name);
  epochs_ = point.options.training.epochs;
  started_ = Clock::now();
}

void SweepProgress::show_notes(const std::vector<std::string>& notes) {
  if (noted_ || quiet_) return;
  noted_ = true;
  for (const auto& note : notes) cli::print_note(stderr, note);
}

training::Verdict SweepProgress::on_epoch_end(const training::EpochReport& report,
                                              const training::TrainingStatePtr& /*state*/) {
  bar_.show(fmt::format("{}  epoch {}/{}", name_, report.epoch, epochs_));
  return training::Verdict::Continue;
}

void SweepProgress::end_trained(const std::string& result) {
  const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  seconds_ += seconds;
  ++trained_;
  std::string text = fmt::format("{}  {:.3g} s", result, seconds);
  if (trained_ < open_) {
    const double mean = seconds_ / static_cast<double>(trained_);
    text += fmt::format("  {} left", clock_time(mean * static_cast<double>(open_ - trained_)));
  }
  show_line(text);
}

void SweepProgress::end_kept(const std::string& result) { show_line(result + "  kept"); }

void SweepProgress::show_line(const std::string& text) {
  clear();
  if (!quiet_) fmt::print(stderr, "{}  {}\n", name_, text);
}

}  // namespace hourglass::apps
