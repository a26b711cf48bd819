#include "hourglass/training/engine_state.h"

#include "hourglass/core/error.h"

#include <ATen/core/Tensor.h>

namespace hourglass::training {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error("the saved optimizer state does not fit this run's model and optimizer: {}", what);
}

}  // namespace

void check_optimizers(const EngineState& state, const std::vector<ExpectedOptimizer>& expected) {
  if (state.optimizers.size() != expected.size()) refuse("another number of phases");
  for (size_t i = 0; i < expected.size(); ++i) {
    const OptimizerState& saved = state.optimizers[i];
    if (saved.phase != expected[i].phase) refuse("phase '" + saved.phase + "'");
    if (saved.kind != expected[i].kind) refuse(enum_name(saved.kind));
    for (const auto& [name, shape] : expected[i].slots) {
      const auto found = saved.slots.find(name);
      if (found == saved.slots.end() || found->second.sizes().vec() != shape) refuse(name);
    }
  }
}

}  // namespace hourglass::training
