#include "hourglass/datasets/series_windows.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace hourglass::datasets {
namespace {

/// The parts of the stretches that lie in begin … end − 1.
std::vector<Stretch> clipped(const std::vector<Stretch>& stretches, int64_t begin, int64_t end) {
  std::vector<Stretch> parts;
  for (const auto& [first, steps] : stretches) {
    const int64_t from = std::max(first, begin), to = std::min(first + steps, end);
    if (from < to) parts.push_back({from, to - from});
  }
  return parts;
}

}  // namespace

at::Tensor window_view(const at::Tensor& steps, const WindowForm& form) {
  const auto& [window, stride] = form;
  const int64_t count = steps.size(0), channels = steps.size(1);
  if (count < window) {
    throw Error("expected at least {} time steps, a window, found {}: use a smaller `window`",
                with_thousands(window), with_thousands(count));
  }
  return steps.contiguous().as_strided({(count - window) / stride + 1, window, channels},
                                       {stride * channels, channels, 1});
}

at::Tensor windows_within(const std::vector<Stretch>& stretches, const WindowForm& form) {
  const auto& [window, stride] = form;
  std::vector<at::Tensor> parts = {at::empty({0}, at::kLong)};
  for (const auto& [first, steps] : stretches) {
    if (steps < window) continue;
    const int64_t begin = (first + stride - 1) / stride;
    const int64_t end = (first + steps - window) / stride + 1;
    if (begin < end) parts.push_back(at::arange(begin, end, at::kLong));
  }
  return at::cat(parts);
}

at::Tensor steps_of_windows(const at::Tensor& windows, const WindowForm& form) {
  std::vector<int64_t> steps;
  int64_t next = 0;  // the first step that is not there yet
  const auto* numbers = windows.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < windows.numel(); ++i) {
    const int64_t first = numbers[i] * form.stride, end = first + form.window;
    for (next = std::max(next, first); next < end; ++next) steps.push_back(next);
  }
  return at::tensor(steps, at::kLong);
}

Validation automatic_validation(int64_t steps, const WindowForm& form) {
  const double needed = 1.5 * static_cast<double>(form.window) / static_cast<double>(steps);
  // A round number, as the record of a run says it.
  return {Validation::Kind::Last, std::clamp(std::ceil(needed * 100) / 100, 0.1, 0.5)};
}

RowSplit split_windows(const Validation& validation, int64_t steps,
                       const std::vector<Stretch>& stretches, const WindowForm& form) {
  if (validation.kind == Validation::Kind::Split) {
    throw UsageError(
        "`validation` {}: windows of a series overlap, and random ones would hold steps that were "
        "trained on; use last:{}",
        validation.text(), validation.fraction);
  }
  if (validation.kind != Validation::Kind::Last) return {windows_within(stretches, form), {}};
  const int64_t border = validation.rows_before_last(steps);
  RowSplit split = {windows_within(clipped(stretches, 0, border), form),
                    windows_within(clipped(stretches, border, steps), form)};
  if (split.training.numel() == 0 || split.validation.numel() == 0) {
    throw Error(
        "`validation` {}: of {} time steps, {} would be for training and {} for validation; both "
        "need a window of {} without a gap: use another fraction, none, or a smaller `window`",
        validation.text(), with_thousands(steps), with_thousands(border),
        with_thousands(steps - border), with_thousands(form.window));
  }
  return split;
}

Scaling scaling_of_windows(const Scaling& channels, const WindowForm& form) {
  const auto of_all_steps = [&](const auto& of_one) {
    std::decay_t<decltype(of_one)> all;
    for (int64_t step = 0; step < form.window; ++step) {
      all.insert(all.end(), of_one.begin(), of_one.end());
    }
    return all;
  };
  if (!channels.curves.empty()) return {.curves = of_all_steps(channels.curves)};
  if (channels.factor.size() == 1) return channels;
  return {.offset = of_all_steps(channels.offset), .factor = of_all_steps(channels.factor)};
}

}  // namespace hourglass::datasets
