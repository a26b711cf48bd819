#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/core/named_tensor.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
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
  std::optional<double> learning_rate;
  std::optional<double> weight_decay;
  std::optional<double> momentum;
  std::optional<double> epsilon;

  void describe(FieldTable& table);
};

/// An option that some kinds alone have.
struct OptionOfKinds {
  std::string name;
  std::optional<double> OptimizerOptions::*value;
  std::vector<OptimizerKind> kinds;
};
const std::vector<OptionOfKinds>& options_of_kinds();

/// Throws `UsageError` for an option that the kind does not have.
void check(const OptimizerOptions& options);

/// Adam, AdamW, RMSprop, SGD 1e-3; Adagrad 1e-2; Adadelta 1.
double default_learning_rate(OptimizerKind kind);

/// What Adam and AdamW add to the root of the mean square; 1e-7, as in Keras, where nothing is said.
double adam_epsilon(const OptimizerOptions& options);

/// What the optimizer remembers between steps: "mean", "square", …
std::vector<std::string> slot_names(const OptimizerOptions& options);

/// AdamW's, by which weights shrink in each step, times the learning rate; 0 for all others.
double weight_decay(const OptimizerOptions& options);

/// Changes weights against their gradient. Works on weights as one vector: see `FlatParameters`. P
/// is its length.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// One step: `weights` [P] changes in place, `gradient` [P] is left as it is.
  virtual void step(at::Tensor weights, const at::Tensor& gradient, double learning_rate) = 0;

  int64_t steps = 0;               ///< taken so far
  std::vector<NamedTensor> slots;  ///< what it remembers between steps, [P] each: "mean", "square"
};

/// An optimizer for `weights` [P]. Throws what `check` throws.
///
/// Adam and RMSprop have the constants of the recipes (β 0.9 and 0.999, ρ 0.9, ε 1e-7); the others
/// are PyTorch's.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options,
                                          const at::Tensor& weights);

}  // namespace hourglass::training
