#pragma once

#include "hourglass/core/named_tensor.h"

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::formats {

// NumPy's files (NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays"), little
// endian. Written are version 1.0, C order, and the types float32, float64, int64 and uint8; read
// are versions 1.0 to 3.0, both orders, and floats (16 to 64 bits), whole numbers (8 to 64 bits) and
// truth values.

/// The bytes of an NPY file that holds `tensor` (any shape, any device, contiguous or not). Throws
/// `Error` for a type other than the four.
std::string npy_bytes(const at::Tensor& tensor);

/// The array in the bytes of an NPY file, of its type, contiguous, on the CPU; `name` stands for the
/// file in errors. Throws `Error` that says what was expected and found for anything but the files
/// described above (big endian, texts, Python objects, which are never unpickled) and for more or
/// fewer bytes than the shape asks for.
at::Tensor parse_npy(std::string_view bytes, const std::string& name);

/// The same array where it lies, without a copy: the tensor holds on to `owner`, which keeps `bytes`.
/// It must not be written to, and its values may not be aligned: copy rows, do not compute on it.
/// Throws `Error` as `parse_npy` does, and for Fortran order.
at::Tensor npy_in_place(std::string_view bytes, std::shared_ptr<const void> owner,
                        const std::string& name);

/// Replaces the file in one step (see core/files.h).
void write_npy(const std::filesystem::path& path, const at::Tensor& tensor);

/// Throws `Error` as `parse_npy` and `read_file` do.
at::Tensor read_npy(const std::filesystem::path& path);

/// Replaces the file by an NPZ archive, which `numpy.load` opens as a dictionary of these names.
/// Throws `Error` when a name is empty or comes twice, and as `npy_bytes` does.
void write_npz(const std::filesystem::path& path, const std::vector<NamedTensor>& arrays);

/// The arrays of an NPZ archive, also of a compressed one, in its order. Throws `Error` as
/// `parse_npy` and `read_zip` do.
std::vector<NamedTensor> read_npz(const std::filesystem::path& path);

}  // namespace hourglass::formats
