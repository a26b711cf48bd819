#include "hourglass/models/vamp_prior.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace hourglass::models {

PseudoInputs::PseudoInputs(int64_t count, const Shape& item_shape, Activation output) {
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
