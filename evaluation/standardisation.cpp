#include "hourglass/evaluation/standardisation.h"

#include <ATen/ATen.h>

namespace hourglass::evaluation {

at::Tensor Standardisation::apply(const at::Tensor& codes) const {
  return (codes - mean) / deviation;
}

at::Tensor Standardisation::undo(const at::Tensor& codes) const { return codes * deviation + mean; }

Standardisation standardisation_of(const at::Tensor& codes) {
  const at::Tensor deviation = codes.std(0, /*unbiased=*/false);
  return {codes.mean(0), deviation.masked_fill(deviation == 0, 1)};
}

}  // namespace hourglass::evaluation
