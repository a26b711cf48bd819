#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/core/processes.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/training/averages.h"
#include "hourglass/training/engine_state.h"
#include "hourglass/training/optimizer.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace hourglass::training {

/// Which code computes. All give the same numbers up to rounding.
enum class EngineKind {
  Auto,      ///< the fastest that accepts the model and the device
  Autograd,  ///< LibTorch's automatic differentiation: any model, any device
  Fused,     ///< by hand, on the CPU, for what a model's plans describe: see fused_engine.h
};
constexpr auto names_of(EngineKind) {
  return std::to_array<EnumName<EngineKind>>({{EngineKind::Auto, "auto"},
                                              {EngineKind::Autograd, "autograd"},
                                              {EngineKind::Fused, "fused"}});
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
  std::optional<double> clip_norm;

  void describe(FieldTable& table) {
    table.add("clip_norm", clip_norm, "shorten gradients that are longer (L2)").above(0);
    table.add("engine", kind, "what computes a step: auto, autograd or fused");
    table.add("precision", precision,
              "of matrix products: float32, or bfloat16 where that is faster");
  }
};

/// Computes steps, validation and inference for a model: batch in, step done, means later. It
/// gathers batches itself, so that it may fuse that with the rest.
class Engine {
 public:
  explicit Engine(Averages empty) : averages(std::move(empty)) {}
  virtual ~Engine() = default;

  /// Never Auto.
  virtual EngineKind kind() const = 0;

  /// A step of each phase on the items at `positions` of the training data: of several processes
  /// this one's share of the batch, `StepContext::share` of it. They must stay where they are until
  /// the next step. Does not wait for the device.
  virtual void train(std::span<const int64_t> positions, const models::StepContext& context,
                     double learning_rate) = 0;

  /// The values of the training steps.
  Averages averages;

  /// The means over all items of `data`, without learning, in evaluation mode; several processes
  /// share every batch. Batches have the size of training, because a penalty may depend on it. A
  /// model that samples draws the numbers of `random`, the same in every call.
  virtual EpochMeans evaluate(const datasets::Dataset& data, int64_t batch_size, int64_t epoch,
                              const RowRandom& random) = 0;

  // Inference in evaluation mode, without gradients.

  virtual at::Tensor encode(const Batch& batch) = 0;       ///< -> [B, code shape…]
  virtual at::Tensor reconstruct(const Batch& batch) = 0;  ///< -> [B, target shape…]

  /// Copies that no later step changes.
  virtual EngineState state() const = 0;

  /// Throws `Error` when the state is of another model or optimizer.
  virtual void restore(const EngineState& state) = 0;

  /// What kept `auto` from a faster engine: "the layer encoder.conv1"; empty where nothing did.
  std::string obstacle;
};

/// What an engine works on; all of it must outlive the engine.
struct EngineParts {
  models::Autoencoder& model;
  const datasets::Dataset& data;
  const OptimizerOptions& optimizer;
  int64_t batch_size = 1;  ///< items that a step has at most, of all processes
  const Processes& processes = kAlone;
};

/// Auto is fused where it takes the model. Throws `Error` where a model's phases contradict
/// themselves, `UsageError` where the engine asked for does not take the model, and says why.
std::unique_ptr<Engine> make_engine(const EngineOptions& options, const EngineParts& parts);

}  // namespace hourglass::training
