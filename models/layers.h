#pragma once

#include "hourglass/core/batch.h"
#include "hourglass/models/activation.h"
#include "hourglass/models/initializers.h"

#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hourglass::models {

/// One step of a network: takes a batch, gives a batch, and can be listened to.
///
/// LibTorch's C++ modules have no forward hooks. Layers have this one, and the layer table, the
/// activation pictures and the exported `layers(x)` are all made with it.
class Layer : public torch::nn::Module {
 public:
  at::Tensor forward(const at::Tensor& x) {
    at::Tensor y = run(x);
    if (listener) listener(y);
    return y;
  }

  /// "dense": layers are named by it, "dense1", "dense2", … in a stack.
  virtual std::string kind() const = 0;

  /// For the layer table: "Dense, relu".
  virtual std::string title() const = 0;

  /// Called with every output while it is set.
  std::function<void(const at::Tensor&)> listener;

 protected:
  virtual at::Tensor run(const at::Tensor& x) = 0;
};

/// Layers one after the other.
class Stack : public torch::nn::Module {
 public:
  /// Appends a layer under a name of its kind and returns it.
  template <class L>
  std::shared_ptr<L> add(std::shared_ptr<L> layer) {
    append(layer);
    return layer;
  }

  at::Tensor forward(at::Tensor x);

 private:
  std::vector<std::shared_ptr<Layer>> layers_;

  void append(const std::shared_ptr<Layer>& layer);
};

/// y = activation(x Wᵀ + b): [B, I] -> [B, O].
class DenseLayer : public Layer {
 public:
  DenseLayer(int64_t inputs, int64_t outputs, Activation activation,
             Initializer initializer = Initializer::GlorotUniform);

  std::string kind() const override { return "dense"; }
  std::string title() const override;

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

  std::string kind() const override { return "dense"; }
  std::string title() const override;

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
  std::string kind() const override { return "flatten"; }
  std::string title() const override { return "Flatten"; }

 protected:
  at::Tensor run(const at::Tensor& x) override;
};

/// [B, product of the shape] -> [B, shape…].
class ReshapeLayer : public Layer {
 public:
  explicit ReshapeLayer(Shape item_shape);

  std::string kind() const override { return "reshape"; }
  std::string title() const override { return "Reshape"; }

 protected:
  at::Tensor run(const at::Tensor& x) override;

 private:
  std::vector<int64_t> sizes_;  // -1 for the batch, then the item
};

/// An activation function on its own, any shape.
class ActivationLayer : public Layer {
 public:
  explicit ActivationLayer(Activation activation) : activation_(activation) {}

  std::string kind() const override { return "activation"; }
  std::string title() const override;

 protected:
  at::Tensor run(const at::Tensor& x) override { return activate(activation_, x); }

 private:
  Activation activation_;
};

/// Throws `UsageError` for widths of layers, `widths`, that are none or not positive.
void check_widths(const std::vector<int64_t>& widths);

/// The number of values in one item.
int64_t element_count(const Shape& shape);

/// "1 x 28 x 28".
std::string shape_text(const Shape& shape);

}  // namespace hourglass::models
