#pragma once

#include "hourglass/core/shape.h"
#include "hourglass/models/initializers.h"
#include "hourglass/models/layer.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace hourglass::models {

/// y = activation(x Wᵀ + b): [B, I] -> [B, O].
class DenseLayer : public Layer {
 public:
  DenseLayer(int64_t inputs, int64_t outputs, Activation activation,
             Initializer initializer = Initializer::GlorotUniform);

  LayerPlan plan() const override;

  at::Tensor weight;  ///< [O, I]
  at::Tensor bias;    ///< [O]

 protected:
  at::Tensor run(const at::Tensor& x) override;

 private:
  Activation activation_;
};

/// y = activation(x W + b) with the weight W of another layer, [B, O] -> [B, I]: only the bias is
/// its own.
class TiedDenseLayer : public Layer {
 public:
  TiedDenseLayer(std::shared_ptr<DenseLayer> source, Activation activation);

  LayerPlan plan() const override;

 protected:
  at::Tensor run(const at::Tensor& x) override;

 private:
  std::shared_ptr<DenseLayer> source_;  // not registered: its parameters belong to the encoder
  at::Tensor bias_;                     // [I]
  Activation activation_;
};

/// [B, shape…] -> [B, product of the shape].
class FlattenLayer : public Layer {
 public:
  LayerPlan plan() const override { return {.kind = "flatten", .title = "Flatten"}; }

 protected:
  at::Tensor run(const at::Tensor& x) override;
};

/// [B, product of the shape] -> [B, shape…].
class ReshapeLayer : public Layer {
 public:
  explicit ReshapeLayer(const Shape& item_shape) : sizes_(with_batch(-1, item_shape)) {}

  /// Sizes are "dimension1", "dimension2", … of the item.
  LayerPlan plan() const override;

 protected:
  at::Tensor run(const at::Tensor& x) override;

 private:
  Shape sizes_;  // -1 for the batch, then the item
};

/// x / ‖x‖, each item by its Euclidean length: [B, N] -> [B, N]. An item of zeros stays one.
class UnitLengthLayer : public Layer {
 public:
  LayerPlan plan() const override { return {.kind = "unit_length", .title = "Unit length"}; }

 protected:
  at::Tensor run(const at::Tensor& x) override;
};

/// In training each value is dropped with probability `share`, and the others are divided by 1 − share;
/// later nothing is changed (Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov: "Dropout",
/// 2014). Any shape. What is drawn is keyed by the rows of the step.
class DropoutLayer : public Layer {
 public:
  /// `share` is in (0, 1).
  explicit DropoutLayer(double share) : share_(share) {}

  LayerPlan plan() const override;

 protected:
  /// Throws `Error` where the model's step is of other rows than `x` (see `Autoencoder::begin_step`).
  at::Tensor run(const at::Tensor& x) override;

 private:
  double share_;
};

/// An activation function on its own, any shape.
class ActivationLayer : public Layer {
 public:
  explicit ActivationLayer(Activation activation) : activation_(activation) {}

  LayerPlan plan() const override;

 protected:
  at::Tensor run(const at::Tensor& x) override { return activate(activation_, x); }

 private:
  Activation activation_;
};

/// x where x > 0, else slope · x: any shape.
class LeakyReluLayer : public Layer {
 public:
  explicit LeakyReluLayer(double slope) : slope_(slope) {}

  LayerPlan plan() const override;

 protected:
  at::Tensor run(const at::Tensor& x) override;

 private:
  double slope_;
};

}  // namespace hourglass::models
