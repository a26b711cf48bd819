#include "hourglass/training/optimizer.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace hourglass::training {
namespace {

/// Slots of zeros beside the weights, and a vector for what each step computes anew.
class SlotOptimizer : public Optimizer {
 public:
  SlotOptimizer(const at::Tensor& weights, const OptimizerOptions& options)
      : scratch_(at::empty_like(weights)) {
    for (const auto& name : slot_names(options)) slots.push_back({name, at::zeros_like(weights)});
  }

 protected:
  at::Tensor scratch_;
};

/// Kingma & Ba 2015, with ε added after the bias correction as PyTorch does; weight decay as in
/// Loshchilov & Hutter 2019.
class Adam : public SlotOptimizer {
 public:
  Adam(const at::Tensor& weights, const OptimizerOptions& options)
      : SlotOptimizer(weights, options),
        weight_decay_(weight_decay(options)),
        epsilon_(adam_epsilon(options)) {}

  void step(at::Tensor weights, const at::Tensor& gradient, double learning_rate) override {
    constexpr double kBeta1 = 0.9, kBeta2 = 0.999;
    at::Tensor &mean = slots[0].value, &square = slots[1].value;
    const auto t = static_cast<double>(++steps);
    if (weight_decay_ != 0) weights.mul_(1 - learning_rate * weight_decay_);
    mean.lerp_(gradient, 1 - kBeta1);
    square.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    at::sqrt_out(scratch_, square);
    scratch_.div_(std::sqrt(1 - std::pow(kBeta2, t))).add_(epsilon_);
    weights.addcdiv_(mean, scratch_, -learning_rate / (1 - std::pow(kBeta1, t)));
  }

 private:
  double weight_decay_, epsilon_;
};

/// Tieleman & Hinton 2012: g / (√v + ε), with ε outside the root. (Keras 3 puts it inside and
/// converges worse here.)
class RmsProp : public SlotOptimizer {
 public:
  using SlotOptimizer::SlotOptimizer;

  void step(at::Tensor weights, const at::Tensor& gradient, double learning_rate) override {
    constexpr double kRho = 0.9, kEpsilon = 1e-7;
    at::Tensor& square = slots[0].value;
    ++steps;
    square.mul_(kRho).addcmul_(gradient, gradient, 1 - kRho);
    at::sqrt_out(scratch_, square);
    weights.addcdiv_(gradient, scratch_.add_(kEpsilon), -learning_rate);
  }
};

/// Duchi, Hazan & Singer 2011.
class Adagrad : public SlotOptimizer {
 public:
  using SlotOptimizer::SlotOptimizer;

  void step(at::Tensor weights, const at::Tensor& gradient, double learning_rate) override {
    constexpr double kEpsilon = 1e-10;
    at::Tensor& square = slots[0].value;
    ++steps;
    square.addcmul_(gradient, gradient);
    at::sqrt_out(scratch_, square);
    weights.addcdiv_(gradient, scratch_.add_(kEpsilon), -learning_rate);
  }
};

/// Zeiler 2012.
class Adadelta : public SlotOptimizer {
 public:
  using SlotOptimizer::SlotOptimizer;

  void step(at::Tensor weights, const at::Tensor& gradient, double learning_rate) override {
    constexpr double kRho = 0.9, kEpsilon = 1e-6;
    at::Tensor &square = slots[0].value, &delta_square = slots[1].value;
    ++steps;
    square.mul_(kRho).addcmul_(gradient, gradient, 1 - kRho);
    const at::Tensor root = (square + kEpsilon).sqrt_();
    const at::Tensor delta = (delta_square + kEpsilon).sqrt_().div_(root).mul_(gradient);
    delta_square.mul_(kRho).addcmul_(delta, delta, 1 - kRho);
    weights.sub_(delta, learning_rate);
  }
};

/// Gradient descent; with momentum, v = μ v + g and w = w − lr v (Sutskever et al. 2013, PyTorch's
/// form).
class Sgd : public SlotOptimizer {
 public:
  Sgd(const at::Tensor& weights, const OptimizerOptions& options)
      : SlotOptimizer(weights, options), momentum_(options.momentum.value_or(0)) {}

