#include "hourglass/kernels/losses.h"

#include <algorithm>
#include <array>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hourglass/kernels/losses.cpp"
#include <hwy/foreach_target.h>  // includes this file once for each instruction set

#include "hourglass/kernels/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hourglass::kernels {
namespace HWY_NAMESPACE {

struct LossAndGradient {
  Vector loss, gradient;
};

// −x ln σ(a) − (1 − x) ln(1 − σ(a)) = max(a, 0) − a x + ln(1 + e^−|a|); its gradient is σ(a) − x.
struct BinaryCrossEntropy {
  HWY_INLINE static LossAndGradient at(Vector a, Vector x) {
    const Vector zero = hn::Zero(Float()), one = constant(1);
    const Vector e = exponential(hn::Neg(hn::Abs(a)));
    const Vector larger = reciprocal(hn::Add(one, e));  // of σ(a) and σ(−a)
    const Vector probability = hn::IfThenElse(hn::Lt(a, zero), hn::Mul(e, larger), larger);
    const Vector loss = hn::Add(hn::NegMulAdd(a, x, hn::Max(a, zero)), log_of_one_plus(e));
    return {loss, hn::Sub(probability, x)};
  }
};

// (f(a) − x)²
template <Activation kActivation>
struct SquaredError {
  HWY_INLINE static LossAndGradient at(Vector a, Vector x) {
    const Vector y = value_of<kActivation>(a), error = hn::Sub(y, x);
    return {hn::Mul(error, error), hn::Mul(hn::Add(error, error), slope_at<kActivation>(a, y))};
  }
};

// |f(a) − x|
template <Activation kActivation>
struct AbsoluteError {
  HWY_INLINE static LossAndGradient at(Vector a, Vector x) {
    const Vector y = value_of<kActivation>(a), error = hn::Sub(y, x);
    const Vector slope = slope_at<kActivation>(a, y), zero = hn::Zero(Float());
    const Vector gradient =
        hn::IfThenElse(hn::Eq(error, zero), zero, hn::CopySign(constant(1), error));
    return {hn::Abs(error), hn::Mul(gradient, slope)};
  }
};

template <class Function>
double pass_of(const LossPass& pass) {
  const Float f;
  const Vector scale = constant(pass.scale);
  double sum = 0;
  for (int64_t i = 0; i < pass.rows; ++i) {
    float* logits = pass.logits.data + i * pass.logits.stride;
    const float* target = pass.target.data + i / pass.rows_per_target * pass.target.stride;
    Vector losses = hn::Zero(f);
    for (int64_t j = 0; j < padded(pass.columns); j += kWidth) {
      const Vector a = hn::Add(hn::Load(f, logits + j), hn::Load(f, pass.bias + j));
      const Vector x = hn::LoadU(f, target + j);
      LossAndGradient here = Function::at(a, x);
      auto counts = hn::Eq(x, x);  // not NaN
      if (j + kWidth > pass.columns) {
        counts = hn::And(
            counts, hn::FirstN(f, static_cast<size_t>(std::max<int64_t>(0, pass.columns - j))));
      }
      here.loss = hn::IfThenElseZero(counts, here.loss);
      here.gradient = hn::IfThenElseZero(counts, here.gradient);
      losses = hn::Add(losses, here.loss);
      if (pass.wants_gradient) hn::Store(hn::Mul(here.gradient, scale), f, logits + j);
    }
    const float loss = hn::GetLane(hn::SumOfLanes(f, losses));
    if (pass.row_losses) pass.row_losses[i] = loss;
    sum += loss;
  }
  return sum;
}

// Tables by activation.
template <template <Activation> class Function, size_t... kActivations>
constexpr auto passes_of(std::index_sequence<kActivations...> /*all*/) {
  return std::array{pass_of<Function<static_cast<Activation>(kActivations)>>...};
}
constexpr auto kAll = std::make_index_sequence<static_cast<size_t>(Activation::Sigmoid) + 1>();
constexpr auto kSquared = passes_of<SquaredError>(kAll);
constexpr auto kAbsolute = passes_of<AbsoluteError>(kAll);

double loss_pass(const LossPass& pass) {
  const auto activation = static_cast<size_t>(pass.activation);
  switch (pass.loss) {
    case Loss::Bce: return pass_of<BinaryCrossEntropy>(pass);
    case Loss::Mse: return kSquared[activation](pass);
    case Loss::Mae: return kAbsolute[activation](pass);
  }
  return 0;
}

}  // namespace HWY_NAMESPACE
}  // namespace hourglass::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hourglass::kernels {

HWY_EXPORT(loss_pass);

double loss_pass(const LossPass& pass) { return HWY_DYNAMIC_DISPATCH(loss_pass)(pass); }

}  // namespace hourglass::kernels
#endif
