#include "hourglass/kernels/channel_passes.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hourglass/kernels/channel_passes.cpp"
#include <hwy/foreach_target.h>  // includes this file once for each instruction set

#include "hourglass/kernels/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hourglass::kernels {
namespace HWY_NAMESPACE {

// Every function takes a vector of channels at a time through a row of the image, or through the whole image where sums
// are to stay in registers.

void place(const ImageSize& size, const float* values, int64_t values_width, const Affine& affine,
           int repeat, Framed<float> result) {
  const Float f;
  for (int64_t row = 0; row < size.height; ++row) {
    const float* line = values + row / repeat * values_width * size.channels;
    for (int64_t channel = 0; channel < size.channels; channel += kWidth) {
      const Vector scale = affine.scale ? hn::Load(f, affine.scale + channel) : hn::Set(f, 1.0F);
      const Vector shift = affine.scale ? hn::Load(f, affine.shift + channel) : hn::Zero(f);
      const float* from = line + channel;
      float* to = result.data + row * result.row + channel;
      for (int64_t column = 0; column < size.width; ++column, to += size.channels) {
        const Vector value = hn::Load(f, from);
        hn::Store(hn::MulAdd(value, scale, shift), f, to);
        if (repeat == 1 || column % 2 == 1) from += size.channels;
      }
    }
  }
}

void moments(const ImageSize& size, const float* values, const float* center, float* sums,
             float* squares) {
  const Float f;
  const int64_t end = size.values();
  for (int64_t channel = 0; channel < size.channels; channel += kWidth) {
    const Vector middle = hn::Load(f, center + channel);
    Vector sum[4], square[4];
    for (int i = 0; i < 4; ++i) sum[i] = square[i] = hn::Zero(f);
    int64_t at = channel;
    for (; at + 3 * size.channels < end; at += 4 * size.channels) {
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) {
        const Vector value = hn::Sub(hn::Load(f, values + at + i * size.channels), middle);
        sum[i] = hn::Add(sum[i], value);
        square[i] = hn::MulAdd(value, value, square[i]);
      }
    }
    for (; at < end; at += size.channels) {
      const Vector value = hn::Sub(hn::Load(f, values + at), middle);
      sum[0] = hn::Add(sum[0], value);
      square[0] = hn::MulAdd(value, value, square[0]);
    }
    hn::Store(hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3])), f, sums + channel);
    hn::Store(hn::Add(hn::Add(square[0], square[1]), hn::Add(square[2], square[3])), f,
              squares + channel);
  }
}

void gradient_moments(const ImageSize& size, const float* gradient, const float* values,
                      const float* center, float* sums, float* products) {
  const Float f;
  // The gradients come from memory: some pixels at a time, all channels of them before the next.
  const int64_t block = 16 * size.channels, all = size.values();
  for (int64_t first = 0; first < all; first += block) {
    const int64_t end = std::min(first + block, all);
    for (int64_t channel = 0; channel < size.channels; channel += kWidth) {
      const Vector middle = hn::Load(f, center + channel);
      Vector sum = first > 0 ? hn::Load(f, sums + channel) : hn::Zero(f);
      Vector product = first > 0 ? hn::Load(f, products + channel) : hn::Zero(f);
      for (int64_t at = first + channel; at < end; at += size.channels) {
        const Vector slope = hn::Load(f, gradient + at);
        sum = hn::Add(sum, slope);
        product = hn::MulAdd(slope, hn::Sub(hn::Load(f, values + at), middle), product);
      }
      hn::Store(sum, f, sums + channel);
      hn::Store(product, f, products + channel);
    }
  }
}

/// Visits the 2 x 2 windows of two rows: `visit(row, column, right, below)` gets the upper left pixel and the distances
/// to the others, 0 where they would lie beyond an odd border.
template <class Visitor>
HWY_INLINE void for_windows(const ImageSize& size, int64_t row, Visitor& visit) {
  const int64_t below = row + 1 < size.height ? 1 : 0;
  for (int64_t column = 0; column < size.width; column += 2) {
    visit(row, column, column + 1 < size.width ? 1 : 0, below);
  }
}

struct Pooling {
  const float* values;
  float* result;
  int64_t row, pixel;
  hn::Mask<Float> minimum;

