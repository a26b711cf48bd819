#pragma once

#include "hourglass/sources/stored.h"

#include <filesystem>

namespace hourglass::sources {

// NumPy's arrays as data sets. Items may be numbers [N], rows [N, D], grey images [N, H, W], which
// get a channel, or images with channels. Of [N, A, B, C], the one of A and C that is 1, 3 or 4 is
// the number of channels; channels that are last come first, with a note. Where both may be, or
// neither, A is. Bytes stay bytes; other numbers become float32 and have to be finite. Labels are
// whole numbers [N] or [N, 1], whose different values are the classes, in numeric order.

/// An NPY file of items and, where `labels` is not empty, one of their labels. Throws `Error` for
/// what `parse_npy` cannot read and for arrays of other shapes or lengths.
StoredData read_npy_rows(const std::filesystem::path& values, const std::filesystem::path& labels);

/// An NPZ archive, compressed or not, of arrays `x_train`, `y_train`, `x_test` and `y_test` (an
/// official test part; labels may lack), of `X` and `y`, or of one array. Capitals do not matter
/// there; other arrays beside these are not read. Throws `Error` as `read_npy_rows` does, and with
/// the names found where those expected are missing.
StoredData read_npz_rows(const std::filesystem::path& path);

}  // namespace hourglass::sources
