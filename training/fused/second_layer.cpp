#include "hourglass/training/fused/second_layer.h"

#include <cmath>

namespace hourglass::training::fused {

GaussianLayers::GaussianLayers(const models::GaussianLayersPlan& plan, Flow& input, bool adds,
                               const Step& step, Parameters& parameters) {
  Flow* flow = &input;
  const auto append = [&](const models::NamedLayerPlan& layer, bool to_input) {
    layers_.push_back(
        std::make_unique<DenseLayer>(layer, *flow, step, parameters, Adds{.to_input = to_input}));
  };
  for (const auto& layer : plan.trunk) {
    append(layer, adds && flow == &input);
    flow = &layers_.back()->output();
  }
  // Backward, the last comes first.
  append(plan.mean, true);
  append(plan.log_variance, adds && flow == &input);
}

SecondLayer::SecondLayer(const models::SecondLayerPlan& plan, Flow& codes, const Step& step,
                         Parameters& parameters)
    : codes_(codes),
      encoder_(plan.encoder, codes, true, step, parameters),
      second_(encoder_.mean(), encoder_.log_variance(), "second layer", 1, 0, step),
      decoder_(plan.decoder, second_.decoder_input(), false, step, parameters),
      log_prior_(step.most_items * codes.rows_per_item) {}

void SecondLayer::add_forward(Program& program) {
  fused::add_forward(encoder_.layers(), program);
  second_.add_forward(program);
  fused::add_forward(decoder_.layers(), program);
  program.each([this](const Shard& shard) {
    for_rows(shard, codes_,
             [this](int64_t row) { log_prior_.data()[row] = judge_code(row) + judge_second(row); });
  });
}

void SecondLayer::add_backward(Program& program, const float* weights) {
  const auto weigh = [&](void (SecondLayer::*part)(int64_t, float)) {
    program.each([this, weights, part](const Shard& shard) {
      for_rows(shard, codes_, [&](int64_t row) { (this->*part)(row, weights[row]); });
    });
  };
  weigh(&SecondLayer::weigh_code);
  add_backward_reversed(decoder_.layers(), program);
  weigh(&SecondLayer::weigh_second);
  second_.add_backward(program);
  weigh(&SecondLayer::weigh_posterior);
  add_backward_reversed(encoder_.layers(), program);
}

void SecondLayer::add_weight_gradients(Program& program) {
  add_weight_gradients_reversed(decoder_.layers(), program);
  add_weight_gradients_reversed(encoder_.layers(), program);
}

void SecondLayer::add_refresh(Program& program) {
  fused::add_refresh(decoder_.layers(), program);
  fused::add_refresh(encoder_.layers(), program);
}

/// log p(z|z₂) + ½ D log 2π = −½ Σ (log s² + (z − m)² / s²). Leaves its derivatives in the place of m's
/// and log s²'s gradients: d = (z − m) / s², and ½ ((z − m) d − 1).
float SecondLayer::judge_code(int64_t row) {
  const Flow &mean = decoder_.mean(), &log_variance = decoder_.log_variance();
  const float *z = codes_.line(row), *m = mean.line(row), *log_square = log_variance.line(row);
  float *by_mean = mean.gradient_line(row), *by_log_variance = log_variance.gradient_line(row);
  float sum = 0;
  for (int64_t j = 0; j < codes_.width; ++j) {
    const float distance = z[j] - m[j];
    by_mean[j] = distance * std::exp(-log_square[j]);
    by_log_variance[j] = 0.5F * (distance * by_mean[j] - 1);
    sum += log_square[j] + distance * by_mean[j];
  }
  return -0.5F * sum;
}

float SecondLayer::judge_second(int64_t row) {
  const Flow& second = second_.decoder_input();
  const float* z = second.line(row);
  return standard_log_density(z, second.width) -
         log_density(encoder_.mean().line(row), encoder_.log_variance().line(row), z, second.width);
}

// The derivative of log p(z|z₂) by z is −d.
void SecondLayer::weigh_code(int64_t row, float weight) {
  float *to_code = codes_.gradient_line(row), *to_mean = decoder_.mean().gradient_line(row),
        *to_log_variance = decoder_.log_variance().gradient_line(row);
  for (int64_t j = 0; j < codes_.width; ++j) {
    to_code[j] += weight * to_mean[j];
    to_mean[j] *= -weight;
    to_log_variance[j] *= -weight;
  }
}

// That of log p(z₂) by z₂ is −z₂.
void SecondLayer::weigh_second(int64_t row, float weight) {
  const Flow& second = second_.decoder_input();
  const float* z = second.line(row);
  float* gradient = second.gradient_line(row);
  for (int64_t j = 0; j < second.width; ++j) gradient[j] += weight * z[j];
}

// With z₂ = μ + σ ε, log q(z₂|z) = −½ Σ (log 2π + log σ² + ε²) depends on log σ² alone.
void SecondLayer::weigh_posterior(int64_t row, float weight) {
  const Flow& log_variance = encoder_.log_variance();
  float* gradient = log_variance.gradient_line(row);
  for (int64_t j = 0; j < log_variance.width; ++j) gradient[j] -= 0.5F * weight;
}

}  // namespace hourglass::training::fused
