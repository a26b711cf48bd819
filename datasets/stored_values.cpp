#include "hourglass/datasets/stored_values.h"

#include "hourglass/core/error.h"
#include "hourglass/kernels/scaling.h"

#include <cmath>
#include <cstring>

namespace hourglass::datasets {
namespace {

template <class Stored>
void convert(const char* in, int64_t count, float* out) {
  for (int64_t i = 0; i < count; ++i) {
    Stored value;  // copied, as it may not be aligned
    std::memcpy(&value, in + i * static_cast<int64_t>(sizeof value), sizeof value);
    out[i] = static_cast<float>(value);
  }
}

}  // namespace

void to_floats(c10::ScalarType type, const char* in, int64_t count, float* out) {
  switch (type) {
    case c10::kFloat: std::memcpy(out, in, static_cast<size_t>(count) * sizeof(float)); return;
    case c10::kHalf:
      return kernels::widen_float16(count, reinterpret_cast<const uint16_t*>(in), out);
    case c10::kBFloat16:
      return kernels::widen_bfloat16(count, reinterpret_cast<const uint16_t*>(in), out);
    case c10::kDouble: return convert<double>(in, count, out);
    case c10::kByte:
    case c10::kBool: return convert<uint8_t>(in, count, out);
    case c10::kChar: return convert<int8_t>(in, count, out);
    case c10::kShort: return convert<int16_t>(in, count, out);
    case c10::kInt: return convert<int32_t>(in, count, out);
    case c10::kLong: return convert<int64_t>(in, count, out);
    case c10::kUInt16: return convert<uint16_t>(in, count, out);
    case c10::kUInt32: return convert<uint32_t>(in, count, out);
    case c10::kUInt64: return convert<uint64_t>(in, count, out);
    default: throw Error("expected real numbers to train on, found {}", c10::toString(type));
  }
}

int64_t first_nonfinite(const float* values, int64_t count) {
  // By their bits, so that the compiler may look at several at once: none is rare.
  constexpr uint32_t kExponent = 0x7f800000;
  uint32_t found = 0;
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, values + i, sizeof bits);
    found |= static_cast<uint32_t>((bits & kExponent) == kExponent);
  }
  if (found == 0) return count;
  int64_t i = 0;
  while (std::isfinite(values[i])) ++i;
  return i;
}

}  // namespace hourglass::datasets
