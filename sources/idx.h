#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace hourglass::sources {

/// The values of an IDX file of unsigned bytes, uint8 of the file's rank (1–4), as in "The MNIST
/// database" (LeCun, Cortes, Burges). Gzip-compressed files are recognised by their first bytes,
/// whatever they are called.
///
/// Throws `Error` when the file is damaged, cut off or too long. No more memory is used than the
/// file can fill.
at::Tensor read_idx(const std::filesystem::path& path);

}  // namespace hourglass::sources
