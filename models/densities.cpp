#include "hourglass/models/densities.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>

namespace hourglass::models {
namespace {

at::Tensor bounded_below(const at::Tensor& raw, double least) {
  return least + at::softplus(raw - least);
}

}  // namespace

at::Tensor gaussian_loss(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& raw) {
  const at::Tensor log_sigma = bounded_below(raw, -6);
  const at::Tensor off = (x - mean) * (-log_sigma).exp();
  return 0.5 * std::log(2 * std::numbers::pi) + log_sigma + 0.5 * off.square();
}

at::Tensor logistic_loss(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& raw,
                         int64_t levels) {
  const double half = 0.5 / static_cast<double>(levels - 1);
  const at::Tensor per_scale = (-bounded_below(raw, -7)).exp();
  const at::Tensor above = -at::log_sigmoid((x - mean + half) * per_scale);
  const at::Tensor below = -at::log_sigmoid((mean - x + half) * per_scale);
  const at::Tensor between = above + below - (-at::expm1(-2 * half * per_scale)).log();
  return at::where(x.lt(half), above, at::where(x.gt(1 - half), below, between));
}

at::Tensor negative_binomial_loss(const at::Tensor& x, const at::Tensor& mean,
                                  const at::Tensor& log_theta) {
  const at::Tensor count = x.to(at::kDouble);
  const at::Tensor log_dispersion = log_theta.to(at::kDouble).clamp(-20, 20);
  const at::Tensor theta = log_dispersion.exp();
  const at::Tensor ratio = (mean.to(at::kDouble) + 1e-8).log() - log_dispersion;  // log μ/θ
  return at::lgamma(theta) + at::lgamma(count + 1) - at::lgamma(count + theta) +
         theta * at::softplus(ratio) + count * at::softplus(-ratio);
}

at::Tensor zero_inflated_loss(const at::Tensor& x, const at::Tensor& loss,
                              const at::Tensor& logit) {
  const at::Tensor log_inflated = at::log_sigmoid(logit), log_counted = at::log_sigmoid(-logit);
  return at::where(x.eq(0), -at::logaddexp(log_inflated, log_counted - loss), loss - log_counted);
}

}  // namespace hourglass::models
