#pragma once

#include "hourglass/models/layer.h"

#include <cstdint>
#include <vector>

namespace hourglass::training::fused {

/// Results along one side of an image that are computed alike: result number n, at to + n · to_step, is the sum over
/// the taps of what lies at from + n · from_step and the places that follow.
struct AxisPhase {
  int64_t from = 0, from_step = 1;
  int64_t to = 0, to_step = 1;
  int64_t count = 0;
  std::vector<int64_t> taps =
      {};  ///< places in the kernel, in the order of the places that are read
};

/// How many places before and behind a side are read: they hold zeros.
struct Margin {
  int64_t before = 0, after = 0;
};
Margin margin_of(const std::vector<AxisPhase>& phases, int64_t size);

/// A convolution along one side of an image. A plain one sums places of the input, input[o · stride + k − before] for
/// each place k of the kernel, into output[o]; a transposed one spreads input[i] over output[i · stride + k − before].
struct Axis {
  int64_t input = 0, output = 0;  ///< pixels
  int64_t kernel = 1, stride = 1, before = 0;
  bool transposed = false;
  /// The places of the layer's own kernel that are added up to each place of this one.
  std::vector<std::vector<int64_t>> sources = {};

  std::vector<AxisPhase> forward() const;
  std::vector<AxisPhase> backward() const;  ///< from the output's gradient to the input's
};

/// A layer of kind "conv" or "deconv" on a side of `input` pixels.
Axis axis_of(const models::LayerPlan& plan, int64_t input);

/// Each pixel doubled, then the convolution, whose stride is 1: both in one. Of the taps of a convolution many fall on
/// the same pixel of the small image; what they do is a transposed convolution of stride 2 whose kernel is larger by 1.
Axis with_upsampling(const Axis& axis);

/// A plain convolution of stride 1 as a transposed one.
Axis as_transposed(const Axis& axis);

}  // namespace hourglass::training::fused
