#include "hourglass/training/fused/image_convolution.h"

#include "hourglass/training/fused/phased_convolution.h"
#include "hourglass/training/fused/winograd_convolution.h"

#include <utility>

namespace hourglass::training::fused {

ImageConvolution::ImageConvolution(ConvolutionWeights weights, const ConvolutionShape& shape,
                                   const Step& step)
    : weights_(std::move(weights)),
      step_(&step),
      from_channels_(shape.input.channels),
      to_channels_(shape.output.channels),
      gradient_channels_(kernels::padded(shape.input.channels)),
      input_(shape.input, margin_of(shape.rows.forward(), shape.input.height),
             margin_of(shape.columns.forward(), shape.input.width), step.most_shards),
      output_gradient_(shape.output, margin_of(shape.rows.backward(), shape.output.height),
                       margin_of(shape.columns.backward(), shape.output.width), step.most_shards) {}

std::unique_ptr<ImageConvolution> make_convolution(ConvolutionWeights weights,
                                                   const ConvolutionShape& shape,
                                                   const Step& step) {
  if (WinogradConvolution::suits(shape)) {
    return std::make_unique<WinogradConvolution>(std::move(weights), shape, step);
  }
  return std::make_unique<PhasedConvolution>(std::move(weights), shape, step);
}

}  // namespace hourglass::training::fused
