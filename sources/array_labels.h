#pragma once

#include "hourglass/core/named_tensor.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::sources {

/// Labels of one part of a data set, in one array or several, one after the other.
using LabelArrays = std::vector<NamedTensor>;

/// The different whole numbers in all parts, ascending: these are the classes. A part may be empty.
/// Arrays are looked at some rows at a time, so that they may lie in mapped files. Throws `Error`,
/// which names array and row, for arrays that are not [N] or [N, 1], and for fractions.
std::vector<int64_t> classes_in(const std::vector<const LabelArrays*>& parts);

/// The labels of a part, [N], as places in `classes`: int64, or where they are to be `compact` uint8
/// for up to 256 classes, else int32. Undefined where the part is empty. Throws `Error` unless there
/// are `rows` of them, one for each row of what `values` names.
at::Tensor numbered_labels(const LabelArrays& part, const std::vector<int64_t>& classes,
                           bool compact, int64_t rows, const std::string& values);

/// The narrowest type that numbers so many classes: a byte, or four.
inline at::ScalarType compact_label_type(size_t classes) {
  return classes <= 256 ? at::kByte : at::kInt;
}

}  // namespace hourglass::sources
