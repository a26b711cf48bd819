#include "hourglass/evaluation/codes.h"

#include <ATen/ATen.h>

#include <vector>

namespace hourglass::evaluation {
namespace {

std::vector<double> to_vector(const at::Tensor& values) {
  const at::Tensor doubles = values.to(at::kDouble).contiguous();
  return {doubles.data_ptr<double>(), doubles.data_ptr<double>() + doubles.numel()};
}

/// `first` and `second` [n]: the coordinates of columns and rows.
CodeGrid grid_of(const at::Tensor& first, const at::Tensor& second) {
  const int64_t n = first.size(0);
  const at::Tensor codes =
      at::stack({first.repeat({n}), second.repeat_interleave(n)}, 1).to(at::kFloat);
  return {to_vector(first), to_vector(second), codes};
}

Codes encode_batches(const std::function<at::Tensor(const Batch&)>& encode,
                     const datasets::Dataset& data, const datasets::BatchProgress& progress) {
  std::vector<at::Tensor> values, labels;
  datasets::for_each_batch(
      data,
      [&](const Batch& batch, int64_t /*first*/) {
        values.push_back(encode(batch).to(at::kCPU, at::kFloat));
        if (batch.labels.defined()) labels.push_back(batch.labels.cpu());
      },
      progress);
  return {at::cat(values), labels.empty() ? at::Tensor() : at::cat(labels)};
}

}  // namespace

Codes encode_all(ExportedModel& model, const datasets::Dataset& data,
                 const datasets::BatchProgress& progress) {
  return encode_batches(
      [&](const Batch& batch) { return model.encode(batch.input, batch.condition); }, data,
      progress);
}

Codes encode_all(const EncodeFunction& encode, const datasets::Dataset& data,
                 const datasets::BatchProgress& progress) {
  return encode_batches([&](const Batch& batch) { return encode(batch.input); }, data, progress);
}

CodeGrid gaussian_grid(int64_t n) {
  const at::Tensor quantiles = at::special_ndtri(at::linspace(0.005, 0.995, n, at::kDouble));
  return grid_of(quantiles, quantiles);
}

CodeGrid data_range_grid(const at::Tensor& codes, int64_t n) {
  const auto axis = [&](int64_t dimension) {
    const at::Tensor values = codes.select(1, dimension).to(at::kDouble);
    const double low = std::get<0>(values.kthvalue(1 + values.size(0) / 100)).item<double>();
    const double high =
        std::get<0>(values.kthvalue(values.size(0) - values.size(0) / 100)).item<double>();
    return at::linspace(low, high, n, at::kDouble);
  };
  return grid_of(axis(0), axis(1));
}

}  // namespace hourglass::evaluation
