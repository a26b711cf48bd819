#include "hourglass/training/fused/kl_of_condition.h"

#include <algorithm>
#include <cmath>

namespace hourglass::training::fused {

KlOfCondition::KlOfCondition(const PenaltyParts& parts,
                             const std::vector<models::NamedLayerPlan>& prior)
    : PenaltyOnCode(parts),
      log_variance_(*parts.log_variance),
      input_(parts.input),
      inputs_(parts.inputs),
      condition_(Flow::without_gradient({input_.width - inputs_}, step_.most_items)),
      prior_mean_(prior.at(0), condition_, step_, parts.parameters),
      prior_log_variance_(prior.at(1), condition_, step_, parts.parameters) {}

void KlOfCondition::add_forward(Program& program) {
  program.each([this](const Shard& shard) { read_conditions(shard); });
  prior_mean_.add_forward(program);
  prior_log_variance_.add_forward(program);
  PenaltyOnCode::add_forward(program);
}

void KlOfCondition::add_backward(Program& program) {
  PenaltyOnCode::add_backward(program);
  prior_mean_.add_backward(program);
  prior_log_variance_.add_backward(program);
}

void KlOfCondition::add_weight_gradients(Program& program) {
  prior_mean_.add_weight_gradients(program);
  prior_log_variance_.add_weight_gradients(program);
}

void KlOfCondition::read_conditions(const Shard& shard) {
  for_items(shard, [&](int64_t i) {
    std::copy_n(input_.row(i) + inputs_, condition_.width, condition_.row(i));
  });
}

void KlOfCondition::forward(const Shard& shard) {
  double total = 0;
  for_items(shard, [&](int64_t i) {
    const float *mean = code_.row(i), *log_variance = log_variance_.row(i);
    const float *prior_mean = prior_mean_.output().row(i),
                *prior_log_variance = prior_log_variance_.output().row(i);
    for (int64_t j = 0; j < code_.width; ++j) {
      const float log_ratio = log_variance[j] - prior_log_variance[j];
      const float distance = mean[j] - prior_mean[j];
      total += 0.5F * (std::exp(log_ratio) - log_ratio - 1 +
                       distance * distance * std::exp(-prior_log_variance[j]));
    }
  });
  sum(shard) = total;
}

// With d = (μ − μₚ) / σₚ² and r = σ² / σₚ²: d by μ, −d by μₚ, ½ (r − 1) by log σ², and by log σₚ²
// ½ (1 − r − (μ − μₚ) d).
void KlOfCondition::backward(const Shard& shard) {
  const auto scale = static_cast<float>(step_.term_weights[1] / items());
  Flow &prior_mean = prior_mean_.output(), &prior_log_variance = prior_log_variance_.output();
  for_items(shard, [&](int64_t i) {
    const float *mean = code_.row(i), *log_variance = log_variance_.row(i);
    float *to_mean = code_.gradient_row(i), *to_log_variance = log_variance_.gradient_row(i);
    float *to_prior_mean = prior_mean.gradient_row(i),
          *to_prior_log_variance = prior_log_variance.gradient_row(i);
    for (int64_t j = 0; j < code_.width; ++j) {
      const float prior_log_square = prior_log_variance.row(i)[j];
      const float distance = mean[j] - prior_mean.row(i)[j];
      const float slope = distance * std::exp(-prior_log_square);
      const float ratio = std::exp(log_variance[j] - prior_log_square);
      to_mean[j] += scale * slope;
      to_log_variance[j] += scale * 0.5F * (ratio - 1);
      to_prior_mean[j] = -scale * slope;
      to_prior_log_variance[j] = scale * 0.5F * (1 - ratio - distance * slope);
    }
  });
}

}  // namespace hourglass::training::fused
