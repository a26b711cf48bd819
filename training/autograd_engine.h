#pragma once

#include "hourglass/training/engine.h"

#include <memory>

namespace hourglass::training {

/// LibTorch's automatic differentiation on the model as it is. Throws `Error` where the model's
/// phases contradict themselves.
std::unique_ptr<Engine> make_autograd_engine(const EngineOptions& options,
                                             const EngineParts& parts);

}  // namespace hourglass::training
