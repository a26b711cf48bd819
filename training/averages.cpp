#include "hourglass/training/averages.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

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

/// Of this process's steps.
EpochSums Averages::own_sums() const {
  EpochSums sums = before_;
  sums.values.resize(names_.size());
  const std::vector<double> cells = table();
  for (size_t step = 0; step < items_.size(); ++step) {
    const double* values = cells.data() + step * names_.size();
    for (size_t i = 0; i < names_.size(); ++i) {
      sums.values[i] += values[i] * static_cast<double>(items_[step]);
    }
    if (!std::isfinite(values[0]) && !sums.first_nonfinite_step) {
      sums.first_nonfinite_step = sums.steps;
    }
    sums.items += items_[step];
    ++sums.steps;
  }
  return sums;
}

void Averages::restore(EpochSums sums) {
  if (sums.values.size() % names_.size() != 0) {
    throw Error("the saved sums of an epoch: expected {} of them, found {}", names_.size(),
                sums.values.size());
  }
  forget();
  before_ = std::move(sums);
  if (before_.values.empty()) return;
  const auto names = std::ssize(names_), count = std::ssize(before_.values) / names;
  const at::Tensor parts = at::from_blob(before_.values.data(), {count, names}, at::kDouble);
  // Each process goes on with its own part, or the first one with all of them, where there were
  // more or fewer.
  const at::Tensor own = count == processes_.count() ? parts[processes_.rank()].clone()
                         : processes_.first()        ? parts.sum(0)
                                                     : at::zeros({names}, at::kDouble);
  before_.values.assign(own.const_data_ptr<double>(), own.const_data_ptr<double>() + names);
}

EpochSums Averages::sums() const {
  EpochSums sums = own_sums();
  if (processes_.alone() || sums.items == 0) return sums;
  const at::Tensor own =
      at::from_blob(sums.values.data(), {1, std::ssize(sums.values)}, at::kDouble);
  const at::Tensor all = processes_.gather(own).rows.contiguous();
  sums.first_nonfinite_step = first_of_all(sums);
  sums.values.assign(all.const_data_ptr<double>(), all.const_data_ptr<double>() + all.numel());
  return sums;
}

/// The first step, of any process, whose loss is not finite.
std::optional<int64_t> Averages::first_of_all(const EpochSums& own) const {
  const at::Tensor first = at::full({1}, own.first_nonfinite_step.value_or(own.steps), at::kLong);
  const auto found = processes_.gather(first).rows.min().item<int64_t>();
  if (found < own.steps) return found;
  return {};
}

void Averages::forget() {
  before_ = {};
  rows_.clear();
  numbers_.clear();
  items_.clear();
}

EpochMeans Averages::take() {
  EpochSums sums = own_sums();
  forget();
  if (sums.items == 0) return {};
  add_up(sums);
  EpochMeans means;
  for (size_t i = 0; i < names_.size(); ++i) {
    means.values.push_back({names_[i], sums.values[i] / static_cast<double>(sums.items)});
  }
  means.first_nonfinite_step = sums.first_nonfinite_step;
  return means;
}

/// Of this process -> of all.
void Averages::add_up(EpochSums& sums) const {
  if (processes_.alone()) return;
  processes_.sum(at::from_blob(sums.values.data(), {std::ssize(sums.values)}, at::kDouble));
  sums.first_nonfinite_step = first_of_all(sums);
}

double Averages::recent_loss() const {
  const auto count = std::min<size_t>(100, items_.size());
  if (count == 0) return std::numeric_limits<double>::quiet_NaN();
  const auto processes = static_cast<double>(processes_.count());
  if (!rows_.empty()) {
    const std::vector<at::Tensor> recent(rows_.end() - static_cast<std::ptrdiff_t>(count),
                                         rows_.end());
    return at::stack(recent).select(1, 0).mean().item<double>() * processes;
  }
  double sum = 0;
  for (size_t step = items_.size() - count; step < items_.size(); ++step) {
    sum += numbers_[step * names_.size()];
  }
  return sum / static_cast<double>(count) * processes;
}

}  // namespace hourglass::training
