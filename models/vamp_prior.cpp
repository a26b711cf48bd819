#include "hourglass/models/vamp_prior.h"

#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

namespace hourglass::models {
namespace {

constexpr std::string_view kVamp = "vamp:";

}  // namespace

std::string CodePrior::expects() {
  return "standard or vamp:K, a mixture at K learned pseudo-inputs (K at least 1)";
}

std::optional<CodePrior> CodePrior::parse(const std::string& text) {
  if (text == "standard") return CodePrior{};
  if (!text.starts_with(kVamp)) return {};
  const auto count = parse_integer(text.substr(kVamp.size()));
  if (!count || *count < 1) return {};
  return CodePrior{.pseudo_inputs = *count};
}

std::string CodePrior::text() const {
  return is_standard() ? "standard" : fmt::format("{}{}", kVamp, pseudo_inputs);
}

PseudoInputs::PseudoInputs(int64_t count, Shape item_shape, Activation output) {
  if (output == Activation::Sigmoid) range_ = {0, 1};
  if (output == Activation::Tanh) range_ = {-1, 1};
  const Shape shape = with_batch(count, item_shape);
  values_ = register_parameter(
      "pseudo_inputs",
      range_ ? at::rand(shape) * (range_->high - range_->low) + range_->low : at::randn(shape));
}

void PseudoInputs::put_back_in_range() {
  const at::NoGradGuard no_grad;
  if (range_) values_.clamp_(range_->low, range_->high);
}

std::string mixture_sampler() {
  return "def prior_components(self) -> Tuple[Tensor, Tensor]:\n"
         "    return self.encode_distribution(self.prior.pseudo_inputs)\n"
         "def sample(self, n: int) -> Tensor:\n"
         "    mean, log_variance = self.prior_components()\n"
         "    chosen = torch.randint(mean.size(0), [n], device=mean.device)\n"
         "    deviation = (0.5 * log_variance[chosen]).exp()\n"
         "    return self.decode(mean[chosen] + deviation * torch.randn_like(deviation))\n";
}

}  // namespace hourglass::models
