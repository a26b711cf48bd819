#include "hourglass/models/tensors.h"

#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>

#include <string>
#include <vector>

namespace hourglass::models {

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
  for (const auto& [other, ignored] : tensors) names.push_back(other);
  const auto nearest = nearest_word(name, names);
  const std::string& shown = nearest ? *nearest : names.front();
  return fmt::format(
      "none of that name, but '{}' of shape {}{}", shortened(shown, 100),
      shape_text(tensors.at(shown).sizes().vec()),
      nearest || names.size() == 1 ? "" : fmt::format(" and {} others", names.size() - 1));
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
