#pragma once

#include <cstdint>

namespace hourglass::kernels {

/// Rows of matrices are padded to a multiple of this many values, whatever the instruction set: no
/// loop then has a remainder.
inline constexpr int64_t kLanes = 16;

/// The length of a padded row of `values` values.
constexpr int64_t padded(int64_t values) { return (values + kLanes - 1) / kLanes * kLanes; }

/// How the left factor of a product lies in memory.
enum class Left {
  Rows,     ///< element (i, p) at data[i · stride + p]
  Columns,  ///< element (i, p) at data[p · stride + i]: the matrix is stored transposed
};

struct LeftFactor {
  const float* data;
  int64_t stride;
  Left lies;
  bool is_far = false;  ///< whether its rows are in no cache: they are then fetched ahead
};

/// Rows of values that follow each other; `stride` is a multiple of `kLanes`, data is aligned to 64
/// bytes.
struct RowsOf {
  const float* data;
  int64_t stride;
};
struct MutableRowsOf {
  float* data;
  int64_t stride;
};

struct ProductSize {
  int64_t rows;     ///< of the left factor and the result
  int64_t columns;  ///< of the right factor and the result; rounded up to a multiple of `kLanes`
  int64_t inner;    ///< columns of the left factor, rows of the right one; may be 0
};

enum class Into {
  Overwrite,  ///< result = left · right
  Add,        ///< result += left · right
};

/// The product of two matrices, on the calling thread. The sums run over `inner` in order, so the
/// result of a row does not depend on how many rows there are.
void multiply(const ProductSize& size, const LeftFactor& left, const RowsOf& right,
              const MutableRowsOf& result, Into into = Into::Overwrite);

}  // namespace hourglass::kernels
