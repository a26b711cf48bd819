#pragma once

#include "hourglass/core/named_tensor.h"

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::formats {

// The safetensors format (https://github.com/huggingface/safetensors, version 0.8): the length of
// the header, 8 bytes little endian; the header, JSON of each tensor's type, shape and place; the
// tensors' values, little endian, one after the other. Reading such a file runs no code of it.
//
// Types: float64, float32, float16, bfloat16, int64, int32, int16, int8, uint8, bool.

/// What a safetensors file holds.
struct TensorFile {
  std::vector<NamedTensor> tensors;
  std::map<std::string, std::string> metadata;

  /// The file it was read from, for errors.
  std::string path;

  /// The tensor of that name. Throws `Error` that suggests the nearest name where there is none.
  const at::Tensor& find(const std::string& name) const;

  /// The one tensor of a file that has one. Throws `Error` that names them where there are others.
  const at::Tensor& only() const;
};

/// The bytes of a safetensors file, the same for the same tensors in any order, laid out as Python's
/// writer does: those of large elements first, so that all are aligned. Tensors may have any strides
/// and be on any device.
///
/// Two entries are added to the metadata: `data_sha256` of all values, and `header_sha256` of the
/// header (as JSON with sorted keys and no spaces, without this entry). `parse_safetensors` checks
/// them, so that a damaged file is refused before anything in it is used.
///
/// Throws `Error` for a type other than those above, a tensor that is undefined or sparse, a name
/// that comes twice, is "__metadata__" or is not UTF-8.
std::string safetensors_bytes(const TensorFile& file);

/// Replaces the file in one step (see core/files.h).
void write_safetensors(const std::filesystem::path& path, const TensorFile& file);

/// The tensors, contiguous on the CPU and in the file's order, and the metadata without the two
/// digests; `name` stands for the file in errors. Safe for any bytes: throws `Error` of one line
/// unless the header is what the format says (at most 100 MB), the tensors cover the values without
/// gap or overlap, and the digests, where there are some, are those of what is there.
TensorFile parse_safetensors(std::string_view bytes, const std::string& name);

/// The same of a file, which is mapped. Throws `Error` as `parse_safetensors` and `read_file` do.
TensorFile read_safetensors(const std::filesystem::path& path);

/// One tensor where it lies, as `npy_in_place` (npy.h) has it; the only one where `tensor` is empty.
/// The header is checked as `parse_safetensors` does, the digest of the values is not: that would
/// read all of them. Throws `Error` as it does, and where there is no such tensor or several.
at::Tensor safetensors_in_place(std::string_view bytes, std::shared_ptr<const void> owner,
                                const std::string& tensor, const std::string& name);

}  // namespace hourglass::formats
