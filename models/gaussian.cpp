#include "hourglass/models/gaussian.h"

#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <vector>

namespace hourglass::models {
namespace {

const double kLogTwoPi = std::log(2 * std::numbers::pi);

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
  return -0.5 * row_sums(kLogTwoPi + code.log_variance +
                         (z - code.mean).square() / code.log_variance.exp());
}

at::Tensor log_mixture_density(const GaussianCode& components, const at::Tensor& z) {
  const at::Tensor mean = components.mean.flatten(1),
                   log_variance = components.log_variance.flatten(1);
  const at::Tensor off =
      (z.flatten(1).unsqueeze(1) - mean) * (-0.5 * log_variance).exp();  // [B, K, D]
  const at::Tensor each =
      -0.5 * (off.square().sum(2) + row_sums(kLogTwoPi + log_variance));  // [B, K]
  return each.logsumexp(1) - std::log(static_cast<double>(mean.size(0)));
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
