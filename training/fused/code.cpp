#include "hourglass/training/fused/code.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hourglass::training::fused {

double kl_from_standard_normal(const Flow& mean, const Flow& log_variance, int64_t item) {
  const float *mu = mean.row(item), *log_square = log_variance.row(item);
  double kl = 0;
  for (int64_t j = 0; j < mean.width; ++j) {
    kl -= 0.5F * (1 + log_square[j] - mu[j] * mu[j] - std::exp(log_square[j]));
  }
  return kl;
}

float log_density(const float* mean, const float* log_variance, const float* z, int64_t width) {
  float sum = 0;
  for (int64_t j = 0; j < width; ++j) {
    const float distance = z[j] - mean[j];
    sum += log_variance[j] + distance * distance * std::exp(-log_variance[j]);
  }
  return -0.5F * sum;
}

float standard_log_density(const float* z, int64_t width) {
  float sum = 0;
  for (int64_t j = 0; j < width; ++j) sum += z[j] * z[j];
  return -0.5F * sum;
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

SampledCode::SampledCode(Flow& mean, Flow& log_variance, std::string purpose, int64_t samples,
                         int64_t condition_width, const Step& step)
    : mean_(mean),
      log_variance_(log_variance),
      purpose_(std::move(purpose)),
      each_(samples),
      step_(step),
      samples_(condition_width > 0 ? Shape{mean.width + condition_width} : mean.shape,
               step.most_items, Order::Item, mean.rows_per_item * samples),
      noise_(step.most_items * samples_.rows_per_item * mean.width) {}

void SampledCode::add_forward(Program& program) {
  program.each([this](const Shard& shard) { draw(shard); });
}

void SampledCode::add_backward(Program& program) {
  program.each([this](const Shard& shard) { differentiate(shard); });
}

void SampledCode::draw(const Shard& shard) {
  const int64_t width = mean_.width, drawn = samples_.rows_per_item * width;
  float* noise = noise_.data() + shard.first * drawn;
  if (step_.random) {
    const auto rows =
        step_.rows.subspan(static_cast<size_t>(shard.first), static_cast<size_t>(shard.count));
    step_.random->fill_normal(purpose_,
                              {.rows = rows, .count = drawn, .out = noise, .stride = drawn});
  }
  for_rows(shard, mean_, [&](int64_t row) {
    const float *mean = mean_.line(row), *log_variance = log_variance_.line(row);
    for (int64_t sample = row * each_; sample < (row + 1) * each_; ++sample, noise += width) {
      float* z = samples_.line(sample);
      if (!step_.random) {  // Inference decodes the mean.
        std::copy_n(mean, width, z);
        continue;
      }
      for (int64_t j = 0; j < width; ++j) {
        z[j] = mean[j] + std::exp(0.5F * log_variance[j]) * noise[j];
      }
    }
  });
}

// ∂z/∂μ = 1, ∂z/∂log σ² = ½ σ ε = ½ (z − μ)
void SampledCode::differentiate(const Shard& shard) {
  const int64_t width = mean_.width;
  for_rows(shard, mean_, [&](int64_t row) {
    const float* mean = mean_.line(row);
    float *to_mean = mean_.gradient_line(row), *to_log_variance = log_variance_.gradient_line(row);
    std::fill_n(to_mean, width, 0.0F);
    std::fill_n(to_log_variance, width, 0.0F);
    for (int64_t sample = row * each_; sample < (row + 1) * each_; ++sample) {
      const float *z = samples_.line(sample), *gradient = samples_.gradient_line(sample);
      for (int64_t j = 0; j < width; ++j) {
        to_mean[j] += gradient[j];
        to_log_variance[j] += gradient[j] * 0.5F * (z[j] - mean[j]);
      }
    }
  });
}

}  // namespace hourglass::training::fused
