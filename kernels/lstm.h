#pragma once

#include "hourglass/kernels/matrix_product.h"

#include <cstdint>

namespace hourglass::kernels {

// What an LSTM does in a time step besides its products, one pass over the cells each. A row of
// gates holds the input, forget, cell and output gates one after the other, each padded(units)
// values; what is padded is 0 in gradients. Where all rows read the same values, a bias or the zero
// state, the stride is 0.

struct LstmCells {
  int64_t rows, units;
};

struct LstmForward {
  MutableRowsOf gates;  ///< in: the sums of products; out: the gates
  RowsOf offsets;       ///< added to the sums: the bias, and what else is the same in each step
  RowsOf cell_before;
  MutableRowsOf cell, cell_tanh;
  MutableRowsOf hidden;  ///< of any alignment; `units` values of a row are written
};

/// c = f · c_before + i · g and h = o · tanh(c).
void lstm_forward(const LstmCells& cells, const LstmForward& step);

struct LstmBackward {
  MutableRowsOf gates;  ///< in: the gates; out: the gradient of their sums
  RowsOf cell_before, cell_tanh;
  RowsOf output_gradient;              ///< of h, from what reads it; of any alignment
  RowsOf hidden_gradient;              ///< of h, from the next step
  RowsOf cell_gradient;                ///< of c, from the next step
  MutableRowsOf cell_before_gradient;  ///< may be `cell_gradient`
  MutableRowsOf gate_sums;  ///< the gradient of the gates' sums is added; of all rows by stride 0
};

void lstm_backward(const LstmCells& cells, const LstmBackward& step);

}  // namespace hourglass::kernels
