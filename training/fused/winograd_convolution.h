#pragma once

#include "hourglass/kernels/winograd.h"
#include "hourglass/training/fused/image_convolution.h"

#include <cstdint>
#include <vector>

namespace hourglass::training::fused {

/// A 3 x 3 convolution of stride 1, plain or transposed, by minimal filtering (kernels/winograd.h): with many channels,
/// half the time of sums over the kernel's places.
class WinogradConvolution : public ImageConvolution {
 public:
  /// Whether it is one, with even sides and channels that fill vectors.
  static bool suits(const ConvolutionShape& shape);

  WinogradConvolution(ConvolutionWeights weights, const ConvolutionShape& shape, const Step& step);

  int64_t work() const override;
  void refresh(int shard) override;
  void forward(int shard, const kernels::Finish& finish, float* output) override;
  void add_weight_gradient(int shard, bool first) override;
  void write_weight_gradient(int shard) override;
  void backward(int shard, float* input_gradient) override;

 private:
  /// From images with margins to images: the output, or the gradient of the input.
  struct Pass {
    int64_t from = 0;  ///< floats from an image's first pixel to the first that is read
    /// Places in the kernel, in the order of the pixels.
    std::vector<int64_t> row_taps, column_taps;
    kernels::ImageSize image;  ///< the result
    int64_t inputs = 0;        ///< channels; 0 where there is no such pass
    Floats kernels, places;    ///< [3, 3, inputs, outputs], [16, inputs, outputs]
  };
  /// What a shard computes in.
  struct Workspace {
    Floats inputs, outputs;            // places of the tiles of a band
    Floats gradient_places, gradient;  // [16, inputs, outputs], [3, 3, inputs, outputs]
  };

  Pass forward_, backward_;
  std::vector<Workspace> workspaces_;  // a shard

  Pass pass(const AxisPhase& rows, const AxisPhase& columns, const Frame& from,
            const kernels::ImageSize& image) const;
  void run(const Pass& pass, int shard, const kernels::Framed<float>& image,
           const kernels::Finish& finish, float* to);
};

}  // namespace hourglass::training::fused