  void step(at::Tensor weights, const at::Tensor& gradient, double learning_rate) override {
    ++steps;
    if (momentum_ == 0) {
      weights.sub_(gradient, learning_rate);
    } else {
      weights.sub_(slots[0].value.mul_(momentum_).add_(gradient), learning_rate);
    }
  }

 private:
  double momentum_;
};

}  // namespace

void OptimizerOptions::describe(FieldTable& table) {
  table.add("optimizer", kind, "adam, adamw, rmsprop, adagrad, adadelta or sgd");
  table
      .add("learning_rate", learning_rate,
           "none: the optimizer's own (1e-3; adagrad 1e-2, adadelta 1)")
      .above(0);
  table.add("weight_decay", weight_decay, "adamw only; none: 0.01").at_least(0);
  table.add("momentum", momentum, "sgd only; none: 0").at_least(0).below(1);
  table
      .add("epsilon", epsilon,
           "adam and adamw only: added to the root of the mean square; none: 1e-7 (PyTorch has "
           "1e-8)")
      .above(0);
}

const std::vector<OptionOfKinds>& options_of_kinds() {
  using enum OptimizerKind;
  static const std::vector<OptionOfKinds> all = {
      {"weight_decay", &OptimizerOptions::weight_decay, {AdamW}},
      {"momentum", &OptimizerOptions::momentum, {Sgd}},
      {"epsilon", &OptimizerOptions::epsilon, {Adam, AdamW}}};
  return all;
}

void check(const OptimizerOptions& options) {
  for (const auto& [name, value, kinds] : options_of_kinds()) {
    if (!(options.*value) || std::ranges::find(kinds, options.kind) != kinds.end()) continue;
    std::vector<std::string> names;
    for (const OptimizerKind kind : kinds) names.emplace_back(enum_name(kind));
    throw UsageError("`{}`: expected `optimizer` {} with it, found '{}'", name,
                     join_text(names, " or "), enum_name(options.kind));
  }
}

double adam_epsilon(const OptimizerOptions& options) { return options.epsilon.value_or(1e-7); }

double default_learning_rate(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::Adagrad: return 1e-2;
    case OptimizerKind::Adadelta: return 1;
    default: return 1e-3;
  }
}

std::vector<std::string> slot_names(const OptimizerOptions& options) {
  switch (options.kind) {
    case OptimizerKind::Adam:
    case OptimizerKind::AdamW: return {"mean", "square"};
    case OptimizerKind::RmsProp: return {"square"};
    case OptimizerKind::Adagrad: return {"sum_of_squares"};
    case OptimizerKind::Adadelta: return {"square", "delta_square"};
    case OptimizerKind::Sgd: break;
  }
  if (options.momentum.value_or(0) == 0) return {};
  return {"momentum"};
}

double weight_decay(const OptimizerOptions& options) {
  return options.kind == OptimizerKind::AdamW ? options.weight_decay.value_or(0.01) : 0;
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options,
                                          const at::Tensor& weights) {
  check(options);
  switch (options.kind) {
    case OptimizerKind::Adam:
    case OptimizerKind::AdamW: return std::make_unique<Adam>(weights, options);
    case OptimizerKind::RmsProp: return std::make_unique<RmsProp>(weights, options);
    case OptimizerKind::Adagrad: return std::make_unique<Adagrad>(weights, options);
    case OptimizerKind::Adadelta: return std::make_unique<Adadelta>(weights, options);
    case OptimizerKind::Sgd: return std::make_unique<Sgd>(weights, options);
  }
  throw Error("unknown optimizer");
}

}  // namespace hourglass::training
