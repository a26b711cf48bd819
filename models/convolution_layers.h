#pragma once

#include "hourglass/models/layer.h"

#include <cstdint>

namespace hourglass::models {

// Layers on images, [B, C, H, W], that behave as Keras' of the same names do: see the table of
// docs/recipes.md.

/// How a convolution treats the border. With Same, the output has ⌈size / stride⌉ pixels a side,
/// and where the padding cannot be even, right and bottom get the larger part. With Valid, nothing
/// is padded.
enum class Padding { Same, Valid };

struct ConvOptions {
  int64_t inputs = 1, outputs = 1;  ///< channels
  int64_t kernel = 3;               ///< pixels a side
  int64_t stride = 1;
  Padding padding = Padding::Same;
  Activation activation = Activation::Relu;
  bool bias = true;
};

/// 2-D convolution, then the activation. The kernel starts Glorot uniform.
class ConvLayer : public Layer {
 public:
  explicit ConvLayer(ConvOptions options);

  LayerPlan plan() const override;

 protected:
  at::Tensor run(const at::Tensor& x) override;

 private:
  ConvOptions options_;
  at::Tensor weight_;  // [O, I, K, K]
  at::Tensor bias_;    // [O], or undefined
};

/// 2-D transposed convolution, then the activation. Same gives size · stride pixels a side (and
/// needs a kernel of at least the stride), Valid (size − 1) · stride + kernel. The kernel starts
/// Glorot uniform.
class ConvTransposeLayer : public Layer {
 public:
  explicit ConvTransposeLayer(ConvOptions options);

  LayerPlan plan() const override;

 protected:
  at::Tensor run(const at::Tensor& x) override;

 private:
  ConvOptions options_;
  at::Tensor weight_;  // [I, O, K, K]
  at::Tensor bias_;    // [O], or undefined
};

/// Batch normalisation over channels (Ioffe & Szegedy 2015) with ε 1e-3. The newest step n has a share
/// of max(1 %, 2 / (n + 1)) in the running averages: those of a short run are means of all its steps,
/// later ones weighing more, and from step 199 on they keep 99 % each step, as Keras' do from the
/// first (whose start from 0 and 1 fades over some hundred steps). As in TensorFlow's fused kernel,
/// which Keras uses for images, a batch is normalised by its biased variance and the unbiased one goes
/// into the running average. A batch of one value a channel leaves the running averages as they are.
///
/// A vector's values [B, D] are normalised as channels are.
class BatchNormLayer : public Layer {
 public:
  /// Keras' ε.
  static constexpr double kEpsilon = 1e-3;

  explicit BatchNormLayer(int64_t channels, double epsilon = kEpsilon);

  LayerPlan plan() const override;

 protected:
  at::Tensor run(const at::Tensor& x) override;

 private:
  double epsilon_;
  at::Tensor weight_, bias_, running_mean_, running_var_;  // [C]
  at::Tensor steps_;                                       // of training, []: int64

  /// By the moments of the whole batch, of which other processes have some rows.
  at::Tensor normalised_with_others(const at::Tensor& x);

  /// A batch's moments [C] go into the running averages.
  void average(const at::Tensor& mean, const at::Tensor& variance);
};

struct PoolOptions {
  int64_t size = 2;  ///< pixels a side
  int64_t stride = 2;
  Padding padding = Padding::Same;  ///< what Same adds is never the largest
};

/// Maxima. As a rule of 2 × 2 pixels: ⌈size / 2⌉ pixels a side, the last of an odd size alone.
class MaxPoolLayer : public Layer {
 public:
  explicit MaxPoolLayer(PoolOptions options = {}) : options_(options) {}

  /// Of kind "pool" where it is the usual one, else "max_pool".
  LayerPlan plan() const override;

 protected:
  at::Tensor run(const at::Tensor& x) override;

 private:
  PoolOptions options_;

  bool is_usual() const {
    return options_.size == 2 && options_.stride == 2 && options_.padding == Padding::Same;
  }
};

/// Every pixel becomes `factor` × `factor`, as a rule 2 × 2.
class UpsampleLayer : public Layer {
 public:
  explicit UpsampleLayer(int64_t factor = 2) : factor_(factor) {}

  /// Of kind "upsample" where it doubles, else "enlarge".
  LayerPlan plan() const override;

 protected:
  at::Tensor run(const at::Tensor& x) override;

 private:
  int64_t factor_;
};

/// The part of the given size whose upper left pixel is (top, left).
class CropLayer : public Layer {
 public:
  CropLayer(int64_t height, int64_t width, int64_t top = 0, int64_t left = 0)
      : height_(height), width_(width), top_(top), left_(left) {}

  /// Of kind "crop" where it is the upper left part, else "cut".
  LayerPlan plan() const override;

 protected:
  at::Tensor run(const at::Tensor& x) override;

 private:
  int64_t height_, width_, top_, left_;
};

}  // namespace hourglass::models
