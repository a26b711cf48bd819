#pragma once

#include <cstdint>

namespace hourglass::kernels {

/// out = (in − offset) · factor, one offset and factor for all values. Any alignment.
void scale(int64_t count, const uint8_t* in, float offset, float factor, float* out);
void scale(int64_t count, const float* in, float offset, float factor, float* out);

/// The same with an offset and a factor for each value.
void scale(int64_t count, const uint8_t* in, const float* offset, const float* factor, float* out);
void scale(int64_t count, const float* in, const float* offset, const float* factor, float* out);

/// Numbers of half precision, by their bits, as float32: IEEE's float16, and bfloat16. Any alignment.
void widen_float16(int64_t count, const uint16_t* in, float* out);
void widen_bfloat16(int64_t count, const uint16_t* in, float* out);

}  // namespace hourglass::kernels
