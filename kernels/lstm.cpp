#include "hourglass/kernels/lstm.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hourglass/kernels/lstm.cpp"
#include <hwy/foreach_target.h>  // includes this file once for each instruction set

#include "hourglass/kernels/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hourglass::kernels {
namespace HWY_NAMESPACE {

struct Gates {
  Vector input, forget, cell, output;
};

/// The gates of some units, `distance` apart.
HWY_INLINE Gates load_gates(const float* row, int64_t distance) {
  const Float f;
  return {hn::Load(f, row), hn::Load(f, row + distance), hn::Load(f, row + 2 * distance),
          hn::Load(f, row + 3 * distance)};
}

HWY_INLINE void store_gates(const Gates& gates, float* row, int64_t distance) {
  const Float f;
  hn::Store(gates.input, f, row);
  hn::Store(gates.forget, f, row + distance);
  hn::Store(gates.cell, f, row + 2 * distance);
  hn::Store(gates.output, f, row + 3 * distance);
}

HWY_INLINE Gates sum_of(const Gates& a, const Gates& b) {
  return {hn::Add(a.input, b.input), hn::Add(a.forget, b.forget), hn::Add(a.cell, b.cell),
          hn::Add(a.output, b.output)};
}

/// The first `count` values of a vector, or all if there are so many; 0 in place of the others.
/// Not `MaskedLoad`: without AVX that reads a whole vector, at an aligned place.
HWY_INLINE Vector load_first(const float* data, int64_t count) {
  const Float f;
  if (count >= kWidth) return hn::LoadU(f, data);
  HWY_ALIGN float values[kWidth] = {};
  std::copy_n(data, count, values);
  return hn::Load(f, values);
}

/// Not `BlendedStore`: without AVX that writes the neighbours anew, which another thread may hold.
HWY_INLINE void store_first(Vector values, float* data, int64_t count) {
  const Float f;
  if (count >= kWidth) return hn::StoreU(values, f, data);
  HWY_ALIGN float all[kWidth];
  hn::Store(values, f, all);
  std::copy_n(all, count, data);
}

void lstm_forward(const LstmCells& cells, const LstmForward& step) {
  const Float f;
  const int64_t distance = padded(cells.units);
  for (int64_t i = 0; i < cells.rows; ++i) {
    const auto at = [i](const auto& rows) { return rows.data + i * rows.stride; };
    for (int64_t j = 0; j < cells.units; j += kWidth) {
      const Gates sums = sum_of(load_gates(at(step.gates) + j, distance),
                                load_gates(at(step.offsets) + j, distance));
      const Gates gates = {sigmoid(sums.input), sigmoid(sums.forget), hyperbolic_tangent(sums.cell),
                           sigmoid(sums.output)};
      const Vector before = hn::Load(f, at(step.cell_before) + j);
      const Vector cell = hn::MulAdd(gates.forget, before, hn::Mul(gates.input, gates.cell));
      const Vector tanh = hyperbolic_tangent(cell);
      store_gates(gates, at(step.gates) + j, distance);
      hn::Store(cell, f, at(step.cell) + j);
      hn::Store(tanh, f, at(step.cell_tanh) + j);
      store_first(hn::Mul(gates.output, tanh), at(step.hidden) + j, cells.units - j);
    }
  }
}

/// y · (1 - y), the slope of a sigmoid that is y.
HWY_INLINE Vector sigmoid_slope(Vector y) { return hn::NegMulAdd(y, y, y); }

/// 1 - y², the slope of a hyperbolic tangent that is y.
HWY_INLINE Vector tanh_slope(Vector y) { return hn::NegMulAdd(y, y, constant(1)); }

/// What the gradients of the hidden state and of the cell are for the sums of the gates.
HWY_INLINE Gates gate_gradients(const Gates& gates, Vector cell_before, Vector tanh, Vector hidden,
                                Vector cell) {
  return {hn::Mul(hn::Mul(cell, gates.cell), sigmoid_slope(gates.input)),
          hn::Mul(hn::Mul(cell, cell_before), sigmoid_slope(gates.forget)),
          hn::Mul(hn::Mul(cell, gates.input), tanh_slope(gates.cell)),
          hn::Mul(hn::Mul(hidden, tanh), sigmoid_slope(gates.output))};
}

void lstm_backward(const LstmCells& cells, const LstmBackward& step) {
  const Float f;
  const int64_t distance = padded(cells.units);
  for (int64_t i = 0; i < cells.rows; ++i) {
    const auto at = [i](const auto& rows) { return rows.data + i * rows.stride; };
    for (int64_t j = 0; j < cells.units; j += kWidth) {
      const Gates gates = load_gates(at(step.gates) + j, distance);
      const Vector tanh = hn::Load(f, at(step.cell_tanh) + j);
      const Vector hidden = hn::Add(load_first(at(step.output_gradient) + j, cells.units - j),
                                    hn::Load(f, at(step.hidden_gradient) + j));
      const Vector cell = hn::MulAdd(hn::Mul(hidden, gates.output), tanh_slope(tanh),
                                     hn::Load(f, at(step.cell_gradient) + j));
      const Vector before = hn::Load(f, at(step.cell_before) + j);
      const Gates gradients = gate_gradients(gates, before, tanh, hidden, cell);
      hn::Store(hn::Mul(cell, gates.forget), f, at(step.cell_before_gradient) + j);
      store_gates(gradients, at(step.gates) + j, distance);
      float* sums = at(step.gate_sums) + j;
      store_gates(sum_of(load_gates(sums, distance), gradients), sums, distance);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace hourglass::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hourglass::kernels {

HWY_EXPORT(lstm_forward);
HWY_EXPORT(lstm_backward);

void lstm_forward(const LstmCells& cells, const LstmForward& step) {
  HWY_DYNAMIC_DISPATCH(lstm_forward)(cells, step);
}

void lstm_backward(const LstmCells& cells, const LstmBackward& step) {
  HWY_DYNAMIC_DISPATCH(lstm_backward)(cells, step);
}

}  // namespace hourglass::kernels
#endif
