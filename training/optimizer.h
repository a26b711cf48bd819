#pragma once

#include "hourglass/core/fields.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hourglass::training {

enum class OptimizerKind { Adam, AdamW, RmsProp, Adagrad, Adadelta, Sgd };

constexpr auto names_of(OptimizerKind) {
  return std::to_array<EnumName<OptimizerKind>>({{OptimizerKind::Adam, "adam"},
                                                 {OptimizerKind::AdamW, "adamw"},
                                                 {OptimizerKind::RmsProp, "rmsprop"},
                                                 {OptimizerKind::Adagrad, "adagrad"},
                                                 {OptimizerKind::Adadelta, "adadelta"},
                                                 {OptimizerKind::Sgd, "sgd"}});
}

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::Adam;
  std::optional<double> learning_rate;  ///< none: the kind's own, see `default_learning_rate`
  std::optional<double> weight_decay;   ///< AdamW only, decoupled; none: 0.01
  std::optional<double> momentum;       ///< SGD only; none: 0
};

/// Throws `UsageError` for an option that the kind does not have.
void check(const OptimizerOptions& options);

/// Adam, AdamW, RMSprop, SGD 1e-3; Adagrad 1e-2; Adadelta 1.
double default_learning_rate(OptimizerKind kind);

/// What an optimizer remembers between steps.
struct OptimizerState {
  int64_t steps = 0;
  std::vector<at::Tensor> slots;  ///< each [P]; what they mean is the optimizer's own
};

/// Changes weights against their gradient. Works on all weights as one vector: see
/// `FlatParameters`.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// One step: `weights` [P] changes in place, `gradient` [P] is left as it is.
  virtual void step(at::Tensor& weights, const at::Tensor& gradient, double learning_rate) = 0;

  OptimizerState state;
};

/// An optimizer for `weights` [P]. Throws what `check` throws.
///
/// Adam and RMSprop have the constants of the recipes (β 0.9 and 0.999, ρ 0.9, ε 1e-7); the others
/// are PyTorch's.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options,
                                          const at::Tensor& weights);

}  // namespace hourglass::training
