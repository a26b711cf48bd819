#include "hourglass/kernels/winograd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hourglass/kernels/winograd.cpp"
#include <hwy/foreach_target.h>  // includes this file once for each instruction set

#include "hourglass/kernels/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hourglass::kernels {
namespace HWY_NAMESPACE {

// The matrices, each as what it makes of a line of values.

/// Bᵀ.
struct AroundTile {
  static constexpr int kFrom = 4, kTo = 4;
  static HWY_INLINE void line(const Vector (&d)[4], Vector (&to)[4]) {
    to[0] = hn::Sub(d[0], d[2]);
    to[1] = hn::Add(d[1], d[2]);
    to[2] = hn::Sub(d[2], d[1]);
    to[3] = hn::Sub(d[1], d[3]);
  }
};

/// Aᵀ.
struct TileOfPlaces {
  static constexpr int kFrom = 4, kTo = 2;
  static HWY_INLINE void line(const Vector (&m)[4], Vector (&to)[2]) {
    to[0] = hn::Add(hn::Add(m[0], m[1]), m[2]);
    to[1] = hn::Sub(hn::Sub(m[1], m[2]), m[3]);
  }
};

/// A.
struct PlacesOfGradient {
  static constexpr int kFrom = 2, kTo = 4;
  static HWY_INLINE void line(const Vector (&y)[2], Vector (&to)[4]) {
    to[0] = y[0];
    to[1] = hn::Add(y[0], y[1]);
    to[2] = hn::Sub(y[0], y[1]);
    to[3] = hn::Neg(y[1]);
  }
};

/// G.
struct PlacesOfKernel {
  static constexpr int kFrom = 3, kTo = 4;
  static HWY_INLINE void line(const Vector (&g)[3], Vector (&to)[4]) {
    const Vector half = constant(0.5F), outer = hn::Add(g[0], g[2]);
    to[0] = g[0];
    to[1] = hn::Mul(half, hn::Add(outer, g[1]));
    to[2] = hn::Mul(half, hn::Sub(outer, g[1]));
    to[3] = g[2];
  }
};

/// Gᵀ.
struct KernelOfGradient {
  static constexpr int kFrom = 4, kTo = 3;
  static HWY_INLINE void line(const Vector (&u)[4], Vector (&to)[3]) {
    const Vector half = constant(0.5F);
    const Vector sum = hn::Mul(half, hn::Add(u[1], u[2]));
    to[0] = hn::Add(u[0], sum);
    to[1] = hn::Mul(half, hn::Sub(u[1], u[2]));
    to[2] = hn::Add(sum, u[3]);
  }
};

/// A matrix from the left, then its transpose from the right.
template <class Matrix>
HWY_INLINE void both_ways(const Vector (&in)[Matrix::kFrom][Matrix::kFrom],
                          Vector (&out)[Matrix::kTo][Matrix::kTo]) {
  Vector between[Matrix::kTo][Matrix::kFrom];
#pragma GCC unroll 4
  for (int column = 0; column < Matrix::kFrom; ++column) {
    Vector from[Matrix::kFrom], to[Matrix::kTo];
#pragma GCC unroll 4
    for (int row = 0; row < Matrix::kFrom; ++row) from[row] = in[row][column];
    Matrix::line(from, to);
#pragma GCC unroll 4
    for (int row = 0; row < Matrix::kTo; ++row) between[row][column] = to[row];
  }
#pragma GCC unroll 4
  for (int row = 0; row < Matrix::kTo; ++row) Matrix::line(between[row], out[row]);
}

/// A square of values that lie `row` and `column` floats apart.
template <int kSize>
HWY_INLINE void load(const float* from, int64_t row, int64_t column,
                     Vector (&square)[kSize][kSize]) {
#pragma GCC unroll 4
  for (int i = 0; i < kSize; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < kSize; ++j) {
      square[i][j] = hn::Load(Float(), from + i * row + j * column);
    }
  }
}
template <int kSize>
HWY_INLINE void store(const Vector (&square)[kSize][kSize], int64_t row, int64_t column,
                      float* to) {
#pragma GCC unroll 4
  for (int i = 0; i < kSize; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < kSize; ++j) hn::Store(square[i][j], Float(), to + i * row + j * column);
  }
}

