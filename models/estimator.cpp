#include "hourglass/models/estimator.h"

#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hourglass::models {
namespace {

struct Form {
  Estimator::Kind kind;
  const char* name;
};
constexpr Form kForms[] = {{Estimator::Kind::Iwae, "iwae"},
                           {Estimator::Kind::Dreg, "dreg"},
                           {Estimator::Kind::Ciwae, "ciwae"},
                           {Estimator::Kind::Miwae, "miwae"},
                           {Estimator::Kind::Piwae, "piwae"}};

/// Factors stay finite: e^80 times a weight that is lost in rounding is still nothing.
constexpr double kMostLogFactor = 80;

/// Reads what follows the name; false where it does not fit the kind.
bool read_numbers(Estimator& estimator, const std::optional<std::string>& numbers) {
  if (estimator.kind == Estimator::Kind::Ciwae) {
    const auto share = TextCodec<double>::parse(numbers.value_or(""));
    estimator.elbo_share = share.value_or(-1);
    return estimator.elbo_share >= 0 && estimator.elbo_share <= 1;
  }
  if (!estimator.has_groups()) return !numbers;
  const auto parts = split_text(numbers.value_or(""), ',');
  if (parts.size() != 2) return false;
  const auto groups = parse_integer(parts[0]), per_group = parse_integer(parts[1]);
  estimator.groups = groups.value_or(0);
  estimator.per_group = per_group.value_or(0);
  // Divided, as the product of the two may overflow.
  return estimator.groups >= 1 && estimator.per_group >= 1 &&
         estimator.groups <= Estimator::kMostSamples / estimator.per_group;
}

/// log of the mean of the weights over the last dimension.
at::Tensor log_mean(const at::Tensor& log_weights) {
  return log_weights.logsumexp(-1) - std::log(static_cast<double>(log_weights.size(-1)));
}

}  // namespace

std::string Estimator::expects() {
  return fmt::format(
      "iwae, dreg, ciwae:B (B from 0 to 1), miwae:M,K or piwae:M,K (M and K at least 1, M · K at "
      "most {})",
      kMostSamples);
}

std::optional<Estimator> Estimator::parse(const std::string& text) {
  const size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  std::optional<std::string> numbers;
  if (colon != std::string::npos) numbers = text.substr(colon + 1);
  for (const auto& form : kForms) {
    Estimator estimator{.kind = form.kind};
    if (name == form.name && read_numbers(estimator, numbers)) return estimator;
  }
  return {};
}

std::string Estimator::text() const {
  const char* name = kForms[static_cast<size_t>(kind)].name;
  if (kind == Kind::Ciwae) return fmt::format("{}:{}", name, elbo_share);
  return has_groups() ? fmt::format("{}:{},{}", name, groups, per_group) : name;
}

// clang-format off: a formula stays on its line

at::Tensor bound_of(const Estimator& estimator, const at::Tensor& log_weights) {
  const double beta = estimator.elbo_share;
  const at::Tensor all = log_weights.flatten(1);
  switch (estimator.kind) {
    case Estimator::Kind::Miwae: return log_mean(log_weights).mean(1);
    case Estimator::Kind::Ciwae: return beta * all.mean(1) + (1 - beta) * log_mean(all);
    default: return log_mean(all);
  }
}

at::Tensor encoder_factor(const Estimator& estimator, const at::Tensor& log_weights) {
  const at::Tensor weights = log_weights.detach();
  const at::Tensor of_all = weights.logsumexp(at::IntArrayRef{1, 2}, /*keepdim=*/true);
  switch (estimator.kind) {
    // w̃² instead of w̃
    case Estimator::Kind::Dreg: return (weights - of_all).exp();
    // w / (M Σ w of the group) instead of w / Σ w of all
    case Estimator::Kind::Piwae: {
      const at::Tensor of_group = weights.logsumexp(2, /*keepdim=*/true);
      const at::Tensor factor =
          (of_all - of_group).clamp_max(kMostLogFactor).exp() / weights.size(1);
      return factor.expand_as(weights);
    }
    default: return {};
  }
}

double group_factor(double log_sum_of_all, double log_sum_of_group, double groups) {
  return std::exp(std::min(log_sum_of_all - log_sum_of_group, kMostLogFactor)) / groups;
}

// clang-format on

}  // namespace hourglass::models
