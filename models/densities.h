#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hourglass::models {

// Negative log-likelihoods of values in nats, with all constants; element by element, of tensors of
// one shape.

/// log σ that is not below −6: −6 + softplus(raw + 6) (Rybkin, Daniilidis & Levine: "Simple and
/// effective VAE training with calibrated decoders", 2021), as a value that is known exactly would
/// make the likelihood infinite.
///
///   ½ log 2π + log σ + (x − μ)² / 2σ²
at::Tensor gaussian_loss(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& raw);

/// The logistic distribution of mean μ and scale s over the steps between `levels` values from 0 to
/// 1 (Kingma et al.: "Improved variational inference with inverse autoregressive flow", 2016;
/// Salimans et al.: "PixelCNN++", 2017), the outermost of which have all that is beyond them. With
/// h = ½ / (levels − 1), a = (x + h − μ) / s, b = (x − h − μ) / s and S the sigmoid:
///
///   −log S(a) at 0, −log S(−b) at 1, and between −log (S(a) − S(b)), which is
///   −log S(a) − log S(−b) − log (1 − exp(−2h / s))
///
/// and log s = −7 + softplus(raw + 7).
at::Tensor logistic_loss(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& raw,
                         int64_t levels);

/// Counts of mean μ and inverse dispersion θ, the variance being μ + μ² / θ (Lopez et al.: "Deep
/// generative modeling for single-cell transcriptomics", 2018). Computed in float64, as logarithms
/// of gamma functions nearly cancel. μ counts as 1e-8 more, as there, and log θ as −20 or 20 where it
/// is beyond them: without bounds a step too far would give infinities.
///
///   log Γ(θ) + log x! − log Γ(x + θ) + θ log (1 + μ/θ) + x log (1 + θ/μ)
at::Tensor negative_binomial_loss(const at::Tensor& x, const at::Tensor& mean,
                                  const at::Tensor& log_theta);

/// The same, or 0 with the probability p = sigmoid(logit), of which the loss without it is l:
///
///   −log (p + (1 − p) exp(−l)) at 0, and else l − log (1 − p)
at::Tensor zero_inflated_loss(const at::Tensor& x, const at::Tensor& loss, const at::Tensor& logit);

}  // namespace hourglass::models
