#include "hourglass/training/fused/code.h"

#include <algorithm>
#include <cmath>

namespace hourglass::training::fused {

double kl_from_standard_normal(const Flow& mean, const Flow& log_variance, int64_t item) {
  const float *mu = mean.row(item), *log_square = log_variance.row(item);
  double kl = 0;
  for (int64_t j = 0; j < mean.width; ++j) {
    kl -= 0.5F * (1 + log_square[j] - mu[j] * mu[j] - std::exp(log_square[j]));
  }
  return kl;
}

PlainCode::PlainCode(Flow& code, int64_t condition_width, const Step& step)
    : code_(code), joins_(condition_width > 0) {
  if (joins_) joined_ = Flow({code.width + condition_width}, step.most_items);
}

void PlainCode::add_forward(Program& program) {
  if (!joins_) return;
  program.each([this](const Shard& shard) {
    for (int64_t i = shard.first; i < shard.first + shard.count; ++i) {
      std::copy_n(code_.row(i), code_.width, joined_.row(i));
    }
  });
}

void PlainCode::add_backward(Program& program) {
  if (!joins_) return;
  program.each([this](const Shard& shard) {
    for (int64_t i = shard.first; i < shard.first + shard.count; ++i) {
      std::copy_n(joined_.gradient_row(i), code_.width, code_.gradient_row(i));
    }
  });
}

SampledCode::SampledCode(Flow& mean, Flow& log_variance, int64_t samples, int64_t condition_width,
                         const Step& step)
    : mean_(mean),
      log_variance_(log_variance),
      step_(step),
      samples_(condition_width > 0 ? Shape{mean.width + condition_width} : mean.shape,
               step.most_items, Order::Item, samples),
      noise_(step.most_items * samples * mean.width) {}

void SampledCode::add_forward(Program& program) {
  program.each([this](const Shard& shard) { draw(shard); });
}

void SampledCode::add_backward(Program& program) {
  program.each([this](const Shard& shard) { differentiate(shard); });
}

void SampledCode::draw(const Shard& shard) {
  const int64_t width = mean_.width, samples = samples_.rows_per_item, drawn = samples * width;
  float* noise = noise_.data() + shard.first * drawn;
  if (step_.random) {
    const auto rows =
        step_.rows.subspan(static_cast<size_t>(shard.first), static_cast<size_t>(shard.count));
    step_.random->fill_normal("sampling",
                              {.rows = rows, .count = drawn, .out = noise, .stride = drawn});
  }
  for (int64_t i = shard.first; i < shard.first + shard.count; ++i) {
    const float *mean = mean_.row(i), *log_variance = log_variance_.row(i);
    for (int64_t sample = 0; sample < samples; ++sample, noise += width) {
      float* z = samples_.row(i) + sample * samples_.stride;
      if (!step_.random) {  // Inference decodes the mean.
        std::copy_n(mean, width, z);
        continue;
      }
      for (int64_t j = 0; j < width; ++j) {
        z[j] = mean[j] + std::exp(0.5F * log_variance[j]) * noise[j];
      }
    }
  }
}

// ∂z/∂μ = 1, ∂z/∂log σ² = ½ σ ε = ½ (z − μ)
void SampledCode::differentiate(const Shard& shard) {
  const int64_t width = mean_.width;
  for (int64_t i = shard.first; i < shard.first + shard.count; ++i) {
    const float* mean = mean_.row(i);
    float *to_mean = mean_.gradient_row(i), *to_log_variance = log_variance_.gradient_row(i);
    std::fill_n(to_mean, width, 0.0F);
    std::fill_n(to_log_variance, width, 0.0F);
    for (int64_t sample = 0; sample < samples_.rows_per_item; ++sample) {
      const float* z = samples_.row(i) + sample * samples_.stride;
      const float* gradient = samples_.gradient_row(i) + sample * samples_.stride;
      for (int64_t j = 0; j < width; ++j) {
        to_mean[j] += gradient[j];
        to_log_variance[j] += gradient[j] * 0.5F * (z[j] - mean[j]);
      }
    }
  }
}

}  // namespace hourglass::training::fused
