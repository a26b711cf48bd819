#pragma once

#include "hourglass/datasets/series.h"
#include "hourglass/sources/series_table.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::sources {

/// How the rows of a series follow each other.
struct SeriesSteps {
  double step = 1;  ///< the commonest, in the unit of the moments; 1 where none are known
  std::vector<int64_t> uneven;  ///< rows that are followed by another step, to within 1 %
};

/// Rows without times follow each other evenly.
SeriesSteps steps_of(const SeriesTable& table);

/// A cell of a table of values.
struct ValuePlace {
  int64_t row, channel;
};

/// The first NaN of `values` [T, C], by rows.
std::optional<ValuePlace> first_missing(const at::Tensor& values);

/// Which rows of [T, C] hold a NaN: bool [T].
at::Tensor rows_with_missing(const at::Tensor& values);

/// The rows between uneven steps and missing values.
std::vector<datasets::Stretch> stretches_between_gaps(const SeriesTable& table,
                                                      const SeriesSteps& steps);

/// The steps between runs of at least `shortest` steps of which `observed` [T, C] has no value at all.
std::vector<datasets::Stretch> stretches_between_outages(const at::Tensor& observed,
                                                         int64_t shortest);

/// A series at even steps.
struct FilledSteps {
  at::Tensor values;            ///< float32 [T, C]
  std::vector<double> moments;  ///< T
  std::vector<int64_t> rows;    ///< T: the row at that moment, to within 1 % of a step; −1: none
  at::Tensor observed;          ///< as `values`; NaN where no row has the value at its moment

  int64_t interpolated() const { return observed.isnan().sum().item<int64_t>(); }
};

/// Resamples from the first moment to the last, each channel by linear interpolation between the
/// rows that have it; before the first and behind the last of them, theirs is repeated. `name` stands
/// for the table in errors. Throws `Error` for moments that do not ascend, for a channel without any
/// value, and where there would be more than 16 steps of a row.
FilledSteps fill_steps(const SeriesTable& table, const SeriesSteps& steps, const std::string& name);

}  // namespace hourglass::sources
