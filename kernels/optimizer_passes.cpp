#include "hourglass/kernels/optimizer_passes.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hourglass/kernels/optimizer_passes.cpp"
#include <hwy/foreach_target.h>  // includes this file once for each instruction set

#include "hourglass/kernels/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hourglass::kernels {
namespace HWY_NAMESPACE {

HWY_INLINE Vector rounded(double x) { return constant(static_cast<float>(x)); }

HWY_INLINE Vector sum_at(const GradientSum& gradient, int64_t i) {
  Vector sum = hn::Load(Float(), gradient.first + i);
  for (int shard = 1; shard < gradient.count; ++shard) {
    sum = hn::Add(sum, hn::Load(Float(), gradient.first + shard * gradient.distance + i));
  }
  return hn::Mul(sum, constant(gradient.factor));
}

double squared_norm(int64_t size, const GradientSum& gradient) {
  // Blocks in float, their sum in double.
  constexpr int64_t kBlock = 1024;
  double sum = 0;
  for (int64_t first = 0; first < size; first += kBlock) {
    Vector squares = hn::Zero(Float());
    for (int64_t i = first; i < first + kBlock && i < size; i += kWidth) {
      const Vector g = sum_at(gradient, i);
      squares = hn::MulAdd(g, g, squares);
    }
    sum += hn::GetLane(hn::SumOfLanes(Float(), squares));
  }
  return sum;
}

// Each optimizer gives the new weights from the old and the gradient, a vector at a time. What it is told is held by
// value, here and in the loop: the compiler then sees that no store changes it, and reads it once (a step of digits-2d:
// 4.2 -> 3.8 µs).

struct Adam {
  AdamPass pass;
  HWY_INLINE Vector update(int64_t i, Vector w, Vector g) const {
    const Float f;
    Vector mean = hn::Load(f, pass.mean + i), square = hn::Load(f, pass.square + i);
    mean = hn::MulAdd(hn::Sub(g, mean), rounded(1 - pass.beta1), mean);
    square =
        hn::MulAdd(hn::Mul(g, g), rounded(1 - pass.beta2), hn::Mul(square, rounded(pass.beta2)));
    hn::Store(mean, f, pass.mean + i);
    hn::Store(square, f, pass.square + i);
    const Vector root =
        hn::MulAdd(square_root(square), constant(pass.root_correction), constant(pass.epsilon));
    const Vector change = hn::Mul(mean, reciprocal(root));
    return hn::NegMulAdd(constant(pass.step), change, hn::Mul(w, constant(pass.keep)));
  }
};

struct RmsProp {
  RmsPropPass pass;
  HWY_INLINE Vector update(int64_t i, Vector w, Vector g) const {
    const Float f;
    Vector square = hn::Load(f, pass.square + i);
    square = hn::MulAdd(hn::Mul(g, g), rounded(1 - pass.rho), hn::Mul(square, rounded(pass.rho)));
    hn::Store(square, f, pass.square + i);
    const Vector root = hn::Add(square_root(square), constant(pass.epsilon));
    return hn::NegMulAdd(constant(pass.learning_rate), hn::Mul(g, reciprocal(root)), w);
  }
};

struct Adagrad {
  AdagradPass pass;
  HWY_INLINE Vector update(int64_t i, Vector w, Vector g) const {
    const Float f;
    const Vector sum = hn::MulAdd(g, g, hn::Load(f, pass.sum_of_squares + i));
    hn::Store(sum, f, pass.sum_of_squares + i);
    const Vector root = hn::Add(hn::Sqrt(sum), constant(pass.epsilon));
    return hn::NegMulAdd(constant(pass.learning_rate), hn::Div(g, root), w);
  }
};

struct Adadelta {
  AdadeltaPass pass;
  HWY_INLINE Vector update(int64_t i, Vector w, Vector g) const {
    const Float f;
    const Vector rho = rounded(pass.rho), rest = rounded(1 - pass.rho),
                 epsilon = constant(pass.epsilon);
    Vector square = hn::Load(f, pass.square + i), deltas = hn::Load(f, pass.delta_square + i);
    square = hn::MulAdd(hn::Mul(g, g), rest, hn::Mul(square, rho));
    const Vector delta =
        hn::Mul(hn::Div(hn::Sqrt(hn::Add(deltas, epsilon)), hn::Sqrt(hn::Add(square, epsilon))), g);
    deltas = hn::MulAdd(hn::Mul(delta, delta), rest, hn::Mul(deltas, rho));
    hn::Store(square, f, pass.square + i);
    hn::Store(deltas, f, pass.delta_square + i);
    return hn::NegMulAdd(constant(pass.learning_rate), delta, w);
  }
};

struct Sgd {
  SgdPass pass;
  HWY_INLINE Vector update(int64_t i, Vector w, Vector g) const {
    const Float f;
    Vector direction = g;
    if (pass.momentum) {
      direction = hn::MulAdd(hn::Load(f, pass.momentum + i), constant(pass.factor), g);
      hn::Store(direction, f, pass.momentum + i);
    }
    return hn::NegMulAdd(constant(pass.learning_rate), direction, w);
  }
};

template <class Method>
void step_of(int64_t size, float* weights, GradientSum gradient, Method method) {
  for (int64_t i = 0; i < size; i += kWidth) {
    const Vector w = hn::Load(Float(), weights + i);
    hn::Store(method.update(i, w, sum_at(gradient, i)), Float(), weights + i);
  }
}

void adam(int64_t size, float* weights, const GradientSum& gradient, const AdamPass& pass) {
  step_of(size, weights, gradient, Adam{pass});
}
void rms_prop(int64_t size, float* weights, const GradientSum& gradient, const RmsPropPass& pass) {
  step_of(size, weights, gradient, RmsProp{pass});
}
void adagrad(int64_t size, float* weights, const GradientSum& gradient, const AdagradPass& pass) {
  step_of(size, weights, gradient, Adagrad{pass});
}
void adadelta(int64_t size, float* weights, const GradientSum& gradient, const AdadeltaPass& pass) {
  step_of(size, weights, gradient, Adadelta{pass});
}
void sgd(int64_t size, float* weights, const GradientSum& gradient, const SgdPass& pass) {
  step_of(size, weights, gradient, Sgd{pass});
}

}  // namespace HWY_NAMESPACE
}  // namespace hourglass::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hourglass::kernels {