/// What Matrix makes of the pixels of each tile.
template <class Matrix>
HWY_INLINE void places_of_image(const Tiles& tiles, Framed<const float> image, float* places) {
  const int64_t place = tiles.place();
  for (int64_t row = 0; row < tiles.rows; ++row) {
    const float* from = image.data + 2 * row * image.row;
    for (int64_t column = 0; column < tiles.columns; ++column) {
      for (int64_t channel = 0; channel < tiles.channels; channel += kWidth) {
        Vector pixels[Matrix::kFrom][Matrix::kFrom], result[Matrix::kTo][Matrix::kTo];
        load(from + channel, image.row, tiles.channels, pixels);
        both_ways<Matrix>(pixels, result);
        store(result, 4 * place, place, places + channel);
      }
      from += 2 * tiles.channels;
      places += tiles.channels;
    }
  }
}

void tiles_around(const Tiles& tiles, Framed<const float> image, float* places) {
  places_of_image<AroundTile>(tiles, image, places);
}

void gradient_of_places(const Tiles& tiles, Framed<const float> image, float* places) {
  places_of_image<PlacesOfGradient>(tiles, image, places);
}

void image_of_tiles(const Tiles& tiles, const float* places, const Finish& finish,
                    Framed<float> image) {
  const int64_t place = tiles.place();
  for (int64_t row = 0; row < tiles.rows; ++row) {
    float* to = image.data + 2 * row * image.row;
    for (int64_t column = 0; column < tiles.columns; ++column) {
      for (int64_t channel = 0; channel < tiles.channels; channel += kWidth) {
        Vector values[4][4], pixels[2][2];
        load(places + channel, 4 * place, place, values);
        both_ways<TileOfPlaces>(values, pixels);
        const Vector bias = finish.bias ? hn::Load(Float(), finish.bias + channel) : constant(0);
        for (auto& line : pixels) {
          for (Vector& pixel : line) {
            pixel = hn::Add(pixel, bias);
            if (finish.relu) pixel = at_least(0, pixel);
          }
        }
        store(pixels, image.row, tiles.channels, to + channel);
      }
      to += 2 * tiles.channels;
      places += tiles.channels;
    }
  }
}

template <class Matrix>
HWY_INLINE void transform_kernels(int64_t values, const float* from, float* to) {
  for (int64_t value = 0; value < values; value += kWidth) {
    Vector in[Matrix::kFrom][Matrix::kFrom], out[Matrix::kTo][Matrix::kTo];
    load(from + value, Matrix::kFrom * values, values, in);
    both_ways<Matrix>(in, out);
    store(out, Matrix::kTo * values, values, to + value);
  }
}

void places_of_kernels(int64_t values, const float* kernels, float* places) {
  transform_kernels<PlacesOfKernel>(values, kernels, places);
}

void gradient_of_kernels(int64_t values, const float* places, float* kernels) {
  transform_kernels<KernelOfGradient>(values, places, kernels);
}

}  // namespace HWY_NAMESPACE
}  // namespace hourglass::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hourglass::kernels {

HWY_EXPORT(tiles_around);
HWY_EXPORT(image_of_tiles);
HWY_EXPORT(gradient_of_places);
HWY_EXPORT(places_of_kernels);
HWY_EXPORT(gradient_of_kernels);

void tiles_around(const Tiles& tiles, Framed<const float> image, float* places) {
  HWY_DYNAMIC_DISPATCH(tiles_around)(tiles, image, places);
}

void image_of_tiles(const Tiles& tiles, const float* places, const Finish& finish,
                    Framed<float> image) {
  HWY_DYNAMIC_DISPATCH(image_of_tiles)(tiles, places, finish, image);
}

void gradient_of_places(const Tiles& tiles, Framed<const float> image, float* places) {
  HWY_DYNAMIC_DISPATCH(gradient_of_places)(tiles, image, places);
}

void places_of_kernels(int64_t values, const float* kernels, float* places) {
  HWY_DYNAMIC_DISPATCH(places_of_kernels)(values, kernels, places);
}

void gradient_of_kernels(int64_t values, const float* places, float* kernels) {
  HWY_DYNAMIC_DISPATCH(gradient_of_kernels)(values, places, kernels);
}

}  // namespace hourglass::kernels
#endif
