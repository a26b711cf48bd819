#include "hourglass/training/fused/sampled_kl.h"

#include "hourglass/training/fused/code.h"
#include "hourglass/training/fused/second_layer.h"

#include <algorithm>

namespace hourglass::training::fused {

SampledKl::SampledKl(const PenaltyParts& parts)
    : PenaltyOnCode(parts),
      log_variance_(*parts.log_variance),
      samples_(parts.decoder_input),
      prior_(*parts.prior),
      weights_(step_.most_items) {}

void SampledKl::forward(const Shard& shard) {
  double total = 0;
  for_items(shard, [&](int64_t i) {
    total += log_density(code_.row(i), log_variance_.row(i), samples_.row(i), code_.width) -
             prior_.log_prior()[i];
  });
  sum(shard) = total;
}

void SampledKl::add_backward_of_samples(Program& program) {
  program.each([this](const Shard& shard) {
    std::fill_n(weights_.data() + shard.first, shard.count, weight_of_item());
  });
  prior_.add_backward(program, weights_.data());
}

// With z = μ + σ ε, log q(z|x) = −½ Σ (log 2π + log σ² + ε²) depends on log σ² alone.
void SampledKl::backward(const Shard& shard) {
  const float slope = -0.5F * weight_of_item();
  for_items(shard, [&](int64_t i) {
    float* gradient = log_variance_.gradient_row(i);
    for (int64_t j = 0; j < code_.width; ++j) gradient[j] += slope;
  });
}

}  // namespace hourglass::training::fused
