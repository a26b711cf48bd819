#pragma once

#include "hourglass/models/convolution_layers.h"
#include "hourglass/models/layer.h"

#include <cstdint>

namespace hourglass::models {

// Convolutions and poolings over time alone. A sequence [B, T, F] is an image of height 1, with a
// channel for each feature: [B, F, 1, T].

/// [B, T, F] -> [B, F, 1, T].
class ToTimeMapLayer : public Layer {
 public:
  LayerPlan plan() const override { return {.kind = "to_time_map", .title = "To time map"}; }

 protected:
  at::Tensor run(const at::Tensor& x) override;
};

/// The inverse: [B, F, 1, T] -> [B, T, F].
class FromTimeMapLayer : public Layer {
 public:
  LayerPlan plan() const override { return {.kind = "from_time_map", .title = "From time map"}; }

 protected:
  at::Tensor run(const at::Tensor& x) override;
};

/// Convolution over time, then the activation: the kernel has `options.kernel` (odd) steps. With Same
/// padding the sequence keeps its length, with Valid it loses kernel − 1 steps; the stride is 1. The
/// kernel starts Glorot uniform.
class TimeConvLayer : public Layer {
 public:
  explicit TimeConvLayer(const ConvOptions& options);

  LayerPlan plan() const override;

 protected:
  at::Tensor run(const at::Tensor& x) override;

 private:
  ConvOptions options_;
  at::Tensor weight_;  // [O, I, 1, K]
  at::Tensor bias_;    // [O], or undefined
};

/// Maxima of two steps each: ⌈T / 2⌉ steps, the last of an odd number alone.
class TimePoolLayer : public Layer {
 public:
  LayerPlan plan() const override { return {.kind = "time_pool", .title = "Max pool 2"}; }

 protected:
  at::Tensor run(const at::Tensor& x) override;
};

/// Every step twice.
class TimeUpsampleLayer : public Layer {
 public:
  LayerPlan plan() const override { return {.kind = "time_upsample", .title = "Upsample 2"}; }

 protected:
  at::Tensor run(const at::Tensor& x) override;
};

}  // namespace hourglass::models
