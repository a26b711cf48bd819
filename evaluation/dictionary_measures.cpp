#include "hourglass/evaluation/dictionary_measures.h"

#include <ATen/ATen.h>

namespace hourglass::evaluation {

void DictionaryMeter::add(const at::Tensor& code, const at::Tensor& reconstruction,
                          const at::Tensor& items) {
  const at::Tensor given = items.flatten(1).to(at::kDouble), known = given.isnan().logical_not();
  const at::Tensor x = given.nan_to_num(0);
  const at::Tensor apart = (x - reconstruction.flatten(1).to(at::kDouble)) * known;
  const auto add_to = [&](at::Tensor& total, const at::Tensor& part) {
    total = rows_ == 0 ? part : total + part;
  };
  add_to(times_spoken_, code.ne(0).sum(0));
  add_to(known_, known.sum(0));
  add_to(sum_, x.sum(0));
  add_to(squares_, x.square().sum(0));
  add_to(squared_residuals_, apart.square().sum(0));
  rows_ += x.size(0);
}

DictionaryMeasures DictionaryMeter::measures() const {
  constexpr double kNothing = 1e-10;  // as SAELens has it
  const auto rows = static_cast<double>(rows_);
  const at::Tensor known = known_.to(at::kDouble).clamp_min(1);  // [D]
  const double variance = (squares_ / known - (sum_ / known).square()).sum().item<double>();
  const double error = (squared_residuals_ / known).sum().item<double>();
  const at::Tensor share = times_spoken_.to(at::kDouble) / rows;
  const double without_variance = error < kNothing ? 1 : 0;
  return {.rows = rows_,
          .units = times_spoken_.size(0),
          .l0 = share.sum().item<double>(),
          .explained_variance = variance < kNothing ? without_variance : 1 - error / variance,
          .dead = times_spoken_.eq(0).sum().item<int64_t>(),
          .dense = share.gt(DictionaryMeasures::kDenseAbove).sum().item<int64_t>()};
}

}  // namespace hourglass::evaluation
