#include "hourglass/training/flat_parameters.h"

#include <ATen/ATen.h>

namespace hourglass::training {
namespace {

constexpr int64_t kValuesInACacheLine = 16;

/// A tensor as it lies in the vector. Kernels of convolutions lie with their channels last, [O, K,
/// K, I]: oneDNN then takes and gives images with channels last too and reorders nothing, which
/// halves a step of `fashion-conv` (121 to 66 ms on 2 cores; benchmarks/).
at::Tensor as_stored(const at::Tensor& tensor) {
  return tensor.dim() == 4 ? tensor.permute({0, 2, 3, 1}) : tensor;
}

/// The inverse, as a view.
at::Tensor as_used(const at::Tensor& stored) {
  return stored.dim() == 4 ? stored.permute({0, 3, 1, 2}) : stored;
}

}  // namespace

FlatParameters::FlatParameters(const torch::nn::Module& model) : parameters_(model.parameters()) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> pieces;
  for (const auto& parameter : parameters_) {
    const int64_t past_a_line = parameter.numel() % kValuesInACacheLine;
    const int64_t padding = past_a_line == 0 ? 0 : kValuesInACacheLine - past_a_line;
    paddings_.push_back(at::zeros({padding}, parameter.options().requires_grad(false)));
    pieces.push_back(as_stored(parameter).reshape(-1));
    pieces.push_back(paddings_.back());
  }
  values_ = at::cat(pieces);
  int64_t offset = 0;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    auto& parameter = parameters_[i];
    const at::Tensor stored = values_.narrow(0, offset, parameter.numel());
    parameter.set_data(as_used(stored.view(as_stored(parameter).sizes())));
    offset += parameter.numel() + paddings_[i].numel();
  }
}

at::Tensor FlatParameters::flatten(const std::vector<at::Tensor>& gradients) const {
  std::vector<at::Tensor> pieces;
  pieces.reserve(2 * gradients.size());
  for (size_t i = 0; i < gradients.size(); ++i) {
    pieces.push_back(gradients[i].defined() ? as_stored(gradients[i]).reshape(-1)
                                            : at::zeros_like(parameters_[i]).reshape(-1));
    if (paddings_[i].numel() > 0) pieces.push_back(paddings_[i]);
  }
  return at::cat(pieces);
}

}  // namespace hourglass::training
