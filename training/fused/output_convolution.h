#pragma once

#include "hourglass/kernels/dense_passes.h"
#include "hourglass/kernels/patches.h"
#include "hourglass/training/fused/convolution_stage.h"

#include <cstdint>
#include <vector>

namespace hourglass::training::fused {

/// [upsampling] → convolution to few channels → activation; gives images in the order of the item. Channels padded to
/// a vector would be computed for nothing; here the columns of the product are the places of the kernel instead: a
/// pixel gives a patch of results, and patches that overlap are added up.
class OutputConvolution : public ImageStage {
 public:
  OutputConvolution(const StagePlan& plan, const ImageFlow& input, Adds adds, const Step& step,
                    Parameters& parameters);

  /// Whether it can do what `plan` says, and with fewer multiplications than a ConvolutionStage.
  static bool suits(const StagePlan& plan);

  ImageFlow image() override { return {&output_}; }
  void add_forward(Program& program) override;
  void add_backward(Program& program) override;
  void add_refresh(Program& program) override;

 private:
  /// Memory of a shard.
  struct Scratch {
    Floats input;    // [pixels, channels], with zeros behind so that it may be read as padded
    Floats table;    // [pixels, table_row_]
    Floats images;   // [outputs, framed height, framed width]
    Floats weights;  // gradient [channels, table_row_]
  };

  const Step& step_;
  models::Activation activation_;
  ImageInput input_;
  Axis rows_, columns_;
  ConvolutionWeights weights_;
  kernels::Patches patches_;
  int64_t entries_ = 0;  // of a pixel's patches: table_row_ without padding
  int64_t table_row_ = 0;
  int64_t first_ = 0;  // place of the output's first pixel in the framed image
  Flow output_;
  Floats slopes_, zeros_;
  Floats forward_weights_;   // [channels, table_row_]
  Floats backward_weights_;  // [entries, channels padded]
  std::vector<Scratch> scratch_;

  void read(int shard, int64_t item) const;
  void forward(int shard, int64_t item) const;
  void backward(const Shard& shard, int64_t item) const;
  kernels::Area area() const { return {1, output_.width}; }
};

}  // namespace hourglass::training::fused
