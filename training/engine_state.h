#pragma once

#include "hourglass/core/named_tensor.h"
#include "hourglass/core/shape.h"
#include "hourglass/training/optimizer.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hourglass::training {

/// What one phase's optimizer remembers, by name: "mean/encoder.dense1.weight".
struct OptimizerState {
  std::string phase;  ///< "all" where there is one
  OptimizerKind kind = OptimizerKind::Adam;
  int64_t steps = 0;
  TensorMap slots;
};

/// All that an engine has to go on with: tensors in their own shapes, whatever the engine's layout.
struct EngineState {
  TensorMap model;  ///< parameters and buffers
  std::vector<OptimizerState> optimizers;
};

/// What a phase's saved optimizer has to be.
struct ExpectedOptimizer {
  std::string phase;
  OptimizerKind kind = OptimizerKind::Adam;
  std::map<std::string, Shape> slots;  ///< the shape of each
};

/// Throws `Error` when a state holds other optimizers, and says which.
void check_optimizers(const EngineState& state, const std::vector<ExpectedOptimizer>& expected);

}  // namespace hourglass::training
