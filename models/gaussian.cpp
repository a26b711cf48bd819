#include "hourglass/models/gaussian.h"

#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <vector>

namespace hourglass::models {
namespace {

/// [B, …] -> [B].
at::Tensor row_sums(const at::Tensor& values) { return values.flatten(1).sum(1); }

}  // namespace

// clang-format off: a formula stays on its line

at::Tensor sample(const GaussianCode& code, const at::Tensor& noise) {
  return code.mean + (0.5 * code.log_variance).exp() * noise;
}

at::Tensor kl_from_standard_normal(const GaussianCode& code) {
  return -0.5 * row_sums(1 + code.log_variance - code.mean.square() - code.log_variance.exp());
}

at::Tensor kl_divergence(const GaussianCode& p, const GaussianCode& q) {
  const at::Tensor ratio = (p.log_variance - q.log_variance).exp();  // σₚ² / σ_q²
  const at::Tensor distance =
      (p.mean - q.mean).square() / q.log_variance.exp();  // (μₚ − μ_q)² / σ_q²
  return 0.5 * row_sums(ratio + distance - 1 - (p.log_variance - q.log_variance));
}

at::Tensor log_density(const GaussianCode& code, const at::Tensor& z) {
  const double log_two_pi = std::log(2 * std::numbers::pi);
  return -0.5 * row_sums(log_two_pi + code.log_variance +
                         (z - code.mean).square() / code.log_variance.exp());
}

// clang-format on

std::string standard_normal_sampler(const Shape& code_shape, const std::string& weight,
                                    bool has_condition) {
  std::vector<std::string> sizes = {"n"};
  for (const int64_t size : code_shape) sizes.push_back(std::to_string(size));
  return fmt::format(
      "def sample(self, n: int{}) -> Tensor:\n"
      "    weight = self.{}\n"
      "    z = torch.randn([{}], dtype=weight.dtype, device=weight.device)\n"
      "    return self.decode(z{})\n",
      has_condition ? ", condition: Tensor" : "", weight, join_text(sizes),
      has_condition ? ", condition" : "");
}

}  // namespace hourglass::models
