#pragma once

#include "hourglass/kernels/activation.h"
#include "hourglass/kernels/matrix_product.h"

#include <cstdint>

namespace hourglass::kernels {

// What a dense layer does around its products, one pass over the rows each. Rows are padded as
// matrix_product.h says; `columns` counts real values, and what is written beyond them is unspecified
// in values and 0 in gradients.

struct Area {
  int64_t rows, columns;
};

/// y = f(y + bias) in place. `slopes`, of the same stride, gets f'(y + bias) where the value does not
/// tell it, see `slope_follows_from_value`; else it is ignored.
void add_bias_and_activate(Activation activation, const Area& area, const float* bias,
                           const MutableRowsOf& y, float* slopes);

/// gradient *= f'(a), from y = f(a) or from `slopes`.
void multiply_by_slopes(Activation activation, const Area& area, const RowsOf& y,
                        const float* slopes, const MutableRowsOf& gradient);

/// sums[column] = the sum of the column, in the order of the rows.
void sum_columns(const Area& area, const RowsOf& rows, float* sums);

/// out [columns, rows] = in [rows, columns].
void transpose(const Area& area, const RowsOf& in, const MutableRowsOf& out);

}  // namespace hourglass::kernels
