#include "hourglass/training/progress.h"

#include "hourglass/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <sys/ioctl.h>
#include <unistd.h>

namespace hourglass::training {
namespace {

constexpr double kSecondsBetweenDrawings = 0.1;
constexpr int64_t kBarWidth = 24;

std::string bar_text(double fraction) {
  const auto done = static_cast<size_t>(fraction * kBarWidth);
  return std::string(done, '#') + std::string(kBarWidth - done, '.');
}

/// "loss 0.034512  reconstruction 0.030000": the loss, and its parts where there are several.
std::string losses_text(const Measurements& measurements) {
  std::string text;
  for (const auto& measurement : measurements) {
    if (measurements.size() == 2 && &measurement != &measurements.front()) break;
    text += fmt::format("  {} {:.6f}", measurement.name, measurement.value);
  }
  return text;
}

/// The part of a line that fits into the terminal: a line that wraps could not be redrawn in place.
std::string fitted_to_terminal(const std::string& line) {
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return line.substr(0, (known ? size.ws_col : size_t{80}) - 1);
}

}  // namespace

Progress::Progress(ProgressOptions options, int64_t epochs, int64_t finished, int64_t items)
    : options_(options), epochs_(epochs), finished_(finished), items_(items) {}

void Progress::show_untrained(const Measurements& training) const {
  fmt::print("epoch {:>{}}/{}{}  (untrained)\n", 0, std::to_string(epochs_).size(), epochs_,
             losses_text(training));
}

void Progress::on_epoch_start(int64_t epoch, int64_t steps) {
  epoch_ = epoch;
  steps_ = steps;
}

void Progress::on_step(int64_t step, const Engine& engine) {
  if (!options_.bar) return;
  const std::chrono::duration<double> since = Clock::now() - drawn_;
  if (since.count() < kSecondsBetweenDrawings) return;
  drawn_ = Clock::now();
  draw_bar(step, engine.recent_loss());
}

Verdict Progress::on_epoch_end(const EpochReport& report, const TrainingStatePtr& state) {
  if (report.improved) {
    best_text_ = fmt::format("  best {:.6f} (epoch {})", state->best.monitored, report.epoch);
  }
  const bool line_due = options_.line_every > 0 &&
                        (report.epoch % options_.line_every == 0 || report.epoch == epochs_);
  if (!line_due) return Verdict::Continue;
  clear_bar();
  fmt::print("epoch {:>{}}/{}{}", report.epoch, std::to_string(epochs_).size(), epochs_,
             losses_text(report.training));
  if (!report.validation.empty()) {
    fmt::print("  validation{}", losses_text(report.validation));
  }
  fmt::print("  {:.3g} s{}\n", report.seconds, report.improved ? "  best" : "");
  std::fflush(stdout);
  return Verdict::Continue;
}

void Progress::on_run_end() { clear_bar(); }

void Progress::draw_bar(int64_t step, double loss) {
  const std::chrono::duration<double> elapsed = Clock::now() - started_;
  const double epochs_done =
      static_cast<double>(epoch_ - 1) + static_cast<double>(step) / static_cast<double>(steps_);
  const double trained = epochs_done - static_cast<double>(finished_);
  const double seconds_an_epoch = elapsed.count() / trained;
  const std::string line = fmt::format(
      "epoch {}/{} [{}] {}/{}  loss {:.6f}  {} left  {} items/s{}", epoch_, epochs_,
      bar_text(epochs_done / static_cast<double>(epochs_)), step, steps_, loss,
      clock_time(seconds_an_epoch * (static_cast<double>(epochs_) - epochs_done)),
      with_thousands(static_cast<int64_t>(static_cast<double>(items_) / seconds_an_epoch)),
      best_text_);
  fmt::print("\r\033[K{}", fitted_to_terminal(line));
  std::fflush(stdout);
}

void Progress::clear_bar() const {
  if (options_.bar) fmt::print("\r\033[K");
}

}  // namespace hourglass::training
