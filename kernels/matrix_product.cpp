#include "hourglass/kernels/matrix_product.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hourglass/kernels/matrix_product.cpp"
#include <hwy/foreach_target.h>  // includes this file once for each instruction set

#include "hourglass/kernels/functions-inl.h"
#include "hourglass/kernels/spaced_values-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hourglass::kernels {
namespace HWY_NAMESPACE {

// The right factor's part of a tile, 256 · 2 vectors, stays in the first cache for all rows.
constexpr int64_t kInnerBlock = 256;

/// A tile of the result, some rows by two vectors, stays in registers while the loop runs over `inner`: each step reads
/// one value a row and two vectors of the right factor.
template <int kRows, int kVectors, Left kLies>
HWY_NOINLINE void tile(int64_t inner, const float* left, int64_t left_stride, const RowsOf& right,
                       const MutableRowsOf& result, bool add) {
  const Float f;
  Vector sums[kRows][kVectors];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
    for (int j = 0; j < kVectors; ++j) {
      sums[i][j] = add ? hn::Load(f, result.data + i * result.stride + j * kWidth) : hn::Zero(f);
    }
  }
  // One value of each row, then the next.
  constexpr bool kByRows = kLies == Left::Rows;
  SpacedValues<kRows> values(left, kByRows ? left_stride : 1);
  const float* line = right.data;
  for (int64_t p = 0; p < inner;
       ++p, line += right.stride, values.advance(kByRows ? 1 : left_stride)) {
    Vector columns[kVectors];
#pragma GCC unroll 2
    for (int j = 0; j < kVectors; ++j) {
      columns[j] = hn::Load(f, line + j * kWidth);
      // The next tile's: weights come from far, and the processor does not guess so long a stride (a step of
      // fashion-vae-2d: 1500 -> 1280 µs).
      __builtin_prefetch(line + (kVectors + j) * kWidth);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      const Vector value = hn::Set(f, *values.place(i));
#pragma GCC unroll 2
      for (int j = 0; j < kVectors; ++j) sums[i][j] = hn::MulAdd(value, columns[j], sums[i][j]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
    for (int j = 0; j < kVectors; ++j) {
      hn::Store(sums[i][j], f, result.data + i * result.stride + j * kWidth);
    }
  }
}

using Tile = void (*)(int64_t, const float*, int64_t, const RowsOf&, const MutableRowsOf&, bool);

template <int kVectors, Left kLies, size_t... kRows>
constexpr std::array<Tile, sizeof...(kRows)> tiles_of(std::index_sequence<kRows...> /*rows*/) {
  return {tile<static_cast<int>(kRows) + 1, kVectors, kLies>...};
}

/// By the number of rows less one.
template <int kVectors, Left kLies>
constexpr auto kTiles = tiles_of<kVectors, kLies>(std::make_index_sequence<kMostRows>());

/// Begins to fetch the rows `first` … `end` of the left factor, so many values of each.
HWY_INLINE void fetch(const LeftFactor& left, int64_t first, int64_t end, int64_t inner) {
  constexpr int64_t kLine = 16;
  for (int64_t i = first; i < end; ++i) {
    for (int64_t p = 0; p < inner; p += kLine) __builtin_prefetch(left.data + i * left.stride + p);
  }
}

/// All rows of some columns, over a part of `inner`, in tiles of nearly one height.
template <int kVectors, Left kLies>
void column_of_tiles(int64_t rows, int64_t inner, const LeftFactor& left, const RowsOf& right,
                     const MutableRowsOf& result, bool add) {
  const int64_t count = (rows + kMostRows - 1) / kMostRows;
  for (int64_t i = 0, first = 0; i < count; ++i) {
    const int64_t end = rows * (i + 1) / count;
    const float* values = left.data + first * (kLies == Left::Rows ? left.stride : 1);
    if (left.is_far) fetch(left, end, std::min(rows, rows * (i + 2) / count), inner);
    kTiles<kVectors, kLies>[static_cast<size_t>(end - first - 1)](
        inner, values, left.stride, right, {result.data + first * result.stride, result.stride},
        add);
    first = end;
  }
}

template <Left kLies>
void multiply_lying(const ProductSize& size, const LeftFactor& left, const RowsOf& right,
                    const MutableRowsOf& result, bool add) {
  const int64_t columns = padded(size.columns);
  int64_t start = 0;
  do {  // once even where there is nothing to sum: the result is then 0
    const int64_t inner = std::min(kInnerBlock, size.inner - start);
    LeftFactor part = {left.data + start * (kLies == Left::Rows ? 1 : left.stride), left.stride,
                       kLies};
    for (int64_t column = 0; column < columns; column += 2 * kWidth) {
      // The first tiles of columns bring the rows into the caches. `encode` of mnist-50: 3.9 to 4.1 million items a
      // second; where items were in a cache, nothing is won.
      part.is_far = left.is_far && column == 0;
      const RowsOf block = {right.data + start * right.stride + column, right.stride};
      const MutableRowsOf target = {result.data + column, result.stride};
      const bool adding = add || start > 0;
      if (columns - column >= 2 * kWidth) {
        column_of_tiles<2, kLies>(size.rows, inner, part, block, target, adding);
      } else {
        column_of_tiles<1, kLies>(size.rows, inner, part, block, target, adding);
      }
    }
    start += kInnerBlock;
  } while (start < size.inner);
}

void multiply(const ProductSize& size, const LeftFactor& left, const RowsOf& right,
              const MutableRowsOf& result, Into into) {
  const bool add = into == Into::Add;
  if (left.lies == Left::Rows) {
    multiply_lying<Left::Rows>(size, left, right, result, add);
  } else {
    multiply_lying<Left::Columns>(size, left, right, result, add);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace hourglass::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hourglass::kernels {

HWY_EXPORT(multiply);

void multiply(const ProductSize& size, const LeftFactor& left, const RowsOf& right,
              const MutableRowsOf& result, Into into) {
  HWY_DYNAMIC_DISPATCH(multiply)(size, left, right, result, into);
}

}  // namespace hourglass::kernels
#endif
