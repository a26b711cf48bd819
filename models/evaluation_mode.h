#pragma once

#include <torch/nn/module.h>

namespace hourglass::models {

/// While it lives, a module works as it does after training: batch norms by their running moments,
/// nothing dropped. Its mode is restored.
class EvaluationMode {
 public:
  explicit EvaluationMode(torch::nn::Module& module)
      : module_(module), was_training_(module.is_training()) {
    module_.eval();
  }
  ~EvaluationMode() { module_.train(was_training_); }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  torch::nn::Module& module_;
  bool was_training_;
};

}  // namespace hourglass::models
