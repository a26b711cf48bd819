#include "hourglass/evaluation/code_matrix.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <limits>

namespace hourglass::evaluation {

at::Tensor code_matrix(const at::Tensor& codes, at::ScalarType type) {
  if (codes.dim() < 2 || codes.numel() == 0) {
    throw Error("codes: expected a table of one row an item, found {} values in {} dimensions",
                codes.numel(), codes.dim());
  }
  at::Tensor matrix = codes.flatten(1).to(at::kCPU, type).contiguous();
  const at::Tensor finite = at::isfinite(matrix);
  if (!finite.all().item<bool>()) {
    const at::Tensor place = at::nonzero(~finite)[0];
    const auto row = place[0].item<int64_t>(), unit = place[1].item<int64_t>();
    throw Error("codes: expected finite numbers, found {} in row {}, unit {}",
                matrix[row][unit].item<double>(), row, unit);
  }
  return matrix;
}

void expect_label_each(const at::Tensor& labels, int64_t count) {
  const int64_t found = labels.defined() ? labels.numel() : 0;
  if (found != count) throw Error("labels: expected {}, one a code, found {}", count, found);
}

at::Tensor population_covariance(const at::Tensor& codes) {
  const at::Tensor centred = codes - codes.mean(0);
  return at::matmul(centred.t(), centred) / codes.size(0);
}

double covariance_tolerance(int64_t width) {
  const double deviation = static_cast<double>(width) * std::numeric_limits<float>::epsilon();
  return deviation * deviation;
}

}  // namespace hourglass::evaluation
