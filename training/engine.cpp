#include "hourglass/training/engine.h"

#include "hourglass/core/error.h"
#include "hourglass/training/autograd_engine.h"
#include "hourglass/training/fused_engine.h"

namespace hourglass::training {

std::unique_ptr<Engine> make_engine(const EngineOptions& options, const EngineParts& parts) {
  if (options.kind == EngineKind::Autograd) return make_autograd_engine(options, parts);
  const auto obstacle = fused_obstacle(options, parts);
  if (!obstacle) return make_fused_engine(options, parts);
  if (options.kind == EngineKind::Auto) {
    auto engine = make_autograd_engine(options, parts);
    engine->obstacle = *obstacle;
    return engine;
  }
  throw UsageError("`engine` fused: expected what it computes by hand, found {}; use autograd",
                   *obstacle);
}

}  // namespace hourglass::training
