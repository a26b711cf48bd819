#include "hourglass/sources/series_gaps.h"

#include "hourglass/core/error.h"
#include "hourglass/core/quantile.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace hourglass::sources {
namespace {

constexpr double kTolerance = 0.01;  // of a step
constexpr double kMostStepsOfARow = 16;

/// The commonest difference; the smallest of equally common ones. Dates differ by whole microseconds,
/// as fractions of a second are not exact in binary; other times, whose unit is not known, count as
/// equally far apart to a thousandth of the median.
double commonest_step(const std::vector<double>& moments, bool dates) {
  std::vector<double> differences;
  for (size_t i = 0; i + 1 < moments.size(); ++i) {
    const double difference = moments[i + 1] - moments[i];
    if (difference > 0) differences.push_back(difference);
  }
  if (differences.empty()) return 1;
  const double unit = dates ? 1e-6 : 1e-3 * median_of(differences);
  struct Alike {
    double sum = 0, count = 0;
  };
  std::map<double, Alike> found;  // by their number of units
  for (const double difference : differences) {
    auto& [sum, count] = found[std::round(difference / unit)];
    sum += difference;
    ++count;
  }
  const auto& [units, alike] = *std::max_element(
      found.begin(), found.end(),
      [](const auto& a, const auto& b) { return a.second.count < b.second.count; });
  return dates ? units / 1e6 : alike.sum / alike.count;
}

/// Row numbers where nothing else says when rows were.
std::vector<double> moments_of(const SeriesTable& table) {
  if (!table.moments.empty()) return table.moments;
  std::vector<double> numbers(static_cast<size_t>(table.values.size(0)));
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<double>(i);
  return numbers;
}

void expect_ascending(const SeriesTable& table, const std::string& name) {
  for (size_t i = 0; i + 1 < table.moments.size(); ++i) {
    if (table.moments[i + 1] > table.moments[i]) continue;
    throw Error(
        "{}: line {}: expected a time after {}, found {}: sort the rows and write each time once, "
        "or use `gaps` split",
        name, table.lines[i + 1], table.times[i], table.times[i + 1]);
  }
}

/// One channel at even moments: fills column `channel` of `filled.values`.
void fill_channel(const at::Tensor& values, int64_t channel, const std::vector<double>& moments,
                  const std::vector<size_t>& known, FilledSteps& filled) {
  const auto value = [&](size_t place) {
    return static_cast<double>(
        values.const_data_ptr<float>()[static_cast<int64_t>(known[place]) * values.size(1) +
                                       channel]);
  };
  size_t next = 0;  // the first known row that is not before the moment
  for (size_t i = 0; i < filled.moments.size(); ++i) {
    const double moment = filled.moments[i];
    while (next < known.size() && moments[known[next]] < moment) ++next;
    double result = 0;
    if (next == 0 || next == known.size()) {
      result = value(next == 0 ? 0 : next - 1);
    } else {
      const double before = moments[known[next - 1]], behind = moments[known[next]];
      result = std::lerp(value(next - 1), value(next), (moment - before) / (behind - before));
    }
    const int64_t place = static_cast<int64_t>(i) * values.size(1) + channel;
    filled.values.mutable_data_ptr<float>()[place] = static_cast<float>(result);
    const int64_t row = filled.rows[i];
    const bool there =
        row >= 0 && !std::isnan(values.const_data_ptr<float>()[row * values.size(1) + channel]);
    if (there) filled.observed.mutable_data_ptr<float>()[place] = static_cast<float>(result);
  }
}

/// The moments, and which rows are at them.
FilledSteps even_moments(const std::vector<double>& moments, double step, int64_t count) {
  FilledSteps filled;
  size_t row = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double moment = moments.front() + static_cast<double>(i) * step;
    while (row + 1 < moments.size() && moments[row] < moment - kTolerance * step) ++row;
    const bool there = std::abs(moments[row] - moment) <= kTolerance * step;
    filled.moments.push_back(moment);
    filled.rows.push_back(there ? static_cast<int64_t>(row) : -1);
  }
  return filled;
}

}  // namespace

