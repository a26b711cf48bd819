#pragma once

#include "hourglass/core/shape.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace hourglass::models {

// Codes that are normal distributions with independent components, N(μ, σ²), and the standard
// normal prior N(0, I).

/// The distributions of a batch of codes.
struct GaussianCode {
  at::Tensor mean, log_variance;  ///< [B, code shape…]
};

/// μ + exp(½ log σ²) · ε (Kingma & Welling 2014), for standard normal `noise` [B, code shape…].
at::Tensor sample(const GaussianCode& code, const at::Tensor& noise);

/// KL(N(μ, σ²) ‖ N(0, I)) of each row, in nats: [B].
at::Tensor kl_from_standard_normal(const GaussianCode& code);

/// KL(p ‖ q) of each row, in nats: [B].
at::Tensor kl_divergence(const GaussianCode& p, const GaussianCode& q);

/// log N(z; μ, σ²) of each row: [B].
at::Tensor log_density(const GaussianCode& code, const at::Tensor& z);

/// log 1/K Σₖ N(z; μₖ, σₖ²) of each row, for components [K, code shape…] and z [B, code shape…]: [B].
/// Takes memory for B · K · D numbers.
at::Tensor log_mixture_density(const GaussianCode& components, const at::Tensor& z);

/// The source of a method `sample(n)` that decodes codes drawn from N(0, I); with a condition,
/// `sample(n, condition)`. `weight` is the path of a parameter, whose type and device are taken.
std::string standard_normal_sampler(const Shape& code_shape, const std::string& weight,
                                    bool has_condition);

}  // namespace hourglass::models
