#include "hourglass/kernels/sparse_products.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hourglass/kernels/sparse_products.cpp"
#include <hwy/foreach_target.h>  // includes this file once for each instruction set

#include "hourglass/kernels/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hourglass::kernels {
namespace HWY_NAMESPACE {

// So many vectors of the result stay in registers while the loop runs over the terms.
constexpr int kMostVectors = HWY_TARGET <= HWY_AVX3 ? 16 : 8;

// Rows are at random places: the one after the next is asked for while this one is summed.
constexpr int64_t kAhead = 2;
constexpr int64_t kLine = 16;  // floats

template <int kVectors>
HWY_INLINE void ask_for(const float* row) {
#pragma GCC unroll 16
  for (int64_t j = 0; j < kVectors * kWidth; j += kLine) __builtin_prefetch(row + j);
}

template <int kVectors>
void combine(const Terms& terms, const float* matrix, int64_t stride, float* result, bool add) {
  const Float f;
  Vector sums[kVectors];
#pragma GCC unroll 16
  for (int j = 0; j < kVectors; ++j) {
    sums[j] = add ? hn::Load(f, result + j * kWidth) : hn::Zero(f);
  }
  for (int64_t t = 0; t < terms.count; ++t) {
    if (t + kAhead < terms.count) ask_for<kVectors>(matrix + terms.rows[t + kAhead] * stride);
    const float* row = matrix + terms.rows[t] * stride;
    const Vector factor = constant(terms.factors[t]);
#pragma GCC unroll 16
    for (int j = 0; j < kVectors; ++j) {
      sums[j] = hn::MulAdd(factor, hn::Load(f, row + j * kWidth), sums[j]);
    }
  }
#pragma GCC unroll 16
  for (int j = 0; j < kVectors; ++j) hn::Store(sums[j], f, result + j * kWidth);
}

template <int kVectors>
void dots(const float* vector, int64_t count, const int32_t* rows, const float* matrix,
          int64_t stride, float* products, bool add) {
  const Float f;
  Vector values[kVectors];
#pragma GCC unroll 16
  for (int j = 0; j < kVectors; ++j) values[j] = hn::Load(f, vector + j * kWidth);
  constexpr int kSums = std::min(kVectors, 4);  // apart, so that they need not wait
  for (int64_t t = 0; t < count; ++t) {
    if (t + kAhead < count) ask_for<kVectors>(matrix + rows[t + kAhead] * stride);
    const float* row = matrix + rows[t] * stride;
    Vector sums[kSums];
#pragma GCC unroll 4
    for (int j = 0; j < kSums; ++j) sums[j] = hn::Mul(values[j], hn::Load(f, row + j * kWidth));
#pragma GCC unroll 16
    for (int j = kSums; j < kVectors; ++j) {
      sums[j % kSums] = hn::MulAdd(values[j], hn::Load(f, row + j * kWidth), sums[j % kSums]);
    }
#pragma GCC unroll 4
    for (int j = 1; j < kSums; ++j) sums[0] = hn::Add(sums[0], sums[j]);
    const float product = hn::GetLane(hn::SumOfLanes(f, sums[0]));
    products[t] = add ? products[t] + product : product;
  }
}

// By the number of vectors less one.
template <size_t... kVectors>
constexpr auto combines_of(std::index_sequence<kVectors...> /*vectors*/) {
  return std::array{combine<static_cast<int>(kVectors) + 1>...};
}
template <size_t... kVectors>
constexpr auto dots_of(std::index_sequence<kVectors...> /*vectors*/) {
  return std::array{dots<static_cast<int>(kVectors) + 1>...};
}
constexpr auto kVectorCounts = std::make_index_sequence<static_cast<size_t>(kMostVectors)>();
constexpr auto kCombine = combines_of(kVectorCounts);
constexpr auto kDots = dots_of(kVectorCounts);

/// Calls work(first column, vectors) for parts of nearly one width.
template <class Work>
void for_parts(int64_t columns, Work work) {
  const int64_t vectors = padded(columns) / kWidth;
  const int64_t count = (vectors + kMostVectors - 1) / kMostVectors;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t first = vectors * i / count;
    work(first * kWidth, static_cast<size_t>(vectors * (i + 1) / count - first));
  }
}

void combine_rows(int64_t columns, const Terms& terms, const RowsOf& matrix, float* result,
                  Into into) {
  for_parts(columns, [&](int64_t first, size_t vectors) {
    kCombine[vectors - 1](terms, matrix.data + first, matrix.stride, result + first,
                          into == Into::Add);
  });
}

void multiply_by_rows(int64_t columns, const float* vector, int64_t count, const int32_t* rows,
                      const RowsOf& matrix, float* products) {
  for_parts(columns, [&](int64_t first, size_t vectors) {
    kDots[vectors - 1](vector + first, count, rows, matrix.data + first, matrix.stride, products,
                       first > 0);
  });
}

void row_norms(int64_t rows, int64_t columns, const RowsOf& matrix, float* norms) {
  const Float f;
  for (int64_t i = 0; i < rows; ++i) {
    const float* row = matrix.data + i * matrix.stride;
    Vector squares = hn::Zero(f);
    for (int64_t j = 0; j < padded(columns); j += kWidth) {
      const Vector value = hn::Load(f, row + j);
      squares = hn::MulAdd(value, value, squares);
    }
    norms[i] = std::sqrt(hn::GetLane(hn::SumOfLanes(f, squares)));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace hourglass::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hourglass::kernels {

HWY_EXPORT(combine_rows);
HWY_EXPORT(multiply_by_rows);
HWY_EXPORT(row_norms);

void combine_rows(int64_t columns, const Terms& terms, const RowsOf& matrix, float* result,
                  Into into) {
  HWY_DYNAMIC_DISPATCH(combine_rows)(columns, terms, matrix, result, into);
}

void multiply_by_rows(int64_t columns, const float* vector, int64_t count, const int32_t* rows,
                      const RowsOf& matrix, float* products) {
  HWY_DYNAMIC_DISPATCH(multiply_by_rows)(columns, vector, count, rows, matrix, products);
}

void row_norms(int64_t rows, int64_t columns, const RowsOf& matrix, float* norms) {
  HWY_DYNAMIC_DISPATCH(row_norms)(rows, columns, matrix, norms);
}

}  // namespace hourglass::kernels
#endif
