// Functions of vectors for the kernels, within about 2e-7 of the exact value. Included once for each instruction set, so
// it has no `#pragma once` but Highway's guard.

#include "hourglass/kernels/activation.h"
#include "hourglass/kernels/matrix_product.h"

#include <cstdint>
#include <hwy/highway.h>

#if defined(HOURGLASS_KERNELS_FUNCTIONS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HOURGLASS_KERNELS_FUNCTIONS_INL_H_
#undef HOURGLASS_KERNELS_FUNCTIONS_INL_H_
#else
#define HOURGLASS_KERNELS_FUNCTIONS_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace hourglass::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Float = hn::CappedTag<float, kLanes>;
using Integer = hn::RebindToSigned<Float>;
using Vector = hn::Vec<Float>;
constexpr int64_t kWidth = hn::MaxLanes(Float());

HWY_INLINE Vector constant(float x) { return hn::Set(Float(), x); }

// max(bound, x) and min(bound, x), of which NaN stays NaN: x86 wants the operands in this order for that, and Highway's
// plain C++ has no such order. And whole numbers as integers, of NaN any, which plain C++ has none for.
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
HWY_INLINE Vector at_least(float bound, Vector x) {
  return hn::IfThenElse(hn::Lt(x, constant(bound)), constant(bound), x);
}
HWY_INLINE Vector at_most(float bound, Vector x) {
  return hn::IfThenElse(hn::Gt(x, constant(bound)), constant(bound), x);
}
HWY_INLINE hn::Vec<Integer> to_integer(Vector whole) {
  return hn::ConvertTo(Integer(), hn::IfThenElseZero(hn::Eq(whole, whole), whole));
}
#else
HWY_INLINE Vector at_least(float bound, Vector x) { return hn::Max(constant(bound), x); }
HWY_INLINE Vector at_most(float bound, Vector x) { return hn::Min(constant(bound), x); }
HWY_INLINE hn::Vec<Integer> to_integer(Vector whole) { return hn::ConvertTo(Integer(), whole); }
#endif

/// c₀ xⁿ + c₁ xⁿ⁻¹ + …
template <class... Coefficients>
HWY_INLINE Vector polynomial(Vector x, float first, Coefficients... others) {
  Vector sum = constant(first);
  ((sum = hn::MulAdd(sum, x, constant(others))), ...);
  return sum;
}

/// 1 / x for 1e-38 < |x| < 1e38. A division takes four times as long.
HWY_INLINE Vector reciprocal(Vector x) {
  const Vector guess = hn::ApproximateReciprocal(x);
  return hn::Mul(guess, hn::NegMulAdd(x, guess, constant(2)));
}

/// √x for x ≥ 0; that of less than 1e-36 counts as 0.
HWY_INLINE Vector square_root(Vector x) {
  // Highway's guess in plain C++ has too few digits for the one step below.
  if constexpr (HWY_TARGET == HWY_SCALAR) return hn::Sqrt(x);
  const Vector bounded = at_least(1e-36F, x);
  const Vector guess = hn::ApproximateReciprocalSqrt(bounded);
  const Vector half = hn::Mul(hn::Mul(constant(0.5F), bounded), guess);
  const Vector inverse = hn::Mul(guess, hn::NegMulAdd(half, guess, constant(1.5F)));
  return hn::Mul(bounded, inverse);
}

/// eˣ; beyond ±87 as at ±87. x = n ln 2 + r with |r| ≤ ½ ln 2, and the Taylor series of eʳ.
HWY_INLINE Vector exponential(Vector x) {
  x = at_most(87, at_least(-87, x));
  const Vector n = hn::Round(hn::Mul(x, constant(1.44269504F)));
  // ln 2 in two parts, the first of few digits, so that n times it is exact.
  Vector r = hn::NegMulAdd(n, constant(0.693145752F), x);
  r = hn::NegMulAdd(n, constant(1.42860677e-6F), r);
  const Vector series =
      polynomial(r, 1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F);
  const auto exponent = hn::ShiftLeft<23>(hn::Add(to_integer(n), hn::Set(Integer(), 127)));
  return hn::Mul(series, hn::BitCast(Float(), exponent));
}

/// ln(1 + x) for 0 ≤ x ≤ 1: 2 artanh(s) of s = x / (2 + x) ≤ ⅓ by its series.
HWY_INLINE Vector log_of_one_plus(Vector x) {
  const Vector s = hn::Mul(x, reciprocal(hn::Add(x, constant(2))));
  const Vector square = hn::Mul(s, s);
  return hn::Mul(s, polynomial(square, 2.0F / 15, 2.0F / 13, 2.0F / 11, 2.0F / 9, 2.0F / 7,
                               2.0F / 5, 2.0F / 3, 2.0F));
}

