#pragma once

#include "hourglass/kernels/channel_passes.h"
#include "hourglass/models/layer.h"
#include "hourglass/training/fused/layer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::training::fused {

/// What models::BatchNormLayer does, cut so that no pass over an image is made for it alone: the convolution before it
/// hands over each image it has computed, and whoever reads the images applies `affine()` while reading. Images are
/// pooled before that, which the sign of the weight allows.
class BatchNorm {
 public:
  /// `values` a channel are in an image before any pooling.
  BatchNorm(const models::LayerPlan& plan, const std::string& name, int64_t channels,
            int64_t values, const Step& step, Parameters& parameters);

  /// A shard's images come one after the other, from `shard.first` on. Nothing is done while validating.
  void add_image(const Shard& shard, int64_t item, const kernels::ImageSize& size,
                 const float* image);
  /// Once all have come.
  void finish_images();

  /// Normalised value = value · scale + shift.
  kernels::Affine affine() const { return {scale_.data(), shift_.data()}; }
  /// [C], whose sign says which of the images' values become the largest.
  const float* sign() const { return parameters_.values(weight_); }

  /// The same for gradients, by who reads the images: of those normalised and pooled, beside those pooled.
  void add_gradient(const Shard& shard, int64_t item, const kernels::ImageSize& size,
                    const float* gradient, const float* image);
  void finish_gradients();

  /// To the parameters' gradients.
  void write_gradients(const Shard& shard) const;

  /// slope · gradient + offset + curve · value is the gradient of a value.
  kernels::ImageGradient gradient_map() const {
    return {.slope = slope_.data(), .offset = offset_.data(), .curve = curve_.data()};
  }

 private:
  /// Of a shard: sums over its images, about a center so that they lose no digits.
  struct Sums {
    int64_t items = 0;
    Floats center, image_sums, image_squares;              // [C]
    std::vector<double> sums, squares;                     // [C]
    std::vector<double> gradient_sums, gradient_products;  // about the mean of the batch
  };

  struct Moments {
    double mean, variance;
  };
  Moments moments(size_t channel, double count) const;
  void average(const std::vector<Moments>& batch, double count);

  const Step& step_;
  Parameters& parameters_;
  size_t weight_, bias_;
  at::Tensor running_mean_, running_var_, steps_;
  size_t channels_;  // of the model
  int64_t values_;
  std::vector<Sums> shards_;
  Floats mean_, inverse_;          // [C]; inverse: 1 / √(variance + ε)
  Floats scale_, shift_;           // [C], 0 in the padding
  Floats slope_, offset_, curve_;  // [C]
};

}  // namespace hourglass::training::fused
