#pragma once

#include "hourglass/kernels/convolution.h"
#include "hourglass/training/fused/convolution_weights.h"
#include "hourglass/training/fused/image_input.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace hourglass::training::fused {

/// What a convolution makes of what.
struct ConvolutionShape {
  Axis rows, columns;
  kernels::ImageSize input, output;  ///< the output's channels are padded
  bool gradient_of_input = false;    ///< whether it is wanted
};

/// The products of a convolution, plain or transposed, on one image at a time.
class ImageConvolution {
 public:
  virtual ~ImageConvolution() = default;

  /// With the margins that the products read.
  const Frame& input() const { return input_; }
  const Frame& output_gradient() const { return output_gradient_; }

  /// Multiplications and additions for a value of the output.
  virtual int64_t work() const = 0;

  /// Copies the weights as the products want them: a shard's part.
  virtual void refresh(int shard) = 0;

  virtual void forward(int shard, const kernels::Finish& finish, float* output) = 0;

  /// The kernel's gradient is summed up over a shard's images, then written.
  virtual void add_weight_gradient(int shard, bool first) = 0;
  virtual void write_weight_gradient(int shard) = 0;

  virtual void backward(int shard, float* input_gradient) = 0;

 protected:
  ImageConvolution(ConvolutionWeights weights, const ConvolutionShape& shape, const Step& step);

  /// `action(row, column, number)` for each pair of taps, in the order of their blocks, numbered from 0.
  template <class Action>
  static void for_taps(const std::vector<int64_t>& row_taps,
                       const std::vector<int64_t>& column_taps, const Action& action) {
    int64_t number = 0;
    for (const int64_t row : row_taps) {
      for (const int64_t column : column_taps) action(row, column, number++);
    }
  }

  ConvolutionWeights weights_;
  const Step* step_;
  int64_t from_channels_, to_channels_, gradient_channels_;

 private:
  Frame input_, output_gradient_;
};

/// The kind that suits the shape.
std::unique_ptr<ImageConvolution> make_convolution(ConvolutionWeights weights,
                                                   const ConvolutionShape& shape, const Step& step);

}  // namespace hourglass::training::fused
