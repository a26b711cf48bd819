#include "hourglass/training/engine.h"

#include "hourglass/core/error.h"
#include "hourglass/kernels/instruction_set.h"
#include "hourglass/training/autograd_engine.h"
#include "hourglass/training/fused_engine.h"

#include <algorithm>

namespace hourglass::training {
namespace {

bool is_on_cpu(const models::Autoencoder& model) {
  const auto parameters = model.parameters();
  return std::all_of(parameters.begin(), parameters.end(),
                     [](const auto& parameter) { return parameter.device().is_cpu(); });
}

/// bfloat16 is offered where it is faster than the best in float32; the measurements are in
/// benchmarks/performance_notes.md.
void check_precision(const EngineOptions& options, const EngineParts& parts) {
  if (options.precision == Precision::Float32 || !is_on_cpu(parts.model)) return;
  if (!kernels::has_bfloat16()) {
    throw UsageError(
        "`precision` bfloat16: expected a processor with instructions for it (avx512_bf16), found "
        "none; leave it out");
  }
  EngineOptions in_float32 = options;
  in_float32.precision = Precision::Float32;
  if (options.kind == EngineKind::Auto && !fused_obstacle(in_float32, parts)) {
    throw UsageError(
        "`precision` bfloat16: expected a model that it makes faster, found one that the fused "
        "engine trains faster in float32; leave it out, or ask for `engine` autograd");
  }
}

}  // namespace

std::unique_ptr<Engine> make_engine(const EngineOptions& options, const EngineParts& parts) {
  check_precision(options, parts);
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
