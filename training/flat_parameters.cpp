#include "hourglass/training/flat_parameters.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace hourglass::training {
namespace {

constexpr int64_t kValuesInACacheLine = 16;

/// A tensor as it lies in the vector. Kernels of convolutions lie with their channels last, [O, K,
/// K, I]: oneDNN then takes and gives images with channels last too and reorders nothing.
at::Tensor as_stored(const at::Tensor& tensor) {
  return tensor.dim() == 4 ? tensor.permute({0, 2, 3, 1}) : tensor;
}

/// The inverse, as a view.
at::Tensor as_used(const at::Tensor& stored) {
  return stored.dim() == 4 ? stored.permute({0, 3, 1, 2}) : stored;
}

bool belongs_to(const std::string& parameter, const std::vector<std::string>& modules) {
  return modules.empty() || std::any_of(modules.begin(), modules.end(), [&](const auto& module) {
           return parameter.starts_with(module + ".");
         });
}

}  // namespace

FlatParameters::FlatParameters(const torch::nn::Module& model) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> pieces;
  int64_t offset = 0;
  for (const auto& entry : model.named_parameters()) {
    const at::Tensor& tensor = entry.value();
    const int64_t past_a_line = tensor.numel() % kValuesInACacheLine;
    const int64_t padding = past_a_line == 0 ? 0 : kValuesInACacheLine - past_a_line;
    parameters_.push_back(
        {entry.key(), tensor, at::zeros({padding}, tensor.options().requires_grad(false)), offset});
    pieces.push_back(as_stored(tensor).reshape(-1));
    pieces.push_back(parameters_.back().padding);
    offset += tensor.numel() + padding;
  }
  values_ = at::cat(pieces);
  for (auto& [name, tensor, padding, start] : parameters_) {
    const at::Tensor stored = values_.narrow(0, start, tensor.numel());
    tensor.set_data(as_used(stored.view(as_stored(tensor).sizes())));
  }
}

FlatParameters::Range FlatParameters::range(const std::vector<std::string>& modules) const {
  Range range;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const auto& [name, tensor, padding, offset] = parameters_[i];
    if (!belongs_to(name, modules)) continue;
    if (range.count == 0) range.first = i, range.offset = offset;
    if (range.first + range.count != i) {
      throw Error("modules {}: expected to be registered one after the other", join_text(modules));
    }
    ++range.count;
    range.size += tensor.numel() + padding.numel();
  }
  if (range.count == 0)
    throw Error("modules {}: expected parameters, found none", join_text(modules));
  return range;
}

at::Tensor FlatParameters::values(const Range& range) const {
  return values_.narrow(0, range.offset, range.size);
}

std::vector<at::Tensor> FlatParameters::parameters(const Range& range) const {
  std::vector<at::Tensor> parameters;
  for (size_t i = 0; i < range.count; ++i) {
    parameters.push_back(parameters_[range.first + i].tensor);
  }
  return parameters;
}

at::Tensor FlatParameters::flatten(const Range& range,
                                   const std::vector<at::Tensor>& gradients) const {
  std::vector<at::Tensor> pieces;
  pieces.reserve(2 * gradients.size());
  for (size_t i = 0; i < gradients.size(); ++i) {
    const auto& [name, tensor, padding, offset] = parameters_[range.first + i];
    pieces.push_back(gradients[i].defined() ? as_stored(gradients[i]).reshape(-1)
                                            : at::zeros_like(tensor).reshape(-1));
    if (padding.numel() > 0) pieces.push_back(padding);
  }
  return at::cat(pieces);
}

TensorMap FlatParameters::named_parts(const Range& range, const at::Tensor& vector) const {
  TensorMap parts;
  for (size_t i = 0; i < range.count; ++i) {
    const auto& [name, tensor, padding, offset] = parameters_[range.first + i];
    const at::Tensor stored = vector.narrow(0, offset - range.offset, tensor.numel());
    parts[name] = as_used(stored.view(as_stored(tensor).sizes()));
  }
  return parts;
}

void use_channels_last(const torch::nn::Module& model) {
  for (at::Tensor& parameter : model.parameters()) {
    if (parameter.dim() != 4) continue;
    parameter.set_data(parameter.detach().contiguous(at::MemoryFormat::ChannelsLast));
  }
}

}  // namespace hourglass::training
