#include "hourglass/models/initializers.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <numbers>

namespace hourglass::models {
namespace {

/// The standard deviation of a standard normal variable cut at ±2.
constexpr double kDeviationCutAtTwo = 0.87962566103423978;

}  // namespace

void initialize(Initializer initializer, at::Tensor& kernel, int64_t fan_in, int64_t fan_out) {
  const at::NoGradGuard no_grad;
  switch (initializer) {
    case Initializer::GlorotUniform: {
      const double limit = std::sqrt(6.0 / static_cast<double>(fan_in + fan_out));
      kernel.uniform_(-limit, limit);
      return;
    }
    case Initializer::HeNormal: {
      const double sigma = std::sqrt(2.0 / static_cast<double>(fan_in)) / kDeviationCutAtTwo;
      // The inverse of the normal distribution function, over the part of it between -2 and 2.
      const double edge = std::erf(2.0 / std::numbers::sqrt2);
      kernel.uniform_(-edge, edge).erfinv_().mul_(sigma * std::numbers::sqrt2);
      return;
    }
  }
}

}  // namespace hourglass::models
