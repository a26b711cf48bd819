#include "hourglass/models/tensors.h"

#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>
#include <vector>

namespace hourglass::models {

at::Tensor widened(const at::Tensor& values) {
  return values.scalar_type() == at::kBFloat16 ? values.to(at::kFloat) : values;
}

at::Tensor per_row(const at::Tensor& numbers, int64_t dimensions) {
  Shape shape(static_cast<size_t>(dimensions), 1);
  shape[0] = -1;
  return numbers.reshape(shape);
}

bool is_counter(const at::Tensor& tensor) { return !tensor.is_floating_point(); }

TensorMap named_tensors(const torch::nn::Module& module) {
  TensorMap tensors;
  for (const auto& entry : module.named_parameters()) tensors[entry.key()] = entry.value();
  for (const auto& entry : module.named_buffers()) tensors[entry.key()] = entry.value();
  return tensors;
}

TensorMap copied_tensors(const torch::nn::Module& module) {
  TensorMap copies;
  for (const auto& [name, tensor] : named_tensors(module)) {
    copies[name] = tensor.detach().clone(at::MemoryFormat::Contiguous);
  }
  return copies;
}

namespace {

/// What there is where a tensor is missing: the one of the nearest name.
std::string instead_of(const std::string& name, const TensorMap& tensors) {
  if (tensors.empty()) return "no tensors at all";
  std::vector<std::string> names;
  for (const auto& [present, ignored] : tensors) names.push_back(present);
  const auto nearest = nearest_word(name, names);
  const std::string& other = nearest ? *nearest : names.front();
  std::string shown = shortened(other, 100);
  // Names of a file may hold any characters, and errors are one line.
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c >= 0 && c < ' '; }, '?');
  const bool is_only = nearest || names.size() == 1;
  return fmt::format("none of that name, but '{}' of shape {}{}", shown,
                     shape_text(tensors.at(other).sizes().vec()),
                     is_only ? "" : fmt::format(" and {} others", names.size() - 1));
}

}  // namespace

void load_tensors(torch::nn::Module& module, const TensorMap& tensors, const std::string& where) {
  const at::NoGradGuard no_grad;
  const TensorMap own = named_tensors(module);
  for (const auto& [name, tensor] : own) {
    const auto found = tensors.find(name);
    if (found == tensors.end() && is_counter(tensor)) continue;
    if (found == tensors.end()) {
      throw Error("{}: expected a tensor '{}' of shape {}, found {}: it holds another model", where,
                  name, shape_text(tensor.sizes().vec()), instead_of(name, tensors));
    }
    if (found->second.sizes() != tensor.sizes()) {
      throw Error("{}: expected '{}' of shape {}, found {}", where, name,
                  shape_text(tensor.sizes().vec()), shape_text(found->second.sizes().vec()));
    }
  }
  for (const auto& [name, tensor] : own) {
    const auto found = tensors.find(name);
    if (found != tensors.end()) at::Tensor(tensor).copy_(found->second);
  }
}

}  // namespace hourglass::models
