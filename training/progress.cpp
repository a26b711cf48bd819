#include "hourglass/training/progress.h"

#include "hourglass/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <vector>

namespace hourglass::training {
namespace {

constexpr double kSecondsBetweenDrawings = 0.1;
constexpr int64_t kBarWidth = 16;

std::string bar_text(double fraction) {
  const auto done = static_cast<size_t>(fraction * kBarWidth);
  return std::string(done, '#') + std::string(kBarWidth - done, '.');
}

/// "  0.0123 s  best"
constexpr size_t kEndOfLine = 16;

std::string epoch_text(int64_t epoch, int64_t epochs) {
  return fmt::format("epoch {:>{}}/{}", epoch, std::to_string(epochs).size(), epochs);
}

// How dispensable a piece of a line is.
constexpr int kOften = 1, kMore = 2, kMost = 3;

/// "loss 0.034512", "reconstruction 0.030000": the loss, and its parts where there are several,
/// which are as dispensable as `rank` says.
std::vector<LinePiece> loss_pieces(const Measurements& measurements, int rank) {
  std::vector<LinePiece> pieces;
  for (const auto& measurement : measurements) {
    const bool is_loss = &measurement == &measurements.front();
    if (measurements.size() == 2 && !is_loss) break;
    pieces.push_back(
        {fmt::format("  {} {:.6f}", measurement.name, measurement.value), is_loss ? 0 : rank});
  }
  return pieces;
}

void append(std::vector<LinePiece>& pieces, const std::vector<LinePiece>& more) {
  pieces.insert(pieces.end(), more.begin(), more.end());
}

/// What lines may have: all of a log, as much as a terminal has room for.
size_t room() {
  return is_terminal(stdout) ? line_width(stdout) : std::numeric_limits<size_t>::max();
}

}  // namespace

Progress::Progress(ProgressOptions options, int64_t epochs, int64_t finished, int64_t items)
    : options_(options),
      epochs_(epochs),
      finished_(finished),
      items_(items),
      bar_(stdout, options.bar) {}

void Progress::show_untrained(const Measurements& training) const {
  std::vector<LinePiece> pieces = {{epoch_text(0, epochs_)}};
  append(pieces, loss_pieces(training, kMore));
  pieces.push_back({"  (untrained)"});
  fmt::print("{}\n", fitted_line(pieces, room()));
}

void Progress::on_epoch_start(int64_t epoch, int64_t steps) {
  epoch_ = epoch;
  steps_ = steps;
}

void Progress::on_step(int64_t step, const Engine& engine) {
  if (!bar_.shown()) return;
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
  bar_.clear();
  const std::string seconds = fmt::format("  {:.3g} s", report.seconds);
  const std::string best = report.improved ? "  best" : "";
  std::vector<LinePiece> pieces = {{epoch_text(report.epoch, epochs_)}};
  append(pieces, loss_pieces(report.training, kMore));
  if (!report.validation.empty()) {
    pieces.push_back({"  validation"});
    append(pieces, loss_pieces(report.validation, kMost));
  }
  // The end of the line has the same room each time, so that all lines have the same terms.
  const size_t end = std::max(kEndOfLine, seconds.size() + best.size());
  const size_t most = room();
  fmt::print("{}{}{}\n", fitted_line(pieces, most > end ? most - end : 0), seconds,
             styled(stdout, Style::Good, best));
  std::fflush(stdout);
  return Verdict::Continue;
}

void Progress::on_run_end() { bar_.clear(); }

void Progress::draw_bar(int64_t step, double loss) {
  const std::chrono::duration<double> elapsed = Clock::now() - started_;
  const double epochs_done =
      static_cast<double>(epoch_ - 1) + static_cast<double>(step) / static_cast<double>(steps_);
  const double trained = epochs_done - static_cast<double>(finished_);
  const double seconds_an_epoch = elapsed.count() / trained;
  bar_.show(fitted_line(
      {{fmt::format("epoch {}/{}", epoch_, epochs_)},
       {fmt::format(" [{}]", bar_text(epochs_done / static_cast<double>(epochs_))), kMore},
       {fmt::format(" {:>{}}/{}", step, std::to_string(steps_).size(), steps_), kMore},
       {fmt::format("  loss {:.6f}", loss)},
       {fmt::format("  {} left",
                    clock_time(seconds_an_epoch * (static_cast<double>(epochs_) - epochs_done))),
        kOften},
       {fmt::format("  {} items/s", with_thousands(static_cast<int64_t>(
                                        static_cast<double>(items_) / seconds_an_epoch))),
        kMost},
       {best_text_, kMost}},
      line_width(stdout) - 1));
}

}  // namespace hourglass::training
