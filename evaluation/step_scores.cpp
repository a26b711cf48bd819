#include "hourglass/evaluation/step_scores.h"

#include "hourglass/core/quantile.h"

#include <ATen/ATen.h>

#include <deque>
#include <utility>

namespace hourglass::evaluation {
namespace {

/// What windows say of a batch's steps.
struct WindowErrors {
  at::Tensor firsts;           // [B] int64: the first step of each window
  at::Tensor errors;           // [B, N] float64
  at::Tensor reconstructions;  // [B, N, C] float64
};

/// Sums over the windows that hold a step. Of a step of which nothing is known, all say NaN.
class StepSums {
 public:
  StepSums(int64_t steps, int64_t channels)
      : errors_(at::zeros({steps}, at::kDouble)),
        reconstructions_(at::zeros({steps, channels}, at::kDouble)),
        counts_(at::zeros({steps}, at::kDouble)) {}

  void add(const WindowErrors& found) {
    const int64_t window = found.errors.size(1);
    const at::Tensor steps =
        (found.firsts.unsqueeze(1) + at::arange(window, at::kLong)).flatten();  // [B · N]
    errors_.index_add_(0, steps, found.errors.flatten());
    reconstructions_.index_add_(0, steps, found.reconstructions.flatten(0, 1));
    counts_.index_add_(0, steps, at::ones_like(steps, at::kDouble));
  }

  // Steps without a window become 0 / 0, NaN.
  at::Tensor mean_errors() const { return errors_ / counts_; }
  at::Tensor mean_reconstructions() const { return reconstructions_ / counts_.unsqueeze(1); }

 private:
  at::Tensor errors_, reconstructions_, counts_;
};

/// Medians over the windows that hold a step. As windows ascend, a step is settled when a window
/// begins behind it.
class StepMedians {
 public:
  explicit StepMedians(int64_t steps) : medians_(at::zeros({steps}, at::kDouble)) {}

  void add(const WindowErrors& found) {
    const auto* firsts = found.firsts.const_data_ptr<int64_t>();
    const int64_t window = found.errors.size(1);
    const auto* errors = found.errors.const_data_ptr<double>();
    for (int64_t i = 0; i < found.firsts.numel(); ++i, errors += window) {
      settle_before(firsts[i]);
      if (std::ssize(open_) < window) open_.resize(static_cast<size_t>(window));
      for (int64_t n = 0; n < window; ++n) open_[static_cast<size_t>(n)].push_back(errors[n]);
    }
  }

  at::Tensor medians() {
    settle_before(medians_.size(0));
    return medians_;
  }

 private:
  at::Tensor medians_;
  int64_t settled_ = 0;                   // steps
  std::deque<std::vector<double>> open_;  // of the steps behind them

  void settle_before(int64_t step) {
    for (; settled_ < step; ++settled_) {
      if (open_.empty()) open_.emplace_back();
      medians_.mutable_data_ptr<double>()[settled_] = median_of(std::move(open_.front()));
      open_.pop_front();
    }
  }
};

WindowErrors errors_of(const Batch& batch, const at::Tensor& output,
                       const datasets::WindowForm& form) {
  const int64_t count = batch.input.size(0);
  const auto as_steps = [&](const at::Tensor& items) {
    return items.cpu().to(at::kDouble).reshape({count, form.window, -1});  // [B, N, C]
  };
  const at::Tensor target = as_steps(batch.target), made = as_steps(output);
  return {.firsts = batch.rows * form.stride,
          .errors = mean_of_known((made - target).square(), target).contiguous(),
          .reconstructions = made};
}

}  // namespace

StepScores score_steps(const Reconstructor& reconstruct, const datasets::Dataset& windows,
                       const datasets::WindowForm& form, int64_t steps, StepAverage average,
                       const datasets::BatchProgress& progress) {
  const int64_t channels = element_count(windows.target_shape()) / form.window;
  StepSums sums(steps, channels);
  StepMedians medians(steps);
  const auto add = [&](const Batch& batch, int64_t /*first*/) {
    const WindowErrors found = errors_of(batch, reconstruct(batch.input), form);
    sums.add(found);
    if (average == StepAverage::Median) medians.add(found);
  };
  datasets::for_each_batch(windows, add, progress);
  return {.scores = average == StepAverage::Median ? medians.medians() : sums.mean_errors(),
          .reconstructions = sums.mean_reconstructions()};
}

at::Tensor scored_steps(const StepScores& found) {
  return found.scores.isnan().logical_not().nonzero().flatten();
}

std::vector<Alert> alerts_of(const at::Tensor& scores, double threshold, int64_t apart) {
  std::vector<Alert> alerts;
  const auto* score = scores.const_data_ptr<double>();
  for (int64_t step = 0; step < scores.numel(); ++step) {
    if (!(score[step] > threshold)) continue;
    if (alerts.empty() || step - alerts.back().last > apart) {
      alerts.push_back({.first = step, .last = step, .flagged = 0, .worst = step, .score = 0});
    }
    Alert& alert = alerts.back();
    alert.last = step;
    ++alert.flagged;
    if (score[step] > score[alert.worst] || alert.flagged == 1) alert.worst = step;
    alert.score = score[alert.worst];
  }
  return alerts;
}

}  // namespace hourglass::evaluation
