#pragma once

#include "hourglass/training/engine.h"

#include <memory>
#include <optional>
#include <string>

namespace hourglass::training {

/// Why the fused engine does not take a model: "the layer encoder.conv1", "the device cuda:0";
/// nothing where it does.
std::optional<std::string> fused_obstacle(const EngineOptions& options, const EngineParts& parts);

/// Forward, loss, backward and optimizer by hand, on memory that is allocated once, for what a
/// model's plans describe. The threads of LibTorch's setting share each batch; results depend on
/// their number. The model's own tensors follow when a state is taken.
std::unique_ptr<Engine> make_fused_engine(const EngineOptions& options, const EngineParts& parts);

}  // namespace hourglass::training
