#include "hourglass/models/likelihood.h"

#include "hourglass/core/error.h"
#include "hourglass/models/densities.h"
#include "hourglass/models/tensors.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <limits>
#include <numeric>
#include <optional>
#include <tuple>
#include <vector>

namespace hourglass::models {
namespace {

/// How many numbers of the decoder stand for a value.
int64_t parameter_count(Loss loss) {
  switch (loss) {
    case Loss::Gaussian:
    case Loss::Logistic:
    case Loss::NegativeBinomial: return 2;
    case Loss::ZeroInflatedNegativeBinomial: return 3;
    default: return 1;
  }
}

/// The dimension of a batch, so many in all, that holds the numbers of a value one behind the other.
int64_t parameter_dimension(int64_t dimensions) { return dimensions == 4 ? 1 : dimensions - 1; }

/// The n-th number of each value.
at::Tensor parameter(Loss loss, const at::Tensor& logits, int64_t n) {
  const int64_t count = parameter_count(loss);
  if (count == 1) return logits;
  const int64_t dimension = parameter_dimension(logits.dim());
  const int64_t size = logits.size(dimension) / count;
  return logits.narrow(dimension, n * size, size);
}

/// All dimensions of a batch but the first.
std::vector<int64_t> dimensions_of_item(const at::Tensor& batch) {
  std::vector<int64_t> dimensions(static_cast<size_t>(batch.dim() - 1));
  std::iota(dimensions.begin(), dimensions.end(), 1);
  return dimensions;
}

/// The softmax over an item's values, of operations that every format of exported models has.
at::Tensor shares(const at::Tensor& logits) {
  const auto all = dimensions_of_item(logits);
  const at::Tensor parts = (logits - logits.amax(all, /*keepdim=*/true)).exp();
  return parts / parts.sum(all, /*keepdim=*/true);
}

/// The output activation without which the loss makes no sense.
std::optional<Activation> needed_activation(Loss loss) {
  switch (loss) {
    case Loss::Bce: return Activation::Sigmoid;
    case Loss::Multinomial: return Activation::Linear;  // before the softmax
    case Loss::NegativeBinomial:
    case Loss::ZeroInflatedNegativeBinomial: return Activation::Softplus;
    default: return {};
  }
}

/// f⁻¹, for values that lie in what f reaches or at its ends.
at::Tensor inverse(Activation activation, const at::Tensor& y) {
  constexpr double kOffTheEnds = 0.001;
  switch (activation) {
    case Activation::Linear: return y;
    case Activation::Sigmoid: return y.clamp(kOffTheEnds, 1 - kOffTheEnds).logit();
    case Activation::Tanh: return y.clamp(-1 + kOffTheEnds, 1 - kOffTheEnds).atanh();
    case Activation::Softplus: {
      // log (exp(y) − 1), without a number that overflows.
      const at::Tensor positive = y.clamp_min(kOffTheEnds);
      return positive + (-(-positive).expm1()).log();
    }
    default:
      throw UsageError(
          "`output_activation`: expected linear, sigmoid, tanh or softplus, which have an inverse, "
          "found {}",
          enum_name(activation));
  }
}

/// Negative log-likelihoods of all values.
at::Tensor density_loss(const Likelihood& likelihood, const at::Tensor& logits,
                        const at::Tensor& target) {
  const auto number = [&](int64_t n) { return parameter(likelihood.loss, logits, n); };
  if (likelihood.loss == Loss::Multinomial) {
    return -target * logits.flatten(1).log_softmax(1).view_as(target);
  }
  const at::Tensor mean = activate(likelihood.activation, number(0));
  switch (likelihood.loss) {
    case Loss::Gaussian: return gaussian_loss(target, mean, number(1));
    case Loss::Logistic: return logistic_loss(target, mean, number(1), likelihood.levels);
    case Loss::NegativeBinomial: return negative_binomial_loss(target, mean, number(1));
    case Loss::ZeroInflatedNegativeBinomial:
      return zero_inflated_loss(target, negative_binomial_loss(target, mean, number(1)), number(2));
    default: throw Error("unknown loss");
  }
}

at::Tensor reduced(const at::Tensor& values, int64_t how) {
  switch (how) {
    case at::Reduction::Mean: return values.mean();
    case at::Reduction::Sum: return values.sum();
    default: return values;
  }
}

/// Of targets that are all known; `how` is of at::Reduction.
at::Tensor reduced_loss(const Likelihood& likelihood, const at::Tensor& logits,
                        const at::Tensor& target, int64_t how) {
  const auto mean = [&] { return activate(likelihood.activation, logits); };
  switch (likelihood.loss) {
    case Loss::Bce: return at::binary_cross_entropy_with_logits(logits, target, {}, {}, how);
    case Loss::Mse: return at::mse_loss(mean(), target, how);
    case Loss::Mae: return at::l1_loss(mean(), target, how);
    default: break;
  }
  const at::Tensor wide = widened(logits);
  const at::Tensor losses = density_loss(likelihood, wide, target);
  return reduced(losses, how).to(wide.scalar_type());
}

/// The loss of each value: 0 where the target is not known.
at::Tensor losses_of_known(const Likelihood& likelihood, const at::Tensor& logits,
                           const at::Tensor& target, const at::Tensor& unknown) {
  // NaN must not even meet the logits: 0 · NaN would be their gradient.
  const at::Tensor known = at::where(unknown, 0, target);
  // Those of a multinomial are shares of what is known.
  constexpr double kNoShare = -std::numeric_limits<double>::infinity();
  const bool divided = likelihood.loss == Loss::Multinomial;
  const at::Tensor own = divided ? logits.masked_fill(unknown, kNoShare) : logits;
  return reduced_loss(likelihood, own, known, at::Reduction::None).masked_fill(unknown, 0);
}

/// The sum of the losses of all values, or a tensor of them, or their mean: `how` is of at::Reduction.
at::Tensor loss_of(const Likelihood& likelihood, const at::Tensor& logits, const at::Tensor& target,
                   int64_t how) {
  const at::Tensor unknown = target.isnan();
  if (!unknown.any().item<bool>()) return reduced_loss(likelihood, logits, target, how);
  return reduced(losses_of_known(likelihood, logits, target, unknown), how);
}

/// The mean of the losses that `trim` leaves, each the sum over an item's values.
at::Tensor trimmed_mean(const Likelihood& likelihood, const at::Tensor& row_losses) {
  const int64_t items = row_losses.size(0);
  const auto left_out = static_cast<int64_t>(likelihood.trim * static_cast<double>(items));
  return std::get<0>(row_losses.topk(items - left_out, 0, /*largest=*/false, /*sorted=*/false))
      .mean();
}

}  // namespace

void check(const Likelihood& likelihood) {
  const auto needed = needed_activation(likelihood.loss);
  if (!needed || likelihood.activation == *needed) return;
  const bool is_bce = likelihood.loss == Loss::Bce;
  throw UsageError("`loss` {}: expected `output_activation` {}, found '{}'{}",
                   enum_name(likelihood.loss), enum_name(*needed), enum_name(likelihood.activation),
                   is_bce ? "; use mse or mae with it" : "");
}

Shape parameter_shape(Loss loss, Shape target) {
  const auto dimensions = static_cast<int64_t>(target.size()) + 1;
  target.at(static_cast<size_t>(parameter_dimension(dimensions) - 1)) *= parameter_count(loss);
  return target;
}

at::Tensor mean_of(const Likelihood& likelihood, const at::Tensor& logits) {
  if (likelihood.loss == Loss::Multinomial) return shares(logits);
  at::Tensor mean = activate(likelihood.activation, parameter(likelihood.loss, logits, 0));
  if (likelihood.loss != Loss::ZeroInflatedNegativeBinomial) return mean;
  return mean * (-parameter(likelihood.loss, logits, 2)).sigmoid();
}

at::Tensor logits_of(const Likelihood& likelihood, const at::Tensor& mean) {
  const Shape target = mean.sizes().vec();
  at::Tensor logits = at::zeros(parameter_shape(likelihood.loss, target), mean.options());
  const at::Tensor first = parameter(likelihood.loss, logits.unsqueeze(0), 0)[0];
  if (likelihood.loss == Loss::Multinomial) {
    constexpr double kLeastShare = 1e-6;
    first.copy_((mean / mean.sum()).clamp_min(kLeastShare).log());
  } else {
    first.copy_(inverse(likelihood.activation, mean));
  }
  return logits;
}

at::Tensor reconstruction_of(const Likelihood& likelihood, const at::Tensor& mean,
                             const at::Tensor& x) {
  if (likelihood.loss != Loss::Multinomial) return mean;
  const at::Tensor total = x.flatten(1).sum(1, /*keepdim=*/true);
  return (mean.flatten(1) * total).view_as(mean);
}

at::Tensor misfits(const Likelihood& likelihood, const at::Tensor& target) {
  switch (likelihood.loss) {
    case Loss::Bce: return target.lt(0).logical_or(target.gt(1));
    case Loss::Multinomial: return target.lt(0);
    case Loss::NegativeBinomial:
    case Loss::ZeroInflatedNegativeBinomial:
      return target.lt(0).logical_or((target - target.round()).abs().gt(0));
    case Loss::Logistic: {
      // Levels that were divided in float32 are whole numbers but for rounding.
      const at::Tensor level = target * static_cast<double>(likelihood.levels - 1);
      return target.lt(0)
          .logical_or(target.gt(1))
          .logical_or((level - level.round()).abs().gt(1e-2));
    }
    default: return at::zeros_like(target, at::kBool);
  }
}

std::string expected_values(const Likelihood& likelihood) {
  switch (likelihood.loss) {
    case Loss::Bce: return "values in [0, 1]";
    case Loss::Multinomial: return "numbers of at least 0";
    case Loss::NegativeBinomial:
    case Loss::ZeroInflatedNegativeBinomial: return "whole numbers of at least 0";
    case Loss::Logistic: return fmt::format("one of {} levels from 0 to 1", likelihood.levels);
    default: return "";
  }
}

void refuse_trim(const Likelihood& likelihood, const char* objective) {
  if (likelihood.trim == 0) return;
  throw UsageError("`trim`: expected 0 with {}, found {}", objective, likelihood.trim);
}

at::Tensor reconstruction_loss(const Likelihood& likelihood, const at::Tensor& logits,
                               const at::Tensor& target, Reduction reduction) {
  if (likelihood.trim > 0) {
    const at::Tensor sum = trimmed_mean(likelihood, row_losses(likelihood, logits, target));
    return reduction == Reduction::SumOfValues ? sum : sum / target[0].numel();
  }
  if (reduction == Reduction::MeanOfValues) {
    return loss_of(likelihood, logits, target, at::Reduction::Mean);
  }
  return loss_of(likelihood, logits, target, at::Reduction::Sum) / target.size(0);
}

at::Tensor row_losses(const Likelihood& likelihood, const at::Tensor& logits,
                      const at::Tensor& target) {
  return loss_of(likelihood, logits, target, at::Reduction::None).flatten(1).sum(1);
}

}  // namespace hourglass::models
