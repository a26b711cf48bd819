#pragma once

#include "hourglass/core/batch.h"
#include "hourglass/core/named_tensor.h"
#include "hourglass/models/layers.h"
#include "hourglass/models/likelihood.h"

#include <ATen/core/Generator.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hourglass::models {

/// What a loss may need to know of the step it belongs to.
struct StepContext {
  at::Generator generator;  ///< for sampling; on the device of the batch
  int64_t step = 0;         ///< optimizer steps taken before this one
  int64_t epoch = 1;        ///< counted from 1
  bool training = true;     ///< false while validating
};

/// One part of a loss: its raw value, and how much of it the optimizer sees.
struct LossTerm {
  std::string name;
  at::Tensor value;  ///< scalar, a mean over the batch
  double weight = 1;
};

/// A number worth a column of metrics.csv that is not optimized.
struct Metric {
  std::string name;
  at::Tensor value;  ///< scalar, a mean over the batch
};

struct Losses {
  std::vector<LossTerm> terms;
  std::vector<Metric> metrics;

  /// Σ weight · value.
  at::Tensor total() const;
};

/// The output of one layer [B, …], under the layer's name in the module tree: "encoder.dense1".
using LayerOutput = NamedTensor;

/// Shapes of one input and of the target it is to become; they differ only in paired training.
struct ItemShapes {
  Shape input;
  Shape target;
};

/// A function of one tensor that an exported model has as a method.
struct TensorMethod {
  std::string name;      ///< "encode_distribution"
  std::string argument;  ///< "x"
  Shape item_shape;      ///< of the argument, without the batch
  std::function<std::vector<at::Tensor>(const at::Tensor&)>
      run;  ///< several results become a tuple
};

/// A network through a bottleneck: encode(x) = z, decode(z) ≈ x. The base class of every variant.
///
/// A variant registers its layers, overrides `encode` and `decode_logits` (and `loss`, when more
/// than the reconstruction counts), and takes any batch size. B is the number of rows.
class Autoencoder : public torch::nn::Module {
 public:
  /// Throws `UsageError` when the likelihood does not fit its output activation.
  Autoencoder(ItemShapes shapes, Shape code_shape, Likelihood likelihood);

  /// [B, input shape…] -> the code [B, code shape…].
  virtual at::Tensor encode(const at::Tensor& x) = 0;

  /// [B, code shape…] -> [B, target shape…] before the output activation: the logits of a Bernoulli
  /// likelihood.
  virtual at::Tensor decode_logits(const at::Tensor& z) = 0;

  /// The likelihood's mean: [B, code shape…] -> [B, target shape…]. Never clamped.
  at::Tensor decode(const at::Tensor& z) { return output_->forward(decode_logits(z)); }

  at::Tensor forward(const at::Tensor& x) { return decode(encode(x)); }

  /// The terms to minimise on a batch. By default the mean reconstruction loss alone.
  virtual Losses loss(const Batch& batch, StepContext& context);

  /// Every layer's output on the way of `forward(x)`, in order.
  std::vector<LayerOutput> layers(const at::Tensor& x);

  const Shape& input_shape() const { return shapes_.input; }
  const Shape& target_shape() const { return shapes_.target; }
  const Shape& code_shape() const { return code_shape_; }
  const Likelihood& likelihood() const { return likelihood_; }

  /// What the code is: "vector", "map" (channels × height × width) or "gaussian" (the mean of a
  /// distribution).
  virtual std::string code_kind() const { return "vector"; }

  /// What an exported model can do beyond `forward`, `encode`, `decode` and `layers`: methods to
  /// trace, and methods as TorchScript source, which may call all others.
  virtual std::vector<TensorMethod> extra_methods() { return {}; }
  virtual std::string script_methods() const { return ""; }

 private:
  ItemShapes shapes_;
  Shape code_shape_;
  Likelihood likelihood_;
  std::shared_ptr<ActivationLayer> output_;
};

using AutoencoderPtr = std::shared_ptr<Autoencoder>;

}  // namespace hourglass::models
