#include "hourglass/models/tensors.h"

#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"

#include <ATen/ATen.h>

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

void load_tensors(torch::nn::Module& module, const TensorMap& tensors, const std::string& where) {
  const at::NoGradGuard no_grad;
  const TensorMap own = named_tensors(module);
  for (const auto& [name, tensor] : own) {
    const auto found = tensors.find(name);
    if (found == tensors.end() && is_counter(tensor)) continue;
    if (found == tensors.end()) {
      throw Error("{}: expected a tensor '{}', found none of that name: it holds another model",
                  where, name);
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
