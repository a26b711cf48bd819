#pragma once

#include "hourglass/core/shape.h"
#include "hourglass/sources/stored.h"

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>

namespace hourglass::sources {

// Arrays of numbers as data sets. Items may be numbers [N], rows [N, D], grey images [N, H, W], which
// get a channel, or images with channels. Of [N, A, B, C], the one of A and C that is 1, 3 or 4 is
// the number of channels; channels that are last come first, with a note. Where both may be, or
// neither, A is. Labels are whole numbers [N] or [N, 1], whose different values are the classes, in
// numeric order.
//
// Files of up to `map_above` bytes in all are read: bytes stay bytes, other numbers become float32
// and have to be finite. Larger ones are mapped, see `StoredRows::mapped`.

/// How the bytes of a file are an array.
struct ArrayForm {
  enum class Kind { Npy, Safetensors, Raw };
  Kind kind = Kind::Npy;
  std::string tensor = {};             ///< of Safetensors; empty: the only one
  c10::ScalarType type = c10::kFloat;  ///< of Raw
  Shape item_shape = {};               ///< of Raw
};

/// Rows in a file, or in all files of a folder or a pattern (see `list_shards`), and, where `labels`
/// is not empty, NPY files of their labels. Throws `Error` for what cannot be read in this form, for
/// arrays of other shapes, lengths or types than the first, and for a mapped array in Fortran order.
StoredData read_arrays(const std::filesystem::path& values, const ArrayForm& form,
                       const std::filesystem::path& labels, int64_t map_above);

/// The same of NPY files, all in memory.
inline StoredData read_npy_rows(const std::filesystem::path& values,
                                const std::filesystem::path& labels) {
  return read_arrays(values, {}, labels, std::numeric_limits<int64_t>::max());
}

/// An NPZ archive, compressed or not, of arrays `x_train`, `y_train`, `x_test` and `y_test` (an
/// official test part; labels may be missing), of `X` and `y`, or of one array. Capitals do not matter
/// there; other arrays beside these are not read. Of an archive of more than `map_above` bytes, arrays
/// that are not compressed are mapped. Throws `Error` as `read_arrays` does, and with the names found
/// where those expected are missing.
StoredData read_npz_rows(const std::filesystem::path& path,
                         int64_t map_above = std::numeric_limits<int64_t>::max());

/// "float32", "uint8", …: the types of numbers by NumPy's names, and bfloat16; none for another.
std::optional<c10::ScalarType> number_type(const std::string& name);
std::string number_type_name(c10::ScalarType type);
std::string number_type_names();  ///< all of them

}  // namespace hourglass::sources
