#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>

namespace hourglass::datasets {

/// Writes `count` values of a type, which begin at `in` (any alignment), as float32: floats of 16 to
/// 64 bits, bfloat16, whole numbers of 8 to 64 bits with or without sign, truth values. Numbers that
/// float32 does not have are rounded; float64 beyond its range becomes infinite. Throws `Error` for
/// another type.
void to_floats(c10::ScalarType type, const char* in, int64_t count, float* out);

/// The first value that is NaN or infinite; `count` where there is none.
int64_t first_nonfinite(const float* values, int64_t count);

}  // namespace hourglass::datasets
