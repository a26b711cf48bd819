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
constexpr double kSecondsBetweenLines = 60;
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

Progress::Progress(ProgressOptions options, int64_t epochs)
    : options_(options), epochs_(epochs), bar_(stdout, options.bar) {}

void Progress::show_untrained(const Measurements& training) const {
  std::vector<LinePiece> pieces = {{epoch_text(0, epochs_)}};
  append(pieces, loss_pieces(training, kMore));
  pieces.push_back({"  (untrained)"});
  fmt::print("{}\n", fitted_line(pieces, room()));
}

void Progress::on_epoch_start(const EpochStart& start) {
  epoch_ = start;
  if (epochs_before_ >= 0) return;
  epochs_before_ = epochs_done(start.done);
  since_start_.restart();
  since_drawing_.restart(kSecondsBetweenDrawings);  // the first bar comes at once
  since_line_.restart();
}

void Progress::on_step(int64_t step, const Engine& engine) {
  if (!bar_.shown() && options_.line_every == 0) return;
  Stopwatch& since = bar_.shown() ? since_drawing_ : since_line_;
  if (since.seconds() < (bar_.shown() ? kSecondsBetweenDrawings : kSecondsBetweenLines)) return;
  since.restart();
  const double loss = engine.averages.recent_loss();
  if (bar_.shown()) {
    draw_bar(step, loss);
  } else {
    print_step(step, loss);
  }
}

Verdict Progress::on_epoch_end(const EpochReport& report, const TrainingStatePtr& state) {
  if (report.improved) {
    best_text_ = fmt::format("  best {:.6f} (epoch {})", state->best.monitored, report.epoch);
  }
  const bool line_due = options_.line_every > 0 &&
                        (report.epoch % options_.line_every == 0 || report.epoch == epochs_);
  if (!line_due) return Verdict::Continue;
  bar_.clear();
  since_line_.restart();
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

double Progress::epochs_done(int64_t step) const {
  return static_cast<double>(epoch_.epoch - 1) +
         static_cast<double>(step) / static_cast<double>(epoch_.steps);
}

double Progress::seconds_an_epoch(int64_t step) const {
  return since_start_.seconds() / (epochs_done(step) - epochs_before_);
}

std::string Progress::time_left(int64_t step) const {
  return clock_time(seconds_an_epoch(step) * (static_cast<double>(epochs_) - epochs_done(step))) +
         " left";
}

void Progress::print_step(int64_t step, double loss) {
  fmt::print("{}  step {}/{}  loss {:.6f}  {}\n", epoch_text(epoch_.epoch, epochs_), step,
             epoch_.steps, loss, time_left(step));
  std::fflush(stdout);
}

void Progress::draw_bar(int64_t step, double loss) {
  const double items_a_second = static_cast<double>(epoch_.items) / seconds_an_epoch(step);
  bar_.show(fitted_line(
      {{fmt::format("epoch {}/{}", epoch_.epoch, epochs_)},
       {fmt::format(" [{}]", bar_text(epochs_done(step) / static_cast<double>(epochs_))), kMore},
       {fmt::format(" {:>{}}/{}", step, std::to_string(epoch_.steps).size(), epoch_.steps), kMore},
       {fmt::format("  loss {:.6f}", loss)},
       {"  " + time_left(step), kOften},
       {fmt::format("  {} items/s", with_thousands(static_cast<int64_t>(items_a_second))), kMost},
       {best_text_, kMost}},
      line_width(stdout) - 1));
}

}  // namespace hourglass::training
