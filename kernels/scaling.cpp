#include "hourglass/kernels/scaling.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hourglass/kernels/scaling.cpp"
#include <hwy/foreach_target.h>  // includes this file once for each instruction set

#include "hourglass/kernels/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hourglass::kernels {
namespace HWY_NAMESPACE {

HWY_INLINE Vector read(const float* in) { return hn::LoadU(Float(), in); }
HWY_INLINE Vector read(const uint8_t* in) {
  const hn::Rebind<uint8_t, Float> bytes;
  return hn::ConvertTo(Float(), hn::PromoteTo(Integer(), hn::LoadU(bytes, in)));
}

HWY_INLINE Vector read(float value, int64_t) { return constant(value); }
HWY_INLINE Vector read(const float* values, int64_t i) { return hn::LoadU(Float(), values + i); }
HWY_INLINE float one(float value, int64_t) { return value; }
HWY_INLINE float one(const float* values, int64_t i) { return values[i]; }

template <class Stored, class Numbers>
void scale_all(int64_t count, const Stored* in, Numbers offset, Numbers factor, float* out) {
  int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    hn::StoreU(hn::Mul(hn::Sub(read(in + i), read(offset, i)), read(factor, i)), Float(), out + i);
  }
  for (; i < count; ++i) {
    out[i] = (static_cast<float>(in[i]) - one(offset, i)) * one(factor, i);
  }
}

void scale_bytes(int64_t count, const uint8_t* in, float offset, float factor, float* out) {
  scale_all(count, in, offset, factor, out);
}
void scale_floats(int64_t count, const float* in, float offset, float factor, float* out) {
  scale_all(count, in, offset, factor, out);
}
void scale_bytes_each(int64_t count, const uint8_t* in, const float* offset, const float* factor,
                      float* out) {
  scale_all(count, in, offset, factor, out);
}
void scale_floats_each(int64_t count, const float* in, const float* offset, const float* factor,
                       float* out) {
  scale_all(count, in, offset, factor, out);
}

HWY_INLINE Vector widened(const hwy::float16_t* in) {
  const hn::Rebind<hwy::float16_t, Float> halves;
  const Vector values = hn::PromoteTo(Float(), hn::LoadU(halves, in));
  // Where there is no instruction for it, Highway 1.0 takes infinity and what is no number for numbers above the
  // largest, 65504.
  const auto not_finite = hn::Or(hn::BitCast(Integer(), values), hn::Set(Integer(), 0x7F800000));
  return hn::IfThenElse(hn::Ge(hn::Abs(values), hn::Set(Float(), 65536.0F)),
                        hn::BitCast(Float(), not_finite), values);
}
HWY_INLINE Vector widened(const hwy::bfloat16_t* in) {
  const hn::Rebind<hwy::bfloat16_t, Float> halves;
  return hn::PromoteTo(Float(), hn::LoadU(halves, in));
}

template <class Half>
void widen_all(int64_t count, const uint16_t* in, float* out) {
  const auto* halves = reinterpret_cast<const Half*>(in);
  int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) hn::StoreU(widened(halves + i), Float(), out + i);
  if (i == count) return;
  // What is left goes through whole vectors of its own.
  Half last[HWY_MAX_BYTES] = {};
  float wide[HWY_MAX_BYTES];
  std::memcpy(last, in + i, static_cast<size_t>(count - i) * sizeof(Half));
  hn::StoreU(widened(last), Float(), wide);
  std::memcpy(out + i, wide, static_cast<size_t>(count - i) * sizeof(float));
}

void widen_all_float16(int64_t count, const uint16_t* in, float* out) {
  widen_all<hwy::float16_t>(count, in, out);
}
void widen_all_bfloat16(int64_t count, const uint16_t* in, float* out) {
  widen_all<hwy::bfloat16_t>(count, in, out);
}

}  // namespace HWY_NAMESPACE
}  // namespace hourglass::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hourglass::kernels {

HWY_EXPORT(scale_bytes);
HWY_EXPORT(scale_floats);
HWY_EXPORT(scale_bytes_each);
HWY_EXPORT(scale_floats_each);
HWY_EXPORT(widen_all_float16);
HWY_EXPORT(widen_all_bfloat16);

void scale(int64_t count, const uint8_t* in, float offset, float factor, float* out) {
  HWY_DYNAMIC_DISPATCH(scale_bytes)(count, in, offset, factor, out);
}
void scale(int64_t count, const float* in, float offset, float factor, float* out) {
  HWY_DYNAMIC_DISPATCH(scale_floats)(count, in, offset, factor, out);
}
void scale(int64_t count, const uint8_t* in, const float* offset, const float* factor, float* out) {
  HWY_DYNAMIC_DISPATCH(scale_bytes_each)(count, in, offset, factor, out);
}
void scale(int64_t count, const float* in, const float* offset, const float* factor, float* out) {
  HWY_DYNAMIC_DISPATCH(scale_floats_each)(count, in, offset, factor, out);
}

void widen_float16(int64_t count, const uint16_t* in, float* out) {
  HWY_DYNAMIC_DISPATCH(widen_all_float16)(count, in, out);
}
void widen_bfloat16(int64_t count, const uint16_t* in, float* out) {
  HWY_DYNAMIC_DISPATCH(widen_all_bfloat16)(count, in, out);
}

}  // namespace hourglass::kernels
#endif