SeriesSteps steps_of(const SeriesTable& table) {
  if (table.moments.size() < 2) return {};
  SeriesSteps steps{.step = commonest_step(table.moments, table.dates), .uneven = {}};
  for (size_t i = 0; i + 1 < table.moments.size(); ++i) {
    const double difference = table.moments[i + 1] - table.moments[i];
    const bool even = std::abs(difference - steps.step) <= kTolerance * steps.step;
    if (!even) steps.uneven.push_back(static_cast<int64_t>(i));
  }
  return steps;
}

std::optional<ValuePlace> first_missing(const at::Tensor& values) {
  const auto* value = values.const_data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i) {
    if (std::isnan(value[i])) return ValuePlace{i / values.size(1), i % values.size(1)};
  }
  return {};
}

at::Tensor rows_with_missing(const at::Tensor& values) { return values.isnan().any(1); }

std::vector<datasets::Stretch> stretches_between_gaps(const SeriesTable& table,
                                                      const SeriesSteps& steps) {
  const at::Tensor missing = rows_with_missing(table.values);
  const auto* lacks = missing.const_data_ptr<bool>();
  std::vector<datasets::Stretch> stretches;
  auto uneven = steps.uneven.begin();
  bool open = false;  // whether the next row goes on with the last stretch
  for (int64_t row = 0; row < table.values.size(0); ++row) {
    if (!lacks[row]) {
      if (!open) stretches.push_back({row, 0});
      ++stretches.back().steps;
    }
    open = !lacks[row];
    if (uneven != steps.uneven.end() && *uneven == row) {
      open = false;
      ++uneven;
    }
  }
  return stretches;
}

std::vector<datasets::Stretch> stretches_between_outages(const at::Tensor& observed,
                                                         int64_t shortest) {
  const at::Tensor known = observed.isnan().all(1).logical_not();  // [T]
  const at::Tensor rows = known.nonzero().flatten();
  std::vector<datasets::Stretch> stretches;
  int64_t last = 0;
  for (int64_t i = 0; i < rows.numel(); ++i) {
    const auto row = rows.const_data_ptr<int64_t>()[i];
    if (stretches.empty() || row - last > shortest) stretches.push_back({row, 0});
    stretches.back().steps = row + 1 - stretches.back().first;
    last = row;
  }
  return stretches;
}

FilledSteps fill_steps(const SeriesTable& table, const SeriesSteps& steps,
                       const std::string& name) {
  expect_ascending(table, name);
  const std::vector<double> moments = moments_of(table);
  const auto rows = static_cast<double>(moments.size());
  const double count = std::floor((moments.back() - moments.front()) / steps.step + kTolerance) + 1;
  if (count > kMostStepsOfARow * rows) {
    throw Error(
        "{}: {} rows from {} to {} would become {:.0f} steps of {}: more than 16 of a row; use "
        "`gaps` split",
        name, with_thousands(std::ssize(moments)), table.times.front(), table.times.back(), count,
        steps.step);
  }
  FilledSteps filled = even_moments(moments, steps.step, static_cast<int64_t>(count));
  const int64_t channels = table.values.size(1);
  filled.values = at::empty({static_cast<int64_t>(count), channels}, at::kFloat);
  filled.observed = at::full_like(filled.values, std::numeric_limits<double>::quiet_NaN());
  for (int64_t channel = 0; channel < channels; ++channel) {
    std::vector<size_t> known;
    const at::Tensor lacks = table.values.select(1, channel).isnan();
    for (size_t row = 0; row < moments.size(); ++row) {
      if (!lacks.const_data_ptr<bool>()[row]) known.push_back(row);
    }
    if (known.empty()) {
      throw Error("{}: column '{}': expected numbers, found no value in {} rows", name,
                  table.channels[static_cast<size_t>(channel)],
                  with_thousands(std::ssize(moments)));
    }
    fill_channel(table.values, channel, moments, known, filled);
  }
  return filled;
}

}  // namespace hourglass::sources
