#include "hourglass/formats/in_place.h"

#include <ATen/ATen.h>

#include <utility>

namespace hourglass::formats {

at::Tensor tensor_in_place(std::string_view bytes, std::shared_ptr<const void> owner,
                           const Shape& shape, at::ScalarType type) {
  // LibTorch has no tensors of constant memory.
  return at::from_blob(
      const_cast<char*>(bytes.data()), shape, [owner = std::move(owner)](void*) {},
      at::TensorOptions(type));
}

}  // namespace hourglass::formats
