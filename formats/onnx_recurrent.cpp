#include "hourglass/core/error.h"
#include "hourglass/formats/onnx_operations.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace hourglass::formats::onnx {
namespace {

// T is the number of steps, B that of items, H that of units, D that of directions, G that of gates.

/// What LSTM and GRU are told alike.
struct Recurrence {
  const Operation& operation;
  const char* type;            // ONNX's
  std::vector<int64_t> gates;  // which of ATen's gates each of ONNX's is
  std::vector<ValueId> states;
  Attributes attributes = {};

  bool both_ways() const { return operation.flag("bidirectional"); }
  int64_t directions() const { return both_ways() ? 2 : 1; }
  int64_t layers() const { return operation.integer("num_layers"); }
  bool batch_first() const { return operation.flag("batch_first"); }
};

/// The parameters of all directions of a layer.
struct LayerWeights {
  std::vector<at::Tensor> input, recurrent, bias;  // [GH, I], [GH, H], [2GH]
};

at::Tensor constant_of(const Emitter& to, const Operation& operation, ValueId id) {
  const Value& value = to.value(id);
  if (!value.constant) refuse(operation, "parameters as weights", "ones that items decide");
  return *value.constant;
}

/// [GH, …] with the gates in ONNX's order.
at::Tensor in_order(const at::Tensor& weight, const std::vector<int64_t>& gates) {
  std::vector<at::Tensor> parts;
  parts.reserve(gates.size());
  const auto chunks = weight.chunk(static_cast<int64_t>(gates.size()), 0);
  for (const int64_t gate : gates) parts.push_back(chunks.at(static_cast<size_t>(gate)));
  return at::cat(parts);
}

LayerWeights weights_of(const Emitter& to, const Recurrence& all, int64_t layer) {
  const auto parameters = all.operation.tensors("params");
  const bool biased = all.operation.flag("has_biases");
  const int64_t each = biased ? 4 : 2;
  LayerWeights weights;
  for (int64_t i = 0; i < all.directions(); ++i) {
    const auto parameter = [&](int64_t which) {
      const auto place = static_cast<size_t>((layer * all.directions() + i) * each + which);
      return in_order(constant_of(to, all.operation, parameters.at(place)), all.gates);
    };
    weights.input.push_back(parameter(0));
    weights.recurrent.push_back(parameter(1));
    if (biased) weights.bias.push_back(at::cat({parameter(2), parameter(3)}));
  }
  return weights;
}

/// The state [layers · D, B, H] of one layer; none where it is nothing but zeros, as it is without.
std::string first_state(Emitter& to, const Recurrence& all, ValueId id, int64_t layer) {
  const Value& state = to.value(id);
  if (state.is_zero || (state.constant && !state.constant->any().item<bool>())) return "";
  std::string whole = to.operand(id);
  if (all.layers() == 1) return whole;
  const int64_t start = layer * all.directions();
  return to.add("Slice", {whole, to.whole_numbers({start}),
                          to.whole_numbers({start + all.directions()}), to.whole_numbers({0})});
}

/// A layer's outputs: [T, D, B, H], and its last states [D, B, H].
Names run_layer(Emitter& to, const Recurrence& all, const std::string& x, int64_t layer) {
  const LayerWeights weights = weights_of(to, all, layer);
  std::string layer_name = all.operation.layer.empty() ? "" : all.operation.layer + ".";
  if (all.layers() > 1) layer_name += fmt::format("layer{}.", layer + 1);
  Names inputs = {x, to.named_constant(layer_name + "W", at::stack(weights.input)),
                  to.named_constant(layer_name + "R", at::stack(weights.recurrent))};
  inputs.emplace_back();
  if (!weights.bias.empty()) {
    inputs.back() = to.named_constant(layer_name + "B", at::stack(weights.bias));
  }
  inputs.emplace_back();  // lengths: all are as long
  for (const ValueId state : all.states) inputs.push_back(first_state(to, all, state, layer));
  Attributes attributes = all.attributes;
  attributes.push_back({"hidden_size", weights.recurrent.front().size(1)});
  attributes.push_back({"direction", std::string(all.both_ways() ? "bidirectional" : "forward")});
  return to.add_several(all.type, 1 + all.states.size(), inputs, attributes);
}

/// [T, B, …] -> [B, T, …], and back.
std::string with_items_first(Emitter& to, const std::string& sequence) {
  const std::vector<int64_t> order = {1, 0, 2};
  return to.add("Transpose", {sequence}, {{"perm", order}});
}

/// [T, D, B, H] -> [T, B, D · H], or [B, T, D · H].
std::string beside_each_other(Emitter& to, const std::string& y, int64_t directions,
                              bool batch_first) {
  if (directions == 1) {
    const std::string sequence = to.add("Squeeze", {y, to.whole_numbers({1})});
    return batch_first ? with_items_first(to, sequence) : sequence;
  }
  std::vector<int64_t> order = {0, 2, 1, 3};
  if (batch_first) order = {2, 0, 1, 3};
  const std::string sequence = to.add("Transpose", {y}, {{"perm", order}});
  return to.add("Reshape", {sequence, to.whole_numbers({0, 0, -1})});
}

Names run(Emitter& to, const Recurrence& all) {
  const ValueId input = all.operation.tensor("input");
  if (to.dimensions(input) != 3) refuse(all.operation, "a batch of sequences", "a single one");
  std::string x = to.operand(input);
  if (all.batch_first()) x = with_items_first(to, x);
  std::vector<Names> states(all.states.size());
  for (int64_t layer = 0; layer < all.layers(); ++layer) {
    const Names outputs = run_layer(to, all, x, layer);
    const bool last = layer + 1 == all.layers();
    x = beside_each_other(to, outputs.front(), all.directions(), last && all.batch_first());
    for (size_t i = 0; i < states.size(); ++i) states[i].push_back(outputs.at(i + 1));
  }
  Names results = {x};
  for (const Names& state : states) {
    results.push_back(state.size() == 1 ? state.front()
                                        : to.add("Concat", state, {{"axis", int64_t{0}}}));
  }
  return results;
}

void expect_padded(const Operation& operation) {
  if (operation.has("batch_sizes")) refuse(operation, "sequences side by side", "packed ones");
}

}  // namespace

// ATen's gates are input, forget, cell, output; ONNX's are input, output, forget, cell.
Names write_lstm(Emitter& to, const Operation& operation) {
  expect_padded(operation);
  return run(to, {.operation = operation,
                  .type = "LSTM",
                  .gates = {0, 3, 1, 2},
                  .states = operation.tensors("hx")});
}

// ATen's gates are reset, update, new; ONNX's are update, reset, hidden.
Names write_gru(Emitter& to, const Operation& operation) {
  expect_padded(operation);
  return run(to, {.operation = operation,
                  .type = "GRU",
                  .gates = {1, 0, 2},
                  .states = {operation.tensor("hx")},
                  .attributes = {{"linear_before_reset", int64_t{1}}}});
}

}  // namespace hourglass::formats::onnx
