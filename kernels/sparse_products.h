#pragma once

#include "hourglass/kernels/matrix_product.h"

#include <cstdint>

namespace hourglass::kernels {

// Products of a sparse vector with a matrix: only the rows of the matrix that it names are read. Each reads
// `count` rows of `columns` values and takes 2 · count · columns operations.

/// Some rows of a matrix, and a factor for each.
struct Terms {
  const int32_t* rows;
  const float* factors;
  int64_t count;
};

/// result [columns] = Σ factorₜ · matrix[rowₜ], in the order of the terms. Padding is summed, too.
void combine_rows(int64_t columns, const Terms& terms, const RowsOf& matrix, float* result,
                  Into into = Into::Overwrite);

/// products [count]: productₜ = ⟨vector, matrix[rowsₜ]⟩. `vector` is aligned as a row is; its padding
/// is 0.
void multiply_by_rows(int64_t columns, const float* vector, int64_t count, const int32_t* rows,
                      const RowsOf& matrix, float* products);

/// norms [rows]: of each row √Σ value². What lies beyond the columns is 0.
void row_norms(int64_t rows, int64_t columns, const RowsOf& matrix, float* norms);

}  // namespace hourglass::kernels
