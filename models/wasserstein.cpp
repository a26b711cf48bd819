#include "hourglass/models/wasserstein.h"

#include "hourglass/models/gaussian.h"
#include "hourglass/models/whole_batch.h"

#include <ATen/ATen.h>

#include <typeinfo>

namespace hourglass::models {
namespace {

/// ‖aᵢ − bⱼ‖²: [N, D] and [M, D] -> [N, M].
at::Tensor squared_distances(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor norms = a.square().sum(1, /*keepdim=*/true) + b.square().sum(1);
  return (norms - 2 * at::matmul(a, b.t())).clamp_min(0);  // rounding may leave a negative one
}

/// The sum of the kernel over all pairs of points at these squared distances.
at::Tensor kernel_sum(const at::Tensor& squared_distance, double scale) {
  at::Tensor sum;
  for (const double s : kKernelScales) {
    const at::Tensor part = (scale * s / (scale * s + squared_distance)).sum();
    sum = sum.defined() ? sum + part : part;
  }
  return sum;
}

}  // namespace

at::Tensor squared_mmd(const at::Tensor& codes, const at::Tensor& prior) {
  constexpr auto kSame = static_cast<double>(kKernelScales.size());  // k(a, a)
  const auto n = static_cast<double>(codes.size(0));
  const double scale = 2.0 * static_cast<double>(codes.size(1));
  // In float32 what is left of the norms, whose small difference a distance may be, has few digits.
  const at::Tensor z = codes.to(at::kDouble), p = prior.to(at::kDouble);
  const at::Tensor within = kernel_sum(squared_distances(z, z), scale) +
                            kernel_sum(squared_distances(p, p), scale) - 2 * n * kSame;
  const at::Tensor between = kernel_sum(squared_distances(z, p), scale);
  const at::Tensor mmd = within / (n * (n - 1)) - 2 * between / (n * n);
  return (codes.size(0) < 2 ? between * 0 : mmd).to(codes.scalar_type());
}

std::vector<Phase> Wasserstein::phases() const {
  return {{.terms = {{"reconstruction"}, {.name = "mmd", .weight = options_.mmd_weight}}}};
}

StepValues Wasserstein::losses(const Batch& batch, const StepContext& context) {
  const at::Tensor z = encode(batch.input, batch.condition);
  const at::Tensor prior = context.random.normal_like("prior", batch.rows, z);
  const at::Tensor logits = decode_logits(z, batch.condition);
  return {.terms = {reconstruction_loss(likelihood(), logits, batch.target, Reduction::SumOfValues),
                    squared_mmd(rows_of_all(z.flatten(1), processes()),
                                rows_of_all(prior.flatten(1), processes()))}};
}

std::optional<ObjectivePlan> Wasserstein::objective_plan() const {
  if (typeid(*this) != typeid(Wasserstein)) return {};
  return ObjectivePlan{.reduction = Reduction::SumOfValues, .penalty = Penalty::Mmd};
}

std::string Wasserstein::script_methods() const {
  return standard_normal_sampler(code_shape(), "encoder.code.weight", condition_width() > 0);
}

}  // namespace hourglass::models
