#pragma once

#include "hourglass/core/shape.h"
#include "hourglass/models/layer.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace hourglass::models {

// Layers on sequences, [B, T, F]: T time steps of F features.

struct SequenceShape {
  int64_t steps, features;
};

/// An image [C, H, W] is a sequence of its H rows of C·W features, a table row [D] one of D single
/// numbers, and [T, F] is T steps of F features. Throws `UsageError` for other shapes.
SequenceShape sequence_shape(const Shape& item);

/// Items as sequences: [B, shape…] -> [B, T, F].
class ToSequenceLayer : public Layer {
 public:
  explicit ToSequenceLayer(const Shape& item)
      : rows_of_channels_(item.size() == 3 && item[0] > 1), sequence_(sequence_shape(item)) {}

  LayerPlan plan() const override;

 protected:
  at::Tensor run(const at::Tensor& x) override;

 private:
  bool rows_of_channels_;
  SequenceShape sequence_;
};

/// The inverse: [B, T, F] -> [B, shape…].
class FromSequenceLayer : public Layer {
 public:
  explicit FromSequenceLayer(Shape item) : item_(std::move(item)) {}

  LayerPlan plan() const override { return {.kind = "items", .title = "From sequence"}; }

 protected:
  at::Tensor run(const at::Tensor& x) override;

 private:
  Shape item_;
};

/// Long short-term memory (Hochreiter & Schmidhuber 1997, with forget gates), reading the sequence
/// from its start and, when bidirectional, from its end too. The kernel starts Glorot uniform, the
/// recurrent kernel orthogonal, the forget gate's bias at 1, all other biases at 0. There is one
/// bias, as in Keras; LibTorch has two that are only ever added.
class LstmLayer : public Layer {
 public:
  /// What comes out: the hidden state after every step, [B, T, U], or after the last one, [B, U]. U
  /// is `units`, twice that when bidirectional.
  enum class Output { Sequence, Last };

  LstmLayer(int64_t features, int64_t units, Output output, bool bidirectional);

  LayerPlan plan() const override;

 protected:
  at::Tensor run(const at::Tensor& x) override;

 private:
  int64_t units_;
  Output output_;
  bool bidirectional_;

  struct Direction {
    at::Tensor input_kernel;  // [4U, F], the gates in LibTorch's order: input, forget, cell, output
    at::Tensor recurrent_kernel;  // [4U, U]
    at::Tensor bias;              // [4U]
  };
  std::vector<Direction> directions_;
};

/// A vector once for each time step: [B, F] -> [B, T, F].
class RepeatLayer : public Layer {
 public:
  explicit RepeatLayer(int64_t steps) : steps_(steps) {}

  LayerPlan plan() const override;

 protected:
  at::Tensor run(const at::Tensor& x) override;

 private:
  int64_t steps_;
};

}  // namespace hourglass::models
