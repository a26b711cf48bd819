#pragma once

#include "hourglass/core/shape.h"

#include <ATen/core/Tensor.h>

#include <memory>
#include <string_view>

namespace hourglass::formats {

/// A tensor of this shape and type over `bytes`, which are as many as it needs; it holds on to
/// `owner`, which keeps them. It must not be written to, and its values may not be aligned.
at::Tensor tensor_in_place(std::string_view bytes, std::shared_ptr<const void> owner,
                           const Shape& shape, at::ScalarType type);

}  // namespace hourglass::formats
