#include "hourglass/kernels/convolution.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hourglass/kernels/convolution.cpp"
#include <hwy/foreach_target.h>  // includes this file once for each instruction set

#include "hourglass/kernels/functions-inl.h"
#include "hourglass/kernels/spaced_values-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hourglass::kernels {
namespace HWY_NAMESPACE {

/// Some pixels of a row by some vectors of channels stay in registers for the whole sum.
template <int kPixels, int kVectors>
HWY_NOINLINE void result_tile(const Correlation& c, const float* from, const float* weights,
                              float* to, const Finish& finish, bool add) {
  const Float f;
  Vector sums[kPixels][kVectors];
#pragma GCC unroll 2
  for (int j = 0; j < kVectors; ++j) {
    const Vector start = finish.bias ? hn::Load(f, finish.bias + j * kWidth) : hn::Zero(f);
#pragma GCC unroll 16
    for (int i = 0; i < kPixels; ++i) {
      sums[i][j] = add ? hn::Load(f, to + i * c.to_pixel + j * kWidth) : start;
    }
  }
  for (int64_t r = 0; r < c.runs; ++r) {
    SpacedValues<kPixels> pixels(from + r * c.from_run, c.from_pixel);
    for (int64_t v = 0; v < c.run; ++v, weights += c.outputs, pixels.advance(1)) {
      Vector columns[kVectors];
#pragma GCC unroll 2
      for (int j = 0; j < kVectors; ++j) columns[j] = hn::Load(f, weights + j * kWidth);
#pragma GCC unroll 16
      for (int i = 0; i < kPixels; ++i) {
        const Vector value = hn::Set(f, *pixels.place(i));
#pragma GCC unroll 2
        for (int j = 0; j < kVectors; ++j) sums[i][j] = hn::MulAdd(value, columns[j], sums[i][j]);
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kPixels; ++i) {
#pragma GCC unroll 2
    for (int j = 0; j < kVectors; ++j) {
      const Vector sum = finish.relu ? at_least(0, sums[i][j]) : sums[i][j];
      hn::Store(sum, f, to + i * c.to_pixel + j * kWidth);
    }
  }
}

/// The values of a run that lie one after the other.
template <int kRows>
struct Neighbours {
  const float* first;
  HWY_INLINE const float* place(int i) const { return first + i; }
};

/// Values wherever they are: few channels have short runs, and then a tile takes several runs.
template <int kRows>
struct Scattered {
  const float* first;
  const int64_t* offsets;
  HWY_INLINE const float* place(int i) const { return first + offsets[i]; }
};

/// Some values of a run by some vectors of channels, summed over all pixels.
template <int kRows, int kVectors, template <int> class Values>
HWY_NOINLINE void weight_tile(const Correlation& c, Values<kRows> values, const float* gradient,
                              float* weights, bool add) {
  const Float f;
  Vector sums[kRows][kVectors];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
    for (int j = 0; j < kVectors; ++j) {
      sums[i][j] = add ? hn::Load(f, weights + i * c.outputs + j * kWidth) : hn::Zero(f);
    }
  }
  for (int64_t row = 0; row < c.rows; ++row) {
    Values<kRows> pixel = values;
    pixel.first += row * c.from_row;
    const float* line = gradient + row * c.to_row;
    for (int64_t column = 0; column < c.columns;
         ++column, pixel.first += c.from_pixel, line += c.to_pixel) {
      Vector columns[kVectors];
#pragma GCC unroll 2
      for (int j = 0; j < kVectors; ++j) columns[j] = hn::Load(f, line + j * kWidth);
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        const Vector value = hn::Set(f, *pixel.place(i));
#pragma GCC unroll 2
        for (int j = 0; j < kVectors; ++j) sums[i][j] = hn::MulAdd(value, columns[j], sums[i][j]);
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
    for (int j = 0; j < kVectors; ++j) {
      hn::Store(sums[i][j], f, weights + i * c.outputs + j * kWidth);
    }
  }
}

using ResultTile = void (*)(const Correlation&, const float*, const float*, float*, const Finish&,
                            bool);

template <int kVectors, size_t... kPixels>
constexpr std::array<ResultTile, sizeof...(kPixels)> result_tiles(
    std::index_sequence<kPixels...> /*pixels*/) {
  return {result_tile<static_cast<int>(kPixels) + 1, kVectors>...};
}

/// By the number of pixels less one.
template <int kVectors>
constexpr auto kResultTiles = result_tiles<kVectors>(std::make_index_sequence<kMostRows>());

template <int kVectors>
void correlate_channels(const Correlation& c, const float* from, const float* weights, float* to,
                        const Finish& finish, bool add) {
  const int64_t count = (c.columns + kMostRows - 1) / kMostRows;
  for (int64_t row = 0; row < c.rows; ++row) {
    for (int64_t i = 0, first = 0; i < count; ++i) {
      const int64_t end = c.columns * (i + 1) / count;
      kResultTiles<kVectors>[static_cast<size_t>(end - first - 1)](
          c, from + row * c.from_row + first * c.from_pixel, weights,
          to + row * c.to_row + first * c.to_pixel, finish, add);
      first = end;
    }
  }
}

/// A run at a time where the weights of all would not stay in the first cache from tile to tile.
template <int kVectors>
void correlate_runs(const Correlation& c, const float* from, const float* weights, float* to,
                    const Finish& finish) {
  constexpr int64_t kMostWeights = 8192;  // 32 KiB
  if (c.runs * c.run * kVectors * kWidth <= kMostWeights) {
    correlate_channels<kVectors>(c, from, weights, to, finish, false);
    return;
  }
  Correlation one = c;
  one.runs = 1;
  for (int64_t r = 0; r < c.runs; ++r) {
    const Finish part = {.bias = r == 0 ? finish.bias : nullptr,
                         .relu = finish.relu && r == c.runs - 1};
    correlate_channels<kVectors>(one, from + r * c.from_run, weights + r * c.run * c.outputs, to,
                                 part, r > 0);
  }
}

void correlate(const Correlation& c, const float* from, const float* weights, float* to,
               const Finish& finish) {
  for (int64_t channel = 0; channel < c.outputs; channel += 2 * kWidth) {
    Finish part = finish;
    if (part.bias) part.bias += channel;
    if (c.outputs - channel >= 2 * kWidth) {
      correlate_runs<2>(c, from, weights + channel, to + channel, part);
    } else {
      correlate_runs<1>(c, from, weights + channel, to + channel, part);
    }
  }
}

template <template <int> class Values, int kVectors>
struct WeightTiles {
  template <int kRows>
  using Argument = Values<kRows>;

  /// One of the tiles, of which a template knows the height: from the highest down.
  template <int kRows = kMostRows>
  static HWY_INLINE void run(int64_t rows, const Correlation& c, const float* from,
                             const int64_t* offsets, const float* gradient, float* weights,
                             bool add) {
    if (rows == kRows) {
      if constexpr (std::is_same_v<Values<1>, Neighbours<1>>) {
        weight_tile<kRows, kVectors, Values>(c, {from}, gradient, weights, add);
      } else {
        weight_tile<kRows, kVectors, Values>(c, {from, offsets}, gradient, weights, add);
      }
    } else if constexpr (kRows > 1) {
      run<kRows - 1>(rows, c, from, offsets, gradient, weights, add);
    }
  }
};

/// `runs` · `run` values, where a run is long.
template <int kVectors>
void weights_of_runs(const Correlation& c, const float* from, const float* gradient, float* weights,
                     bool add) {
  const int64_t count = (c.run + kMostRows - 1) / kMostRows;
  for (int64_t r = 0; r < c.runs; ++r) {
    for (int64_t i = 0, first = 0; i < count; ++i) {
      const int64_t end = c.run * (i + 1) / count;
      WeightTiles<Neighbours, kVectors>::run(end - first, c, from + r * c.from_run + first, nullptr,
                                             gradient, weights + (r * c.run + first) * c.outputs,
                                             add);
      first = end;
    }
  }
}

/// The same, taking the values of all runs together.
template <int kVectors>
void weights_of_short_runs(const Correlation& c, const float* from, const float* gradient,
                           float* weights, bool add) {
  const int64_t values = c.runs * c.run;
  const int64_t count = (values + kMostRows - 1) / kMostRows;
  for (int64_t i = 0, first = 0; i < count; ++i) {
    const int64_t end = values * (i + 1) / count;
    int64_t offsets[kMostRows];
    for (int64_t v = first; v < end; ++v) {
      offsets[v - first] = v / c.run * c.from_run + v % c.run;
    }
    WeightTiles<Scattered, kVectors>::run(end - first, c, from, offsets, gradient,
                                          weights + first * c.outputs, add);
    first = end;
  }
}

template <int kVectors>
void weights_of_channels(const Correlation& c, const float* from, const float* gradient,
                         float* weights, bool add) {
  if (c.run < kMostRows) {
    weights_of_short_runs<kVectors>(c, from, gradient, weights, add);
  } else {
    weights_of_runs<kVectors>(c, from, gradient, weights, add);
  }
}

void weights_of_rows(const Correlation& c, const float* from, const float* gradient, float* weights,
                     bool add) {
  for (int64_t channel = 0; channel < c.outputs; channel += 2 * kWidth) {
    if (c.outputs - channel >= 2 * kWidth) {
      weights_of_channels<2>(c, from, gradient + channel, weights + channel, add);
    } else {
      weights_of_channels<1>(c, from, gradient + channel, weights + channel, add);
    }
  }
}

void correlate_for_weights(const Correlation& c, const float* from, const float* gradient,
                           float* weights, Into into) {
  if (c.run == 0) return;
  // As many rows at a time as stay in the first cache for all tiles.
  constexpr int64_t kMostGradients = 4096;  // 16 KiB
  Correlation part = c;
  const int64_t parts =
      std::clamp<int64_t>(c.rows * c.columns * c.outputs / kMostGradients, 1, c.rows);
  for (int64_t i = 0, first = 0; i < parts; ++i) {
    const int64_t end = c.rows * (i + 1) / parts;
    part.rows = end - first;
    weights_of_rows(part, from + first * c.from_row, gradient + first * c.to_row, weights,
                    into == Into::Add || i > 0);
    first = end;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace hourglass::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hourglass::kernels {

HWY_EXPORT(correlate);
HWY_EXPORT(correlate_for_weights);

void correlate(const Correlation& sizes, const float* from, const float* weights, float* to,
               const Finish& finish) {
  HWY_DYNAMIC_DISPATCH(correlate)(sizes, from, weights, to, finish);
}

void correlate_for_weights(const Correlation& sizes, const float* from, const float* gradient,
                           float* weights, Into into) {
  HWY_DYNAMIC_DISPATCH(correlate_for_weights)(sizes, from, gradient, weights, into);
}

}  // namespace hourglass::kernels
#endif
