#pragma once

#include "hourglass/datasets/dataset.h"
#include "hourglass/datasets/table_schema.h"
#include "hourglass/formats/data_card.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::evaluation {

// What a model makes of a table, column by column, in the units of the table. N rows have D values, of
// C columns.

/// How model values become a table's again.
struct ColumnView {
  datasets::TableSchema schema;
  datasets::Scaling scaling;
};

/// Of data whose items are rows of a table ([D], with a name for each value); none of others, where
/// the targets are other data, and where columns that a model is told were scaled with them.
std::optional<ColumnView> column_view(const formats::DataCard& data, const Shape& item_shape);

/// How far reconstructions are off, for each row and column.
struct ColumnErrors {
  /// float64 [N, C]: original − reconstruction of a number in its unit; NaN where it is missing, and of
  /// other columns.
  at::Tensor residuals;
  at::Tensor errors;  ///< float64 [N, C]: squared errors of the column's values, summed, as scaled
};

/// `originals` and `reconstructions` are model values, [N, D].
ColumnErrors column_errors(const ColumnView& view, const at::Tensor& originals,
                           const at::Tensor& reconstructions);

/// What is usual in each column, float64 [C]: the median, and as a spread 1.4826 times the median
/// distance from it (the standard deviation of a normal distribution), else the standard deviation.
struct UsualErrors {
  at::Tensor residual, residual_spread;
  at::Tensor distance, distance_spread;  ///< of √error
};
UsualErrors usual_errors(const ColumnErrors& errors);

/// What a row's score comes from.
struct Cause {
  int64_t column = 0;
  double spread = 0;       ///< usual, in the unit of a number, else of √error
  double spreads_off = 0;  ///< how many spreads the error is from the usual one
  double share = 0;        ///< of the row's squared error
};

/// The columns of a row, those with the largest share first; at most `most`.
std::vector<Cause> causes_of(const ColumnErrors& errors, const UsualErrors& usual, int64_t row,
                             size_t most);

/// A column's part of one row of model values ([D]) for people: a number in its unit, the likeliest
/// category, true or false; empty for a date.
std::string column_text(const ColumnView& view, const at::Tensor& row, size_t column);

}  // namespace hourglass::evaluation
