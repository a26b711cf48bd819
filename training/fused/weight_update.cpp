#include "hourglass/training/fused/weight_update.h"

#include "hourglass/core/error.h"
#include "hourglass/kernels/optimizer_passes.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hourglass::training::fused {

WeightUpdate::WeightUpdate(const OptimizerOptions& options, std::optional<double> clip_norm,
                           Parameters& parameters, const Step& step)
    : options_(options),
      clip_norm_(clip_norm),
      parameters_(parameters),
      step_(step),
      squared_norms_(static_cast<size_t>(step.most_shards)) {
  for (const auto& name : slot_names(options)) slots_.push_back({name, Floats(parameters.size())});
}

void WeightUpdate::add_to(Program& program) {
  program.once([this] { begin(); });
  if (!step_.processes.alone()) {
    program.each([this](const Shard& shard) { add_up(shard); });
    program.once([this] { share(); });
  }
  if (clip_norm_) {
    program.each([this](const Shard& shard) { measure(shard); });
    program.once([this] { clip(); });
  }
  program.each([this](const Shard& shard) { apply(shard); });
  program.once([] {});  // what is derived from the weights needs them all
}

/// The part of the vector that a shard's thread takes.
LineRange WeightUpdate::range(const Shard& shard) const {
  return lines_of(parameters_.size(), shard.index, step_.shards);
}

kernels::GradientSum WeightUpdate::gradient_sum(const LineRange& range, float factor) const {
  // Of several processes the first shard's is the sum of all.
  const int count = step_.processes.alone() ? shards() : 1;
  return {parameters_.gradient(0) + range.first, parameters_.size(), count, factor};
}

/// That have a gradient each.
int WeightUpdate::shards() const { return std::min(step_.shards, parameters_.gradients()); }

/// The gradients of this process's shards into the first of them.
void WeightUpdate::add_up(const Shard& shard) {
  const LineRange part = range(shard);
  float* sum = parameters_.gradient(0) + part.first;
  for (int other = 1; other < shards(); ++other) {
    const float* more = parameters_.gradient(other) + part.first;
    for (int64_t i = 0; i < part.count; ++i) sum[i] += more[i];
  }
}

void WeightUpdate::share() {
  step_.processes.sum(at::from_blob(parameters_.gradient(0), {parameters_.size()}, at::kFloat));
}

void WeightUpdate::begin() {
  ++steps;
  factor_ = 1;
}

void WeightUpdate::measure(const Shard& shard) {
  const LineRange part = range(shard);
  squared_norms_[static_cast<size_t>(shard.index)] =
      kernels::squared_norm(part.count, gradient_sum(part, 1));
}

void WeightUpdate::clip() {
  const double norm = std::sqrt(
      std::accumulate(squared_norms_.begin(), squared_norms_.begin() + step_.shards, 0.0));
  factor_ = static_cast<float>(std::min(1.0, *clip_norm_ / (norm + 1e-6)));
}

void WeightUpdate::apply(const Shard& shard) {
  const LineRange part = range(shard);
  float* weights = parameters_.values() + part.first;
  const auto slot = [&](size_t i) { return slots_[i].values.data() + part.first; };
  const auto rate = static_cast<float>(learning_rate);
  const auto t = static_cast<double>(steps);
  const kernels::GradientSum gradient = gradient_sum(part, factor_);
  switch (options_.kind) {
    case OptimizerKind::Adam:
    case OptimizerKind::AdamW: {
      const double decay = training::weight_decay(options_);
      kernels::step(
          part.count, weights, gradient,
          kernels::AdamPass{
              .mean = slot(0),
              .square = slot(1),
              .epsilon = static_cast<float>(adam_epsilon(options_)),
              .step = static_cast<float>(learning_rate / (1 - std::pow(0.9, t))),
              .root_correction = static_cast<float>(1 / std::sqrt(1 - std::pow(0.999, t))),
              .keep = static_cast<float>(1 - learning_rate * decay)});
      return;
    }
    case OptimizerKind::RmsProp:
      kernels::step(part.count, weights, gradient,
                    kernels::RmsPropPass{.square = slot(0), .learning_rate = rate});
      return;
    case OptimizerKind::Adagrad:
      kernels::step(part.count, weights, gradient,
                    kernels::AdagradPass{.sum_of_squares = slot(0), .learning_rate = rate});
      return;
    case OptimizerKind::Adadelta:
      kernels::step(
          part.count, weights, gradient,
          kernels::AdadeltaPass{.square = slot(0), .delta_square = slot(1), .learning_rate = rate});
      return;
    case OptimizerKind::Sgd:
      kernels::step(part.count, weights, gradient,
                    kernels::SgdPass{.momentum = slots_.empty() ? nullptr : slot(0),
                                     .factor = static_cast<float>(options_.momentum.value_or(0)),
                                     .learning_rate = rate});
      return;
  }
  throw Error("unknown optimizer");
}

}  // namespace hourglass::training::fused
