#include "hourglass/training/fused/lstm_direction.h"

#include "hourglass/kernels/dense_passes.h"

#include <algorithm>
#include <utility>

namespace hourglass::training::fused {

using kernels::Into;
using kernels::Left;
using kernels::MutableRowsOf;
using kernels::padded;
using kernels::RowsOf;

struct LstmDirection::Part {
  int64_t n;                               // sequences
  float* gates;                            // [T, n, 4U]
  float* cells;                            // [T, n, U]
  float* tanhs;                            // [T, n, U]
  StepRows hidden;                         // [T, n, U], but that of the last step
  StepRows last;                           // [n, U]
  float *offsets, *gate_sums;              // [n, 4U]
  float *hidden_gradient, *cell_gradient;  // [n, U]
};

LstmDirection::LstmDirection(const LstmSizes& sizes,
                             const std::map<std::string, at::Tensor>& tensors,
                             const std::string& suffix, bool backwards, Parameters& parameters,
                             const std::string& layer_name)
    : sizes_(sizes),
      backwards_(backwards),
      gates_(4 * padded(sizes.units)),
      parameters_(&parameters) {
  const auto add = [&](const std::string& name, std::vector<int64_t> order, Shape shape) {
    return parameters.add(layer_name + "." + name + suffix, tensors.at(name + suffix),
                          std::move(order), std::move(shape));
  };
  input_kernel_ = add("input_kernel", {2, 0, 1}, {4, sizes.units, sizes.features});
  recurrent_kernel_ = add("recurrent_kernel", {2, 0, 1}, {4, sizes.units, sizes.units});
  bias_ = add("bias", {0, 1}, {4, sizes.units});

  const int64_t units = padded(sizes.units);
  const int64_t sequences = sizes.most_items * sizes.samples;
  if (sizes.input_gradient) input_columns_ = Floats(gates_ * padded(sizes.features));
  recurrent_columns_ = Floats(gates_ * units);
  gate_rows_ = Floats(sizes.steps * sequences * gates_);
  cells_ = Floats(sizes.steps * sequences * units);
  cell_tanhs_ = Floats(sizes.steps * sequences * units);
  if (sizes.last_state_alone) hidden_rows_ = Floats(sizes.steps * sequences * units);
  offsets_ = Floats(sequences * gates_);
  gate_sums_ = Floats(sequences * gates_);
  hidden_gradient_ = Floats(sequences * units);
  cell_gradient_ = Floats(sequences * units);
  zeros_ = Floats(units);
}

LstmDirection::Part LstmDirection::part(const Shard& shard, const StepRows& hidden) const {
  const int64_t units = padded(sizes_.units);
  const int64_t first = shard.first * sizes_.samples, n = shard.count * sizes_.samples;
  const int64_t row = first * sizes_.steps;
  Part part{.n = n,
            .gates = gate_rows_.data() + row * gates_,
            .cells = cells_.data() + row * units,
            .tanhs = cell_tanhs_.data() + row * units,
            .hidden = hidden,
            .last = hidden,
            .offsets = offsets_.data() + first * gates_,
            .gate_sums = gate_sums_.data() + first * gates_,
            .hidden_gradient = hidden_gradient_.data() + first * units,
            .cell_gradient = cell_gradient_.data() + first * units};
  if (sizes_.last_state_alone) {
    part.hidden = {hidden_rows_.data() + row * units, units};
  } else {
    part.last.data += time(sizes_.steps - 1) * n * hidden.stride;
  }
  return part;
}

void LstmDirection::forward(const Shard& shard, const StepRows& input, bool same_steps,
                            const StepRows& hidden) {
  const Part part = this->part(shard, hidden);
  const float* bias = parameters_->values(bias_);
  const RowsOf kernel = {parameters_->values(input_kernel_), gates_};
  RowsOf offsets = {bias, 0};
  if (same_steps) {
    for (int64_t i = 0; i < part.n; ++i) std::copy_n(bias, gates_, part.offsets + i * gates_);
    kernels::multiply({part.n, gates_, sizes_.features}, {input.data, input.stride, Left::Rows},
                      kernel, {part.offsets, gates_}, Into::Add);
    offsets = {part.offsets, gates_};
  } else {
    kernels::multiply({sizes_.steps * part.n, gates_, sizes_.features},
                      {input.data, input.stride, Left::Rows}, kernel, {part.gates, gates_});
  }
  for (int64_t step = 0; step < sizes_.steps; ++step) forward_step(part, step, offsets);
}

kernels::RowsOf LstmDirection::cell_before(const Part& part, int64_t step) const {
  if (step == 0) return zeros();
  const int64_t units = padded(sizes_.units);
  return {part.cells + time(step - 1) * part.n * units, units};
}

void LstmDirection::forward_step(const Part& part, int64_t step, const RowsOf& offsets) {
  const int64_t units = padded(sizes_.units), n = part.n, row = time(step) * n;
  const auto hidden_of = [&](int64_t at) {
    return at + 1 == sizes_.steps
               ? part.last
               : StepRows{part.hidden.data + time(at) * n * part.hidden.stride, part.hidden.stride};
  };
  const MutableRowsOf gates = {part.gates + row * gates_, gates_};
  // Where all steps are the same, `offsets` has the input's products.
  const bool per_step = offsets.stride == 0;
  const int64_t inner = step > 0 ? sizes_.units : 0;
  if (inner > 0 || !per_step) {
    const StepRows before = hidden_of(std::max<int64_t>(step - 1, 0));
    kernels::multiply({n, gates_, inner}, {before.data, before.stride, Left::Rows},
                      {parameters_->values(recurrent_kernel_), gates_}, gates,
                      per_step ? Into::Add : Into::Overwrite);
  }
  const StepRows hidden = hidden_of(step);
  kernels::lstm_forward({n, sizes_.units}, {.gates = gates,
                                            .offsets = offsets,
                                            .cell_before = cell_before(part, step),
                                            .cell = {part.cells + row * units, units},
                                            .cell_tanh = {part.tanhs + row * units, units},
                                            .hidden = {hidden.data, hidden.stride}});
}

void LstmDirection::backward(const Shard& shard, const StepRows& input, bool same_steps,
                             const StepRows& hidden, const Gradients& gradients) {
  const Part part = this->part(shard, hidden);
  float* bias_gradient = parameters_->gradient(bias_, shard.index);
  MutableRowsOf sums = {bias_gradient, 0};
  if (same_steps) sums = {part.gate_sums, gates_};
  std::fill_n(sums.data, same_steps ? part.n * gates_ : gates_, 0.0F);
  for (int64_t step = sizes_.steps - 1; step >= 0; --step) {
    backward_step(part, step, gradients.hidden, sums);
  }
  if (same_steps) kernels::sum_columns({part.n, gates_}, {sums.data, gates_}, bias_gradient);
  kernel_gradients(part, shard.index, input, same_steps);
  if (!sizes_.input_gradient) return;
  kernels::multiply({same_steps ? part.n : sizes_.steps * part.n, sizes_.features, gates_},
                    {same_steps ? part.gate_sums : part.gates, gates_, Left::Rows},
                    {input_columns_.data(), padded(sizes_.features)},
                    {gradients.input.data, gradients.input.stride},
                    gradients.add_to_input ? Into::Add : Into::Overwrite);
}

void LstmDirection::backward_step(const Part& part, int64_t step, const StepRows& hidden_gradient,
                                  const MutableRowsOf& gate_sums) {
  const int64_t units = padded(sizes_.units), n = part.n, row = time(step) * n;
  const bool last = step + 1 == sizes_.steps;
  if (!last) {
    kernels::multiply({n, sizes_.units, gates_},
                      {part.gates + time(step + 1) * n * gates_, gates_, Left::Rows},
                      {recurrent_columns_.data(), units}, {part.hidden_gradient, units});
  }
  RowsOf from_output = {hidden_gradient.data + row * hidden_gradient.stride,
                        hidden_gradient.stride};
  if (sizes_.last_state_alone) {
    from_output = last ? RowsOf{hidden_gradient.data, hidden_gradient.stride} : zeros();
  }
  kernels::lstm_backward({n, sizes_.units},
                         {.gates = {part.gates + row * gates_, gates_},
                          .cell_before = cell_before(part, step),
                          .cell_tanh = {part.tanhs + row * units, units},
                          .output_gradient = from_output,
                          .hidden_gradient = last ? zeros() : RowsOf{part.hidden_gradient, units},
                          .cell_gradient = last ? zeros() : RowsOf{part.cell_gradient, units},
                          .cell_before_gradient = {part.cell_gradient, units},
                          .gate_sums = gate_sums});
}

/// Of the gates' gradients, which have taken the place of the gates: all steps in one product.
void LstmDirection::kernel_gradients(const Part& part, int shard, const StepRows& input,
                                     bool same_steps) {
  const float* gradients = same_steps ? part.gate_sums : part.gates;
  kernels::multiply({sizes_.features, gates_, same_steps ? part.n : sizes_.steps * part.n},
                    {input.data, input.stride, Left::Columns}, {gradients, gates_},
                    {parameters_->gradient(input_kernel_, shard), gates_});
  // Each step but the first read the state after the step before it.
  const StepRows& hidden = part.hidden;
  const int64_t states = backwards_ ? part.n : 0, readers = backwards_ ? 0 : part.n;
  kernels::multiply({sizes_.units, gates_, (sizes_.steps - 1) * part.n},
                    {hidden.data + states * hidden.stride, hidden.stride, Left::Columns},
                    {part.gates + readers * gates_, gates_},
                    {parameters_->gradient(recurrent_kernel_, shard), gates_});
}

void LstmDirection::refresh(int part, int parts) {
  const auto transpose_part = [&](size_t kernel, int64_t rows, const Floats& columns) {
    const auto [first, count] = lines_of(gates_, part, parts);
    kernels::transpose({rows, count}, {parameters_->values(kernel) + first, gates_},
                       {columns.data() + first * padded(rows), padded(rows)});
  };
  if (sizes_.input_gradient) transpose_part(input_kernel_, sizes_.features, input_columns_);
  transpose_part(recurrent_kernel_, sizes_.units, recurrent_columns_);
}

}  // namespace hourglass::training::fused