HWY_EXPORT(squared_norm);
HWY_EXPORT(adam);
HWY_EXPORT(rms_prop);
HWY_EXPORT(adagrad);
HWY_EXPORT(adadelta);
HWY_EXPORT(sgd);

double squared_norm(int64_t size, const GradientSum& gradient) {
  return HWY_DYNAMIC_DISPATCH(squared_norm)(size, gradient);
}
void step(int64_t size, float* weights, const GradientSum& gradient, const AdamPass& pass) {
  HWY_DYNAMIC_DISPATCH(adam)(size, weights, gradient, pass);
}
void step(int64_t size, float* weights, const GradientSum& gradient, const RmsPropPass& pass) {
  HWY_DYNAMIC_DISPATCH(rms_prop)(size, weights, gradient, pass);
}
void step(int64_t size, float* weights, const GradientSum& gradient, const AdagradPass& pass) {
  HWY_DYNAMIC_DISPATCH(adagrad)(size, weights, gradient, pass);
}
void step(int64_t size, float* weights, const GradientSum& gradient, const AdadeltaPass& pass) {
  HWY_DYNAMIC_DISPATCH(adadelta)(size, weights, gradient, pass);
}
void step(int64_t size, float* weights, const GradientSum& gradient, const SgdPass& pass) {
  HWY_DYNAMIC_DISPATCH(sgd)(size, weights, gradient, pass);
}

}  // namespace hourglass::kernels
#endif