/// ln x for 1e-37 < x < 1e38. x = 2ⁿ m with √½ ≤ m < √2, and ln m = 2 artanh(s) of s = (m − 1) / (m + 1) by its series.
HWY_INLINE Vector logarithm(Vector x) {
  constexpr int32_t kRootOfHalf = 0x3F3504F3;  // the bits of √½
  const auto bits = hn::BitCast(Integer(), x);
  const auto n = hn::ShiftRight<23>(hn::Sub(bits, hn::Set(Integer(), kRootOfHalf)));
  const Vector m = hn::BitCast(Float(), hn::Sub(bits, hn::ShiftLeft<23>(n)));
  const Vector s = hn::Mul(hn::Sub(m, constant(1)), reciprocal(hn::Add(m, constant(1))));
  const Vector square = hn::Mul(s, s);
  const Vector log_m = hn::Mul(s, polynomial(square, 2.0F / 9, 2.0F / 7, 2.0F / 5, 2.0F / 3, 2.0F));
  const Vector log = hn::MulAdd(hn::ConvertTo(Float(), n), constant(0.693147181F), log_m);
  return hn::IfThenElse(hn::Eq(x, x), log, x);  // NaN's bits are no number's
}

HWY_INLINE Vector sigmoid(Vector x) {
  return reciprocal(hn::Add(constant(1), exponential(hn::Neg(x))));
}

HWY_INLINE Vector hyperbolic_tangent(Vector x) {
  const Vector e = exponential(hn::Mul(constant(-2), hn::Abs(x)));
  const Vector far = hn::Mul(hn::Sub(constant(1), e), reciprocal(hn::Add(constant(1), e)));
  // The difference loses digits near 0, where the series has them.
  const Vector square = hn::Mul(x, x);
  const Vector near =
      hn::Mul(x, polynomial(square, 62.0F / 2835, -17.0F / 315, 2.0F / 15, -1.0F / 3, 1.0F));
  return hn::IfThenElse(hn::Lt(hn::Abs(x), constant(0.25F)), near, hn::CopySign(far, x));
}

/// The standard normal distribution's Φ(x), and its density, from one exponential (Abramowitz & Stegun 7.1.26).
struct Normal {
  Vector probability, density;
};
HWY_INLINE Normal normal_distribution(Vector x) {
  const Vector e = exponential(hn::Mul(constant(-0.5F), hn::Mul(x, x)));
  const Vector t =
      reciprocal(hn::MulAdd(constant(0.3275911F * 0.707106781F), hn::Abs(x), constant(1)));
  const Vector tail = hn::Mul(
      hn::Mul(hn::Mul(constant(0.5F), e), t),
      polynomial(t, 1.061405429F, -1.453152027F, 1.421413741F, -0.284496736F, 0.254829592F));
  const Vector above = hn::Sub(constant(1), tail);
  return {hn::IfThenElse(hn::Lt(x, hn::Zero(Float())), tail, above),
          hn::Mul(e, constant(0.398942280F))};
}

constexpr float kLeak = 0.01F, kSeluScale = 1.05070099F, kSeluAlpha = 1.67326324F;

/// `where` chosen by the sign of x.
HWY_INLINE Vector by_sign(Vector x, Vector if_positive, Vector otherwise) {
  return hn::IfThenElse(hn::Gt(x, hn::Zero(Float())), if_positive, otherwise);
}

template <Activation kActivation>
HWY_INLINE Vector value_of(Vector a) {
  switch (kActivation) {
    case Activation::Linear: return a;
    case Activation::Relu: return at_least(0, a);
    case Activation::LeakyRelu: return hn::Max(a, hn::Mul(a, constant(kLeak)));
    case Activation::Elu: return by_sign(a, a, hn::Sub(exponential(a), constant(1)));
    case Activation::Selu:
      return hn::Mul(
          constant(kSeluScale),
          by_sign(a, a, hn::MulSub(constant(kSeluAlpha), exponential(a), constant(kSeluAlpha))));
    case Activation::Gelu: return hn::Mul(a, normal_distribution(a).probability);
    case Activation::Silu: return hn::Mul(a, sigmoid(a));
    case Activation::Softplus:
      return hn::Add(at_least(0, a), log_of_one_plus(exponential(hn::Neg(hn::Abs(a)))));
    case Activation::Tanh: return hyperbolic_tangent(a);
    case Activation::Sigmoid: return sigmoid(a);
  }
  return a;
}

/// f'(a) from y = f(a), where that is enough.
template <Activation kActivation>
HWY_INLINE Vector slope_at_value(Vector y) {
  const Vector one = constant(1);
  switch (kActivation) {
    case Activation::Relu: return by_sign(y, one, hn::Zero(Float()));
    case Activation::LeakyRelu: return by_sign(y, one, constant(kLeak));
    case Activation::Elu: return by_sign(y, one, hn::Add(y, one));
    case Activation::Selu:
      return by_sign(y, constant(kSeluScale), hn::Add(y, constant(kSeluScale * kSeluAlpha)));
    case Activation::Softplus: return hn::Sub(one, exponential(hn::Neg(y)));
    case Activation::Tanh: return hn::NegMulAdd(y, y, one);
    case Activation::Sigmoid: return hn::Mul(y, hn::Sub(one, y));
    default: return one;
  }
}

/// f'(a) of any activation, from a and y = f(a).
template <Activation kActivation>
HWY_INLINE Vector slope_at(Vector a, Vector y) {
  if constexpr (kActivation == Activation::Gelu) {
    const Normal normal = normal_distribution(a);
    return hn::MulAdd(a, normal.density, normal.probability);
  } else if constexpr (kActivation == Activation::Silu) {
    const Vector s = sigmoid(a);
    return hn::MulAdd(y, hn::Sub(constant(1), s), s);
  } else {
    return slope_at_value<kActivation>(y);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace hourglass::kernels
HWY_AFTER_NAMESPACE();

#endif
