#pragma once

#include "hourglass/kernels/convolution.h"
#include "hourglass/training/fused/convolution_weights.h"
#include "hourglass/training/fused/image_input.h"

#include <cstdint>
#include <vector>

namespace hourglass::training::fused {

/// The products of a convolution, plain or transposed, on one image at a time. A transposed convolution, or the
/// gradient of one with a stride, is a sum for each phase of its pixels.
class PhasedConvolution {
 public:
  PhasedConvolution() = default;
  PhasedConvolution(ConvolutionWeights weights, Axis rows, Axis columns,
                    const kernels::ImageSize& input, const kernels::ImageSize& output,
                    bool gradient_of_input, const Step& step);

  /// With the margins that the products read.
  const Frame& input() const { return input_; }
  const Frame& output_gradient() const { return output_gradient_; }

  /// Multiplications and additions for a value of the output.
  int64_t work() const;

  /// Copies the weights as the products want them: a shard's part.
  void refresh(int shard);

  void forward(int shard, const kernels::Finish& finish, float* output) const;

  /// The kernel's gradient is summed up over a shard's images, then written.
  void add_weight_gradient(int shard, bool first);
  void write_weight_gradient(int shard) const;

  void backward(int shard, float* input_gradient) const;

 private:
  struct Part {
    kernels::Correlation sizes;
    int64_t from = 0, to = 0, weights = 0;  // floats to the first of each
    std::vector<int64_t> row_taps, column_taps;
  };
  /// An image as the parts see it: floats from row to row and from pixel to pixel.
  struct Steps {
    int64_t row, pixel;
  };

  ConvolutionWeights weights_;
  int64_t from_channels_ = 0, to_channels_ = 0, gradient_channels_ = 0;
  const Step* step_ = nullptr;
  Frame input_, output_gradient_;
  std::vector<Part> forward_, weight_gradient_, backward_;
  Floats forward_weights_, backward_weights_;
  std::vector<Floats> gradients_;  // a shard

  std::vector<Part> parts(const std::vector<AxisPhase>& rows, const std::vector<AxisPhase>& columns,
                          const Steps& from, int64_t from_channels, const Steps& to,
                          int64_t to_channels) const;
  template <class Action>
  static void for_blocks(const std::vector<Part>& parts, int64_t block, const Action& action);
};

}  // namespace hourglass::training::fused
