#include "hourglass/training/fused/bound.h"

#include "hourglass/training/fused/code.h"
#include "hourglass/training/fused/second_layer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hourglass::training::fused {

namespace {

/// Sums of exponentials, kept by the largest exponent: log Σ exp(x).
double log_sum(const float* values, int64_t count) {
  const float largest = *std::max_element(values, values + count);
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += std::exp(values[i] - largest);
  return largest + std::log(sum);
}

}  // namespace

Bound::Bound(const models::BoundPlan& plan, const PenaltyParts& parts, Flow& logits,
             const Reconstruction& errors)
    : plan_(plan),
      mean_(parts.code),
      log_variance_(*parts.log_variance),
      samples_(parts.decoder_input),
      logits_(logits),
      prior_(parts.prior),
      step_(parts.step),
      errors_(errors),
      weights_(step_.most_items * samples_.rows_per_item),
      bounds_(static_cast<size_t>(step_.most_shards)),
      kl_(bounds_.size()) {
  if (models::scales_encoder(plan_.estimator))
    factors_ = Floats(step_.most_items * samples_.rows_per_item);
}

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
    float* weights = log_weights_of(i);
    kl += kl_of(i, weights);
    bound += weigh_item(weights, factors_ ? factors_.data() + i * samples_.rows_per_item : nullptr);
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

/// −error + log p(z) − log q(z|x) of the item's samples, where their weights are to be.
float* Bound::log_weights_of(int64_t item) {
  const int64_t first = item * samples_.rows_per_item;
  for (int64_t row = first; row < first + samples_.rows_per_item; ++row) {
    const float* z = samples_.line(row);
    const float log_prior =
        prior_ ? prior_->log_prior()[row] : standard_log_density(z, mean_.width);
    const float log_posterior =
        log_density(mean_.row(item), log_variance_.row(item), z, mean_.width);
    weights_.data()[row] = -errors_.row_losses()[row] + log_prior - log_posterior;
  }
  return weights_.data() + first;
}

/// In closed form, or the mean over the samples.
double Bound::kl_of(int64_t item, const float* log_weights) const {
  if (!prior_) return kl_from_standard_normal(mean_, log_variance_, item);
  const int64_t samples = samples_.rows_per_item;
  const float* errors = errors_.row_losses() + item * samples;
  double sum = 0;
  for (int64_t sample = 0; sample < samples; ++sample) sum -= log_weights[sample] + errors[sample];
  return sum / static_cast<double>(samples);
}

/// An item's share of the loss. Makes weights of the logarithms of its samples' weights, and leaves factors.
double Bound::weigh_item(float* weights, float* factors) const {
  using Kind = models::Estimator::Kind;
  const int64_t samples = samples_.rows_per_item, each = plan_.per_group;
  const auto count = static_cast<double>(samples), groups = static_cast<double>(plan_.groups);
  const Kind kind = plan_.estimator.kind;
  const double beta = plan_.estimator.elbo_share;

  const double of_all = log_sum(weights, samples);
  double bound = of_all - std::log(count), of_groups = 0, mean = 0;
  for (int64_t first = 0; first < samples; first += each) {
    const double of_group = each == samples ? of_all : log_sum(weights + first, each);
    of_groups += (of_group - std::log(static_cast<double>(each))) / groups;
    for (int64_t sample = first; sample < first + each; ++sample) {
      // w / Σ w, of all samples or of the group's
      const double share = kind == Kind::Miwae ? std::exp(weights[sample] - of_group) / groups
                                               : std::exp(weights[sample] - of_all);
      const double weight = kind == Kind::Ciwae ? beta / count + (1 - beta) * share : share;
      mean += weights[sample] / count;
      if (factors) {
        const double factor =
            kind == Kind::Dreg ? share : models::group_factor(of_all, of_group, groups);
        factors[sample] = static_cast<float>(factor);
      }
      weights[sample] = static_cast<float>(weight / static_cast<double>(step_.batch_items));
    }
  }
  if (kind == Kind::Miwae) bound = of_groups;
  if (kind == Kind::Ciwae) bound = beta * mean + (1 - beta) * bound;
  return -bound;
}

void Bound::add_backward_of_samples(Program& program) {
  if (prior_) prior_->add_backward(program, weights_.data());
  program.each([this](const Shard& shard) {
    for (int64_t i = shard.first; i < shard.first + shard.count; ++i) {
      for (int64_t sample = 0; sample < samples_.rows_per_item; ++sample) {
        differentiate_sample(i, sample);
      }
    }
  });
}

// −∂log p(z)/∂z = z of N(0, I), and ∂log q(z)/∂z = (μ − z) / σ² where q's own parameters are left alone.
void Bound::differentiate_sample(int64_t item, int64_t sample) {
  const int64_t index = item * samples_.rows_per_item + sample;
  const float weight = weights_.data()[index];
  const float factor = factors_ ? factors_.data()[index] : 1.0F;
  const float* z = samples_.row(item) + sample * samples_.stride;
  const float *mean = mean_.row(item), *log_variance = log_variance_.row(item);
  float* gradient = samples_.gradient_row(item) + sample * samples_.stride;
  for (int64_t j = 0; j < mean_.width; ++j) {
    float slope = prior_ ? 0 : z[j];
    if (is_doubly_reparameterized()) slope += (mean[j] - z[j]) * std::exp(-log_variance[j]);
    gradient[j] = factor * (gradient[j] + weight * slope);
  }
}

// With z = μ + σ ε, log q(z|x) = −½ Σ (log 2π + log σ² + ε²) depends on log σ² alone; weights times factors
// sum to 1 / batch.
void Bound::add_backward(Program& program) {
  if (is_doubly_reparameterized()) return;
  program.each([this](const Shard& shard) {
    const auto slope = static_cast<float>(-0.5 / static_cast<double>(step_.batch_items));
    for (int64_t i = shard.first; i < shard.first + shard.count; ++i) {
      float* gradient = log_variance_.gradient_row(i);
      for (int64_t j = 0; j < mean_.width; ++j) gradient[j] += slope;
    }
  });
}

}  // namespace hourglass::training::fused
