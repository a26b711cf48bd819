// Included once for each instruction set, from inside Highway's foreach_target: no include guard but Highway's own.
#if defined(HOURGLASS_KERNELS_SPACED_VALUES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef HOURGLASS_KERNELS_SPACED_VALUES_INL_H
#undef HOURGLASS_KERNELS_SPACED_VALUES_INL_H
#else
#define HOURGLASS_KERNELS_SPACED_VALUES_INL_H
#endif

#include "hourglass/kernels/matrix_product.h"

#include <cstdint>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hourglass::kernels {
namespace HWY_NAMESPACE {

/// A tile of this many rows of two vectors stays in registers: 14 · 2 sums and what is read fill AVX-512's 32, 6 · 2 the
/// 16 of the others.
constexpr int kMostRows = HWY_TARGET <= HWY_AVX3 ? 14 : 6;

/// `kCount` places in memory at one distance from each other, which move together. Every third one is a pointer, the
/// others an x86 address from there: fourteen pointers would not fit the registers.
template <int kCount>
class SpacedValues {
 public:
  HWY_INLINE SpacedValues(const float* first, int64_t distance) : distance_(distance) {
#pragma GCC unroll 8
    for (int64_t i = 0; i < kPointers; ++i) pointers_[i] = first + 3 * i * distance;
  }

  HWY_INLINE const float* place(int i) const { return pointers_[i / 3] + (i % 3) * distance_; }

  HWY_INLINE void advance(int64_t by) {
#pragma GCC unroll 8
    for (int i = 0; i < kPointers; ++i) pointers_[i] += by;
  }

 private:
  static constexpr int kPointers = (kCount + 2) / 3;
  const float* pointers_[kPointers];
  int64_t distance_;
};

}  // namespace HWY_NAMESPACE
}  // namespace hourglass::kernels
HWY_AFTER_NAMESPACE();

#endif
