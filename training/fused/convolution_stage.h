#pragma once

#include "hourglass/training/fused/batch_norm.h"
#include "hourglass/training/fused/image_convolution.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace hourglass::training::fused {

struct NamedPlan {
  std::string name;
  const models::LayerPlan* plan;
};

/// Layers of a model that are computed together.
struct StagePlan {
  Enlarging enlarging = {};            ///< before the convolution
  NamedPlan convolution;               ///< with its activation
  std::optional<NamedPlan> norm = {};  ///< behind it
  bool pooled = false;                 ///< behind both
};

/// A part of a chain of layers on images.
class ImageStage : public Layer {
 public:
  /// What the next stage reads: normalisation is left to it.
  virtual ImageFlow image() = 0;
  Flow& output() final { return *image().flow; }
};

/// [upsampling] → convolution → activation → [batch norm] → [2 x 2 max pool], an image at a time: what lies between
/// these stays in the caches.
class ConvolutionStage : public ImageStage {
 public:
  ConvolutionStage(const StagePlan& plan, const ImageFlow& input, Adds adds, const Step& step,
                   Parameters& parameters);

  ImageFlow image() override;
  void add_forward(Program& program) override;
  void add_backward(Program& program) override;
  void add_refresh(Program& program) override;

 private:
  const Step& step_;
  models::Activation activation_;
  bool pooled_;
  ImageInput input_;
  kernels::ImageSize map_;  // what the convolution gives
  ConvolutionWeights weights_;
  std::unique_ptr<ImageConvolution> convolution_;
  std::unique_ptr<BatchNorm> norm_;
  Flow output_;
  // What the convolution gave: in the output itself where nothing pools it; else kept for all items, or computed again
  // going backward where that takes less time than memory does.
  bool keeps_maps_ = true;
  Floats maps_;                   // [items]
  std::vector<Floats> own_maps_;  // a shard
  Floats slopes_, ones_, zeros_;  // slopes [items] of activations whose value doesn't tell

  float* map(int shard, int64_t item) const;
  void compute_map(int shard, int64_t item) const;
  kernels::ImageSize output_size() const;
  void forward(const Shard& shard, int64_t item);
  void backward(const Shard& shard, int64_t item);
  void set_map_gradient(int shard, int64_t item) const;
};

}  // namespace hourglass::training::fused
