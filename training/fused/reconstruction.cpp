#include "hourglass/training/fused/reconstruction.h"

#include "hourglass/core/error.h"
#include "hourglass/kernels/dense_passes.h"

#include <numeric>

namespace hourglass::training::fused {
namespace {

kernels::Loss kernel_of(models::Loss loss) {
  switch (loss) {
    case models::Loss::Bce: return kernels::Loss::Bce;
    case models::Loss::Mse: return kernels::Loss::Mse;
    case models::Loss::Mae: return kernels::Loss::Mae;
    default: break;  // which `obstacle` is to refuse
  }
  throw Error("unknown loss");
}

}  // namespace

Reconstruction::Reconstruction(Layer& last, const Flow& target,
                               const models::Likelihood& likelihood,
                               const models::ObjectivePlan& plan, const Step& step,
                               const Parameters& parameters)
    : logits_(last.output()),
      target_(target),
      likelihood_(likelihood),
      plan_(plan),
      step_(step),
      parameters_(parameters),
      bias_(last.leave_bias_to_loss()),
      sums_(static_cast<size_t>(step.most_shards)) {
  logits_.gradient = logits_.values;  // which are not needed again
  if (!bias_) no_bias_ = Floats(logits_.stride);
  if (plan_.bound) row_losses_ = Floats(step.most_items * logits_.rows_per_item);
}

void Reconstruction::add_loss(Program& program) {
  program.each([this](const Shard& shard) { compute(shard); });
}

void Reconstruction::add_result(Program& program) {
  program.each([this](const Shard& shard) {
    kernels::add_bias_and_activate(likelihood_.activation,
                                   {shard.count * logits_.rows_per_item, logits_.width}, bias(),
                                   {logits_.row(shard.first), logits_.stride}, nullptr);
  });
}

double Reconstruction::value() const {
  const double sum = std::accumulate(sums_.begin(), sums_.begin() + step_.shards, 0.0);
  return sum * terms_a_value() / static_cast<double>(step_.batch_items);
}

const float* Reconstruction::bias() const {
  return bias_ ? parameters_.values(*bias_) : no_bias_.data();
}

/// What a value's loss counts in the loss of its item.
double Reconstruction::terms_a_value() const {
  if (plan_.bound) return 1 / static_cast<double>(plan_.bound->samples());
  if (plan_.reduction == models::Reduction::SumOfValues) return 1;
  return 1 / static_cast<double>(target_.width);
}

void Reconstruction::compute(const Shard& shard) {
  kernels::LossPass pass;
  pass.loss = kernel_of(likelihood_.loss);
  pass.activation = likelihood_.activation;
  pass.columns = logits_.width;
  pass.bias = bias();
  pass.wants_gradient = step_.training;
  // The rows of a bound are weighed later, see bound.h.
  pass.scale = plan_.bound
                   ? 1.0F
                   : static_cast<float>(terms_a_value() / static_cast<double>(step_.batch_items));
  pass.rows = shard.count * logits_.rows_per_item;
  pass.logits = {logits_.row(shard.first), logits_.stride};
  pass.target = {target_.row(shard.first), target_.stride};
  pass.rows_per_target = logits_.rows_per_item;
  if (row_losses_) pass.row_losses = row_losses_.data() + shard.first * logits_.rows_per_item;
  sums_[static_cast<size_t>(shard.index)] = kernels::loss_pass(pass);
}

}  // namespace hourglass::training::fused
