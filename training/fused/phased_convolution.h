#pragma once

#include "hourglass/training/fused/image_convolution.h"

#include <cstdint>
#include <vector>

namespace hourglass::training::fused {

/// As sums over the kernel's places. A transposed convolution, or the gradient of one with a stride, is a sum for each
/// phase of its pixels.
class PhasedConvolution : public ImageConvolution {
 public:
  PhasedConvolution(ConvolutionWeights weights, const ConvolutionShape& shape, const Step& step);

  int64_t work() const override;
  void refresh(int shard) override;
  void forward(int shard, const kernels::Finish& finish, float* output) override;
  void add_weight_gradient(int shard, bool first) override;
  void write_weight_gradient(int shard) override;
  void backward(int shard, float* input_gradient) override;

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
