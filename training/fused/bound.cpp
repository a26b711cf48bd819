#include "hourglass/training/fused/bound.h"

#include "hourglass/training/fused/code.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hourglass::training::fused {

Bound::Bound(const PenaltyParts& parts, Flow& samples, Flow& logits, const Reconstruction& errors)
    : mean_(parts.code),
      log_variance_(*parts.log_variance),
      samples_(samples),
      logits_(logits),
      step_(parts.step),
      errors_(errors),
      weights_(step_.most_items * samples.rows_per_item),
      bounds_(static_cast<size_t>(step_.most_shards)),
      kl_(bounds_.size()) {}

void Bound::add_forward(Program& program) {
  program.each([this](const Shard& shard) { weigh(shard); });
}

std::vector<double> Bound::values() const {
  const auto mean_of = [&](const std::vector<double>& sums) {
    return std::accumulate(sums.begin(), sums.begin() + step_.shards, 0.0) /
           static_cast<double>(step_.batch_items);
  };
  return {mean_of(bounds_), errors_.value(), mean_of(kl_)};
}

void Bound::weigh(const Shard& shard) {
  double &bound = bounds_[static_cast<size_t>(shard.index)],
         &kl = kl_[static_cast<size_t>(shard.index)];
  bound = kl = 0;
  for (int64_t i = shard.first; i < shard.first + shard.count; ++i) {
    bound += weigh_item(i);
    kl += kl_from_standard_normal(mean_, log_variance_, i);
  }
  if (!step_.training) return;
  for (int64_t i = shard.first; i < shard.first + shard.count; ++i) {
    for (int64_t sample = 0; sample < samples_.rows_per_item; ++sample) {
      const float weight = weights_.data()[i * samples_.rows_per_item + sample];
      float* gradient = logits_.row(i) + sample * logits_.stride;
      for (int64_t j = 0; j < logits_.width; ++j) gradient[j] *= weight;
    }
  }
}

/// The item's share of the loss; leaves the weights of its samples.
double Bound::weigh_item(int64_t item) {
  const int64_t samples = samples_.rows_per_item;
  const float* errors = errors_.row_losses() + item * samples;
  float* weights = weights_.data() + item * samples;
  const float *mean = mean_.row(item), *log_variance = log_variance_.row(item);
  // log p(z) − log q(z|x) = ½ Σ (log σ² + ε² − z²), ε = (z − μ) / σ
  for (int64_t sample = 0; sample < samples; ++sample) {
    const float* z = samples_.row(item) + sample * samples_.stride;
    float ratio = 0;
    for (int64_t j = 0; j < mean_.width; ++j) {
      const float distance = z[j] - mean[j];
      ratio += log_variance[j] + distance * distance * std::exp(-log_variance[j]) - z[j] * z[j];
    }
    weights[sample] = -errors[sample] + 0.5F * ratio;
  }
  const float largest = *std::max_element(weights, weights + samples);
  double sum = 0;
  for (int64_t sample = 0; sample < samples; ++sample) {
    weights[sample] = std::exp(weights[sample] - largest);
    sum += weights[sample];
  }
  const auto scale = static_cast<float>(1 / (sum * static_cast<double>(step_.batch_items)));
  for (int64_t sample = 0; sample < samples; ++sample) weights[sample] *= scale;
  return -(largest + std::log(sum) - std::log(static_cast<double>(samples)));
}

// −∂log p(z)/∂z = z
void Bound::add_backward_of_samples(Program& program) {
  program.each([this](const Shard& shard) {
    for (int64_t i = shard.first; i < shard.first + shard.count; ++i) {
      for (int64_t sample = 0; sample < samples_.rows_per_item; ++sample) {
        const float weight = weights_.data()[i * samples_.rows_per_item + sample];
        const float* z = samples_.row(i) + sample * samples_.stride;
        float* gradient = samples_.gradient_row(i) + sample * samples_.stride;
        for (int64_t j = 0; j < mean_.width; ++j) gradient[j] += weight * z[j];
      }
    }
  });
}

// With z = μ + σ ε, log q(z|x) = −½ Σ (log 2π + log σ² + ε²) depends on log σ² alone; the weights sum to 1 / batch.
void Bound::add_backward(Program& program) {
  program.each([this](const Shard& shard) {
    const auto slope = static_cast<float>(-0.5 / static_cast<double>(step_.batch_items));
    for (int64_t i = shard.first; i < shard.first + shard.count; ++i) {
      float* gradient = log_variance_.gradient_row(i);
      for (int64_t j = 0; j < mean_.width; ++j) gradient[j] += slope;
    }
  });
}

}  // namespace hourglass::training::fused
