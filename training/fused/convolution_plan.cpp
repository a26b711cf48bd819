#include "hourglass/training/fused/convolution_plan.h"

#include <algorithm>
#include <numeric>

namespace hourglass::training::fused {
namespace {

/// Each result sums `kernel` places, `stride` further on for the next one.
std::vector<AxisPhase> gather(int64_t results, const Axis& axis) {
  AxisPhase phase{.from = -axis.before, .from_step = axis.stride, .count = results};
  phase.taps.resize(static_cast<size_t>(axis.kernel));
  std::iota(phase.taps.begin(), phase.taps.end(), 0);
  return {phase};
}

/// Result r gets place i with tap k where i · stride + k − before = r. Results whose r + before leave the same rest
/// modulo the stride have the same taps.
std::vector<AxisPhase> spread(int64_t results, const Axis& axis) {
  std::vector<AxisPhase> phases;
  for (int64_t rest = 0; rest < axis.stride; ++rest) {
    const int64_t first = ((rest - axis.before) % axis.stride + axis.stride) % axis.stride;
    if (first >= results) continue;
    const int64_t taps = std::max<int64_t>(0, (axis.kernel - rest + axis.stride - 1) / axis.stride);
    AxisPhase phase{.from = (first + axis.before - rest) / axis.stride - (taps - 1),
                    .to = first,
                    .to_step = axis.stride,
                    .count = (results - first + axis.stride - 1) / axis.stride};
    for (int64_t tap = taps; tap-- > 0;) phase.taps.push_back(rest + axis.stride * tap);
    phases.push_back(phase);
  }
  return phases;
}

}  // namespace

Margin margin_of(const std::vector<AxisPhase>& phases, int64_t size) {
  Margin margin;
  for (const AxisPhase& phase : phases) {
    if (phase.taps.empty()) continue;
    const int64_t last = phase.from + (phase.count - 1) * phase.from_step +
                         static_cast<int64_t>(phase.taps.size()) - 1;
    margin.before = std::max(margin.before, -phase.from);
    margin.after = std::max(margin.after, last - (size - 1));
  }
  return margin;
}

std::vector<AxisPhase> Axis::forward() const {
  return transposed ? spread(output, *this) : gather(output, *this);
}

std::vector<AxisPhase> Axis::backward() const {
  return transposed ? gather(input, *this) : spread(input, *this);
}

Axis axis_of(const models::LayerPlan& plan, int64_t input) {
  Axis axis{.input = input, .kernel = plan.sizes.at("kernel"), .stride = plan.sizes.at("stride")};
  axis.transposed = plan.kind == "deconv";
  const bool same = plan.sizes.at("same_padding") != 0;
  if (axis.transposed) {
    axis.output = same ? input * axis.stride : (input - 1) * axis.stride + axis.kernel;
    axis.before = same ? std::max<int64_t>(0, axis.kernel - axis.stride) / 2 : 0;
  } else {
    axis.output =
        same ? (input + axis.stride - 1) / axis.stride : (input - axis.kernel) / axis.stride + 1;
    const int64_t padding = (axis.output - 1) * axis.stride + axis.kernel - input;
    axis.before = same ? std::max<int64_t>(0, padding) / 2 : 0;
  }
  for (int64_t place = 0; place < axis.kernel; ++place) axis.sources.push_back({place});
  return axis;
}

Axis with_upsampling(const Axis& axis) {
  // Pixel i of the small image lies at 2 i and 2 i + 1, so that it reaches output[2 i + half − k + before] by tap k.
  Axis folded{.input = axis.input / 2,
              .output = axis.output,
              .kernel = axis.kernel + 1,
              .stride = 2,
              .before = axis.kernel - 1 - axis.before,
              .transposed = true};
  folded.sources.resize(static_cast<size_t>(folded.kernel));
  for (int64_t tap = 0; tap < axis.kernel; ++tap) {
    for (int64_t half = 0; half < 2; ++half) {
      folded.sources[static_cast<size_t>(half - tap + axis.kernel - 1)].push_back(tap);
    }
  }
  return folded;
}

Axis as_transposed(const Axis& axis) {
  Axis turned = axis;
  turned.transposed = true;
  turned.before = axis.kernel - 1 - axis.before;
  std::reverse(turned.sources.begin(), turned.sources.end());
  return turned;
}

}  // namespace hourglass::training::fused
