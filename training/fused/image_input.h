#pragma once

#include "hourglass/kernels/channel_passes.h"
#include "hourglass/training/fused/batch_norm.h"
#include "hourglass/training/fused/convolution_plan.h"
#include "hourglass/training/fused/layer.h"

#include <cstdint>
#include <vector>

namespace hourglass::training::fused {

/// Images [C, H, W] that flow from one layer to the next, where a normalisation may be left to whoever reads them: it
/// is applied in the pass that copies an image, and counts its gradient while that is still in the caches.
struct ImageFlow {
  Flow* flow = nullptr;
  BatchNorm* norm = nullptr;  ///< only where the order is ChannelsLast

  bool channels_last() const { return flow->order == Order::ChannelsLast; }
};

/// For each shard an image, channels last, with margins that stay 0.
class Frame {
 public:
  Frame() = default;
  Frame(const kernels::ImageSize& size, const Margin& rows, const Margin& columns, int shards);

  const kernels::ImageSize& size() const { return size_; }
  int64_t row() const { return row_; }  ///< floats from row to row
  kernels::Framed<float> image(int shard) const {
    return {memory_[static_cast<size_t>(shard)].data() + first_, row_};
  }

 private:
  kernels::ImageSize size_;
  int64_t row_ = 0, first_ = 0;
  std::vector<Floats> memory_;
};

/// How a convolution sees its input: perhaps upsampled, perhaps cropped.
struct Enlarging {
  bool upsampled = false;
  int64_t height = 0, width = 0;  ///< what is left of it, from the upper left; 0: all
};

/// Reads images for a convolution, channels last, and takes their gradients back.
class ImageInput {
 public:
  ImageInput() = default;
  ImageInput(const ImageFlow& source, const Enlarging& enlarging, Adds adds, const Step& step);

  /// As the convolution sees it. Channels are as many as the model has where the source is in the order of the item
  /// (a single one then costs no padding), else padded.
  const kernels::ImageSize& size() const { return size_; }
  bool wants_gradient() const { return static_cast<bool>(source_.flow->gradient); }
  /// Like size(), always padded.
  kernels::ImageSize gradient_size() const;

  void read(int64_t item, kernels::Framed<float> image) const;

  /// Where the gradient of an item is to be written, and what is to be done then.
  float* gradient(int shard, int64_t item) const;
  void give_gradient(const Shard& shard, int64_t item) const;

 private:
  ImageFlow source_;
  int64_t source_height_ = 0, source_width_ = 0;
  int repeat_ = 1;
  bool adds_ = false;
  kernels::ImageSize size_;
  std::vector<Floats> gradients_, gathered_;  // a shard; where the flow's own memory will not do

  kernels::ImageSize source_size() const;
  const float* gathered(int shard) const;
  void copy_gradient(int shard, int64_t item) const;
};

}  // namespace hourglass::training::fused
