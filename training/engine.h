#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/training/flat_parameters.h"
#include "hourglass/training/metrics.h"
#include "hourglass/training/optimizer.h"

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <utility>

namespace hourglass::training {

/// Which code computes a training step. All give the same numbers up to rounding.
enum class EngineKind {
  Auto,      ///< the fastest that accepts the model and the device
  Autograd,  ///< LibTorch's automatic differentiation: any model, any device
};

constexpr auto names_of(EngineKind) {
  return std::to_array<EnumName<EngineKind>>(
      {{EngineKind::Auto, "auto"}, {EngineKind::Autograd, "autograd"}});
}

enum class Precision {
  Float32,
  Bfloat16,  ///< matrix products and convolutions in bfloat16 (LibTorch's autocast); weights stay
             ///< float32
};

constexpr auto names_of(Precision) {
  return std::to_array<EnumName<Precision>>(
      {{Precision::Float32, "float32"}, {Precision::Bfloat16, "bfloat16"}});
}

struct EngineOptions {
  EngineKind kind = EngineKind::Auto;
  Precision precision = Precision::Float32;
  std::optional<double>
      clip_norm;  ///< gradients longer than this (L2, all parameters together) are shortened to it
};

/// Turns row numbers into optimizer steps. It gathers the batch itself, so that it may fuse that
/// with the rest.
class Engine {
 public:
  virtual ~Engine() = default;

  /// One optimizer step on the items at `positions` (int64 [B] on the CPU). Does not wait for the
  /// device.
  virtual void train(const at::Tensor& positions, models::StepContext& context,
                     double learning_rate) = 0;

  /// The mean losses since the last call.
  virtual EpochMeans take_means() = 0;

  /// For a progress line: see `LossAverager::recent_loss`.
  virtual double recent_loss() const = 0;
};

/// What an engine works on; all of it must outlive the engine.
struct EngineParts {
  models::Autoencoder& model;
  const datasets::Dataset& data;
  FlatParameters& parameters;
  Optimizer& optimizer;
};

std::unique_ptr<Engine> make_engine(const EngineOptions& options, const EngineParts& parts);

/// The mean losses over all items of `data`, without learning, in evaluation mode (the mode is
/// restored). Batches have the size of training, because a penalty may depend on it. A model that
/// samples draws the same numbers in every call with the same seed.
EpochMeans evaluate_losses(models::Autoencoder& model, const datasets::Dataset& data,
                           int64_t batch_size, int64_t epoch, uint64_t seed, Precision precision);

/// A generator of random numbers on `device`, seeded.
at::Generator make_generator(at::Device device, uint64_t seed);

}  // namespace hourglass::training
