#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

// Private to the room: tensors as the pictures take them.

namespace hourglass::figures {

/// The values as contiguous float32 on the CPU, cut from any graph. `expected` says what the
/// picture needs
/// ("scatter: expected points [N, 2]"); throws `Error` with it and with what was found when the
/// tensor is undefined, is empty, or has a rank that is not among `ranks`.
at::Tensor host_values(const at::Tensor& tensor, std::string_view expected,
                       std::initializer_list<int64_t> ranks);

/// "[64, 2]", or "nothing" for an undefined tensor.
std::string shape_text(const at::Tensor& tensor);

}  // namespace hourglass::figures