  HWY_INLINE void operator()(int64_t r, int64_t c, int64_t right, int64_t below) {
    const Float f;
    const float* first = values + r * row + c * pixel;
    const Vector a = hn::Load(f, first), b = hn::Load(f, first + right * pixel);
    const Vector d = hn::Load(f, first + below * row),
                 e = hn::Load(f, first + below * row + right * pixel);
    const Vector most = hn::Max(hn::Max(a, b), hn::Max(d, e));
    const Vector least = hn::Min(hn::Min(a, b), hn::Min(d, e));
    hn::Store(hn::IfThenElse(minimum, least, most), f, result);
    result += pixel;
  }
};

void pool(const ImageSize& size, const float* values, const float* sign, float* result) {
  const Float f;
  const int64_t result_row = (size.width + 1) / 2 * size.channels;
  for (int64_t row = 0; row < size.height; row += 2, result += result_row) {
    for (int64_t channel = 0; channel < size.channels; channel += kWidth) {
      const auto minimum = hn::Lt(hn::Load(f, sign + channel), hn::Zero(f));
      Pooling pooling{values + channel, result + channel, size.width * size.channels, size.channels,
                      minimum};
      for_windows(size, row, pooling);
    }
  }
}

/// A vector of channels of image_gradient().
struct Gradient {
  Vector slope, offset, curve;
  bool relu;

  HWY_INLINE Vector operator()(Vector value, Vector gradient) const {
    const Float f;
    const Vector sum = hn::MulAdd(slope, gradient, hn::MulAdd(curve, value, offset));
    return relu ? hn::IfThenElseZero(hn::Gt(value, hn::Zero(f)), sum) : sum;
  }
};

/// Gives a window's gradient to the first of its extremes, 0 to the others.
struct Unpooling {
  const float* values;
  const float* gradient;
  Framed<float> result;
  int64_t row, pixel;
  hn::Mask<Float> minimum;
  Gradient function;

  HWY_INLINE void operator()(int64_t r, int64_t c, int64_t right, int64_t below) {
    const Float f;
    const float* first = values + r * row + c * pixel;
    const Vector a = hn::Load(f, first), b = hn::Load(f, first + right * pixel);
    const Vector d = hn::Load(f, first + below * row),
                 e = hn::Load(f, first + below * row + right * pixel);
    const Vector most = hn::Max(hn::Max(a, b), hn::Max(d, e));
    const Vector least = hn::Min(hn::Min(a, b), hn::Min(d, e));
    const Vector extreme = hn::IfThenElse(minimum, least, most);
    const Vector given = hn::Load(f, gradient);
    gradient += pixel;
    const auto at_a = hn::Eq(a, extreme), at_b = hn::Eq(b, extreme), at_d = hn::Eq(d, extreme);
    const auto a_or_b = hn::Or(at_a, at_b);
    // The last first: where a border makes two of a window one, the earlier stays.
    float* to = result.data + r * result.row + c * pixel;
    hn::Store(function(e, hn::IfThenZeroElse(hn::Or(a_or_b, at_d), given)), f,
              to + below * result.row + right * pixel);
    hn::Store(function(d, hn::IfThenElseZero(hn::AndNot(a_or_b, at_d), given)), f,
              to + below * result.row);
    hn::Store(function(b, hn::IfThenElseZero(hn::AndNot(at_a, at_b), given)), f,
              to + right * pixel);
    hn::Store(function(a, hn::IfThenElseZero(at_a, given)), f, to);
  }
};

/// A vector of channels of a row, or of two where they are pooled: `gradient` is at its first value.
HWY_INLINE void row_gradient(const ImageSize& size, const ImageGradient& how, int64_t row,
                             int64_t channel, const float* values, const float* gradient,
                             Framed<float> result) {
  const Float f;
  Gradient function{hn::Set(f, 1.0F), hn::Zero(f), hn::Zero(f), how.relu};
  if (how.slope) {
    function.slope = hn::Load(f, how.slope + channel);
    function.offset = hn::Load(f, how.offset + channel);
    function.curve = hn::Load(f, how.curve + channel);
  }
  if (how.pooled) {
    Unpooling unpooling{values + channel,
                        gradient + channel,
                        {result.data + channel, result.row},
                        size.width * size.channels,
                        size.channels,
                        hn::Lt(function.slope, hn::Zero(f)),
                        function};
    for_windows(size, row, unpooling);
    return;
  }
  const float* value = values + row * size.width * size.channels + channel;
  float* to = result.data + row * result.row + channel;
  for (int64_t i = channel; i < size.width * size.channels; i += size.channels) {
    hn::Store(function(hn::Load(f, value), hn::Load(f, gradient + i)), f, to);
    value += size.channels;
    to += size.channels;
  }
}

