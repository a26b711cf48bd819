#include "hourglass/models/recurrent_layers.h"

#include "hourglass/core/error.h"
#include "hourglass/models/initializers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace hourglass::models {
namespace {

/// [rows, columns] with orthonormal columns (rows ≥ columns): Saxe, McClelland & Ganguli 2014.
at::Tensor orthogonal_matrix(int64_t rows, int64_t columns) {
  auto [q, r] = at::linalg_qr(at::randn({rows, columns}));
  return q * r.diagonal().sign();  // QR leaves the signs open; this makes the result uniform
}

}  // namespace

SequenceShape sequence_shape(const Shape& item) {
  switch (item.size()) {
    case 1: return {item[0], 1};
    case 2: return {item[0], item[1]};
    case 3: return {item[1], item[0] * item[2]};
    default:
      throw UsageError("an LSTM network expects images, sequences or table rows, found items of {}",
                       shape_text(item));
  }
}

LayerPlan ToSequenceLayer::plan() const {
  return {.kind = "sequence",
          .title = "To sequence",
          .sizes = {{"steps", sequence_.steps}, {"features", sequence_.features}}};
}

at::Tensor ToSequenceLayer::run(const at::Tensor& x) {
  const at::Tensor rows = rows_of_channels_ ? x.transpose(1, 2) : x;  // [B, H, C, W]
  return rows.reshape({-1, sequence_.steps, sequence_.features});
}

at::Tensor FromSequenceLayer::run(const at::Tensor& x) {
  if (item_.size() == 3 && item_[0] > 1) {
    return x.reshape({-1, item_[1], item_[0], item_[2]}).transpose(1, 2);  // [B, C, H, W]
  }
  return x.reshape(with_batch(-1, item_));
}

LstmLayer::LstmLayer(int64_t features, int64_t units, Output output, bool bidirectional)
    : units_(units), output_(output), bidirectional_(bidirectional) {
  for (const std::string suffix : {"", "_reverse"}) {
    if (!suffix.empty() && !bidirectional) break;
    at::Tensor input_kernel = at::empty({4 * units, features});
    initialize(Initializer::GlorotUniform, input_kernel, features, 4 * units);
    at::Tensor bias = at::zeros({4 * units});
    bias.narrow(0, units, units).fill_(1);
    directions_.push_back(
        {register_parameter("input_kernel" + suffix, input_kernel),
         register_parameter("recurrent_kernel" + suffix, orthogonal_matrix(4 * units, units)),
         register_parameter("bias" + suffix, bias)});
  }
}

LayerPlan LstmLayer::plan() const {
  LayerPlan plan = {.kind = "lstm",
                    .title = fmt::format("{}LSTM{}", bidirectional_ ? "Bidirectional " : "",
                                         output_ == Output::Last ? ", last state" : ""),
                    .sizes = {{"features", directions_.front().input_kernel.size(1)},
                              {"units", units_},
                              {"directions", std::ssize(directions_)},
                              {"last_state_alone", output_ == Output::Last ? 1 : 0}}};
  for (const auto& parameter : named_parameters()) {
    plan.tensors[parameter.key()] = parameter.value();
  }
  return plan;
}

at::Tensor LstmLayer::run(const at::Tensor& x) {
  std::vector<at::Tensor> weights;
  for (const auto& direction : directions_) {
    weights.insert(weights.end(), {direction.input_kernel, direction.recurrent_kernel,
                                   direction.bias, at::zeros_like(direction.bias)});
  }
  // The state starts at zero. Its batch size has to come from the input by tensor operations: a C++
  // size would be a constant in an exported trace, and an LSTM that is given a state of another
  // batch size reads beyond its memory.
  const auto directions = static_cast<int64_t>(directions_.size());
  const at::Tensor zeros = at::zeros_like(x.select(2, 0).select(1, 0))  // [B]
                               .view({1, -1, 1})
                               .expand({directions, -1, units_})
                               .contiguous();  // [directions, B, U]
  const auto [sequence, last, cell] =
      at::lstm(x, {zeros, zeros}, weights, /*has_biases=*/true, /*num_layers=*/1, /*dropout=*/0.0,
               is_training(), bidirectional_, /*batch_first=*/true);
  if (output_ == Output::Sequence) return sequence;  // [B, T, U · directions]
  return last.transpose(0, 1).flatten(1);            // [directions, B, U] -> [B, U · directions]
}

LayerPlan RepeatLayer::plan() const {
  return {.kind = "repeat", .title = "Repeat", .sizes = {{"steps", steps_}}};
}

at::Tensor RepeatLayer::run(const at::Tensor& x) { return x.unsqueeze(1).expand({-1, steps_, -1}); }

}  // namespace hourglass::models
