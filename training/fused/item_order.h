#pragma once

#include "hourglass/training/fused/convolution_stage.h"

#include <vector>

namespace hourglass::training::fused {

/// The end of a chain of layers on images: what was left to the next reader is done, and the values are given in the
/// order of the item.
class ItemOrder : public ImageStage {
 public:
  ItemOrder(const ImageFlow& input, const Enlarging& enlarging, const Step& step);

  ImageFlow image() override { return {&output_}; }
  void add_forward(Program& program) override;
  void add_backward(Program& program) override;

 private:
  ImageInput input_;
  int64_t channels_;
  Flow output_;
  std::vector<Floats> images_;  // a shard, channels last
};

}  // namespace hourglass::training::fused
