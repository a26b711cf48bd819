#include "hourglass/training/averages.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>

namespace hourglass::training {

std::vector<std::string> reported_names(const std::vector<models::Phase>& phases) {
  std::vector<std::string> names = {"loss"};
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      throw Error("a model reports '{}' twice", name);
    }
    names.push_back(name);
  };
  for (const auto& phase : phases) {
    for (const auto& term : phase.terms) add(term.name);
    for (const auto& metric : phase.metrics) add(metric);
  }
  return names;
}

void Averages::add(const std::vector<at::Tensor>& values, int64_t items) {
  rows_.push_back(at::stack(values).detach());
  items_.push_back(items);
}

EpochMeans Averages::take() {
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
  rows_.clear();
  items_.clear();
  return means;
}

double Averages::recent_loss() const {
  if (rows_.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto count = std::min<std::ptrdiff_t>(100, std::ssize(rows_));
  const std::vector<at::Tensor> recent(rows_.end() - count, rows_.end());
  return at::stack(recent).select(1, 0).mean().item<double>();
}

}  // namespace hourglass::training
