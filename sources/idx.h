#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>

namespace hourglass::sources {

/// The values in the bytes of an IDX file of unsigned bytes, uint8 of the file's rank (1–4), as in "The MNIST
/// database" (LeCun, Cortes, Burges). Gzip-compressed files are recognised by their first bytes,
/// whatever they are called. `name` stands for the file in errors.
///
/// Throws `Error` when the file is damaged, cut off or too long. No more memory is used than the
/// file can fill.
at::Tensor parse_idx(std::string_view bytes, const std::string& name);

}  // namespace hourglass::sources
