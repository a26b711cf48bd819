#include "hourglass/training/metrics.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>

namespace hourglass::training {

double value_of(const Measurements& measurements, const std::string& name) {
  for (const auto& measurement : measurements) {
    if (measurement.name == name) return measurement.value;
  }
  throw Error("no measurement is called '{}'", name);
}

void LossAverager::add(const models::Losses& losses, const at::Tensor& total, int64_t items) {
  std::vector<at::Tensor> values = {total.detach()};
  for (const auto& term : losses.terms) values.push_back(term.value.detach());
  for (const auto& metric : losses.metrics) values.push_back(metric.value.detach());
  if (names_.empty()) {
    names_ = {"loss"};
    for (const auto& term : losses.terms) names_.push_back(term.name);
    for (const auto& metric : losses.metrics) names_.push_back(metric.name);
  }
  rows_.push_back(at::stack(values));
  items_.push_back(items);
}

EpochMeans LossAverager::take() {
  EpochMeans means;
  if (rows_.empty()) return means;
  const at::Tensor table = at::stack(rows_).to(at::kCPU, at::kDouble);  // [steps, values]
  const auto cell = table.accessor<double, 2>();
  const auto steps = static_cast<int64_t>(rows_.size());
  const auto all_items =
      static_cast<double>(std::accumulate(items_.begin(), items_.end(), int64_t{0}));
  for (size_t i = 0; i < names_.size(); ++i) {
    double sum = 0;
    for (int64_t step = 0; step < steps; ++step) {
      sum += cell[step][static_cast<int64_t>(i)] *
             static_cast<double>(items_[static_cast<size_t>(step)]);
    }
    means.values.push_back({names_[i], sum / all_items});
  }
  for (int64_t step = 0; step < steps && !means.first_nonfinite_step; ++step) {
    if (!std::isfinite(cell[step][0])) means.first_nonfinite_step = step;
  }
  *this = LossAverager();
  return means;
}

double LossAverager::recent_loss() const {
  if (rows_.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto count = std::min<std::ptrdiff_t>(100, std::ssize(rows_));
  const std::vector<at::Tensor> recent(rows_.end() - count, rows_.end());
  return at::stack(recent).select(1, 0).mean().item<double>();
}

}  // namespace hourglass::training