void image_gradient(const ImageSize& size, const ImageGradient& how, const float* values,
                    const float* gradient, Framed<float> result) {
  const int64_t rows = how.pooled ? 2 : 1;
  const int64_t gradient_row = (how.pooled ? (size.width + 1) / 2 : size.width) * size.channels;
  for (int64_t row = 0; row < size.height; row += rows, gradient += gradient_row) {
    for (int64_t channel = 0; channel < size.channels; channel += kWidth) {
      row_gradient(size, how, row, channel, values, gradient, result);
    }
  }
}

void add_channel_sums(const ImageSize& size, Framed<const float> image, float* sums) {
  const Float f;
  for (int64_t channel = 0; channel < size.channels; channel += kWidth) {
    Vector sum = hn::Load(f, sums + channel);
    for (int64_t row = 0; row < size.height; ++row) {
      const float* values = image.data + row * image.row + channel;
      for (int64_t column = 0; column < size.width; ++column, values += size.channels) {
        sum = hn::Add(sum, hn::Load(f, values));
      }
    }
    hn::Store(sum, f, sums + channel);
  }
}

void gather_repeated(const ImageSize& size, const ImageSize& of, const float* gradient,
                     float* result) {
  const Float f;
  for (int64_t row = 0; row < size.height; ++row) {
    for (int64_t column = 0; column < size.width; ++column) {
      for (int64_t channel = 0; channel < size.channels; channel += kWidth) {
        Vector sum = hn::Zero(f);
        for (int64_t r = 2 * row; r < std::min(2 * row + 2, of.height); ++r) {
          for (int64_t c = 2 * column; c < std::min(2 * column + 2, of.width); ++c) {
            sum =
                hn::Add(sum, hn::Load(f, gradient + (r * of.width + c) * size.channels + channel));
          }
        }
        hn::Store(sum, f, result + (row * size.width + column) * size.channels + channel);
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace hourglass::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hourglass::kernels {

HWY_EXPORT(place);
HWY_EXPORT(moments);
HWY_EXPORT(gradient_moments);
HWY_EXPORT(pool);
HWY_EXPORT(image_gradient);
HWY_EXPORT(add_channel_sums);
HWY_EXPORT(gather_repeated);

void place(const ImageSize& size, const float* values, int64_t values_width, const Affine& affine,
           int repeat, Framed<float> result) {
  HWY_DYNAMIC_DISPATCH(place)(size, values, values_width, affine, repeat, result);
}

void moments(const ImageSize& size, const float* values, const float* center, float* sums,
             float* squares) {
  HWY_DYNAMIC_DISPATCH(moments)(size, values, center, sums, squares);
}

void gradient_moments(const ImageSize& size, const float* gradient, const float* values,
                      const float* center, float* sums, float* products) {
  HWY_DYNAMIC_DISPATCH(gradient_moments)(size, gradient, values, center, sums, products);
}

void pool(const ImageSize& size, const float* values, const float* sign, float* result) {
  HWY_DYNAMIC_DISPATCH(pool)(size, values, sign, result);
}

void image_gradient(const ImageSize& size, const ImageGradient& how, const float* values,
                    const float* gradient, Framed<float> result) {
  HWY_DYNAMIC_DISPATCH(image_gradient)(size, how, values, gradient, result);
}

void add_channel_sums(const ImageSize& size, Framed<const float> image, float* sums) {
  HWY_DYNAMIC_DISPATCH(add_channel_sums)(size, image, sums);
}

void gather_repeated(const ImageSize& size, const ImageSize& of, const float* gradient,
                     float* result) {
  HWY_DYNAMIC_DISPATCH(gather_repeated)(size, of, gradient, result);
}

}  // namespace hourglass::kernels
#endif
