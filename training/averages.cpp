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

void Averages::add(std::span<const double> values, int64_t items) {
  numbers_.insert(numbers_.end(), values.begin(), values.end());
  items_.push_back(items);
}

/// All steps: [steps, names].
std::vector<double> Averages::table() const {
  if (rows_.empty()) return numbers_;
  const at::Tensor table = at::stack(rows_).to(at::kCPU, at::kDouble);
  const auto* first = table.const_data_ptr<double>();
  return {first, first + table.numel()};
}

EpochMeans Averages::take() {
  EpochMeans means;
  if (items_.empty()) return means;
  const std::vector<double> cells = table();
  const auto all_items =
      static_cast<double>(std::accumulate(items_.begin(), items_.end(), int64_t{0}));
  for (size_t i = 0; i < names_.size(); ++i) {
    double sum = 0;
    for (size_t step = 0; step < items_.size(); ++step) {
      sum += cells[step * names_.size() + i] * static_cast<double>(items_[step]);
    }
    means.values.push_back({names_[i], sum / all_items});
  }
  for (size_t step = 0; step < items_.size() && !means.first_nonfinite_step; ++step) {
    if (!std::isfinite(cells[step * names_.size()])) {
      means.first_nonfinite_step = static_cast<int64_t>(step);
    }
  }
  rows_.clear();
  numbers_.clear();
  items_.clear();
  return means;
}

double Averages::recent_loss() const {
  const auto count = std::min<size_t>(100, items_.size());
  if (count == 0) return std::numeric_limits<double>::quiet_NaN();
  if (!rows_.empty()) {
    const std::vector<at::Tensor> recent(rows_.end() - static_cast<std::ptrdiff_t>(count),
                                         rows_.end());
    return at::stack(recent).select(1, 0).mean().item<double>();
  }
  double sum = 0;
  for (size_t step = items_.size() - count; step < items_.size(); ++step) {
    sum += numbers_[step * names_.size()];
  }
  return sum / static_cast<double>(count);
}

}  // namespace hourglass::training
