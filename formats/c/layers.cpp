#include "hourglass/formats/c/layers.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <optional>

namespace hourglass::formats::c {
namespace {

at::Tensor known_weights(Function& function, const Operation& operation, ValueId id) {
  const auto known = function.known(id);
  if (known) return *known;
  throw Error("{}: expected weights that are the same for all items, found '{}'", operation.where(),
              function.graph().value(id).name);
}

/// y = x Wᵀ + b, or x W + b where `transposed`, for each of the last dimension's vectors.
void write_vectors(Function& function, const Step& step, ValueId input, ValueId weight,
                   std::optional<ValueId> bias, bool transposed) {
  const ValueId result = step.writes.front();
  const int64_t inputs = function.sizes(input).back();
  const int64_t rows = function.count(input) / inputs, outputs = function.count(result) / rows;
  if (const auto source = function.graph().transposed_source(weight)) {
    weight = *source;
    transposed = !transposed;
  }
  const std::string times = rows == 1 ? "" : fmt::format(", {} times", rows);
  function.begin(title_of(*step.operation, fmt::format("{} -> {}{}", inputs, outputs, times)));
  const std::string x = function.pointer(input), y = function.pointer(result),
                    w = function.pointer(weight), b = bias ? function.pointer(*bias) : "0",
                    name = function.helper(transposed ? "dense_transposed" : "dense");
  const std::string head = rows == 1 ? "" : fmt::format("for (long i = 0; i < {}; ++i)", rows);
  const auto moving = [&](const std::string& array, int64_t width) {
    return rows == 1 ? array : fmt::format("{} + i * {}", array, width);
  };
  if (!head.empty()) function.line(head);
  function.line(fmt::format("{}{}({}, {}, {}, {}, {}, {});", head.empty() ? "" : "    ", name,
                            moving(x, inputs), inputs, w, b, moving(y, outputs), outputs));
  function.count_multiply_adds(rows * inputs * outputs);
}

void write_linear(Function& function, const Step& step) {
  const Operation& operation = *step.operation;
  write_vectors(function, step, operation.tensor("input"), operation.tensor("weight"),
                operation.optional_tensor("bias"), false);
}

void write_matmul(Function& function, const Step& step) {
  const Operation& operation = *step.operation;
  const ValueId other = operation.tensor(operation.has("mat2") ? "mat2" : "other");
  if (function.sizes(other).size() != 2 || function.sizes(operation.tensor("self")).empty()) {
    throw Error("{}: expected a matrix on the right for C, found a tensor of {} dimensions",
                operation.where(), function.sizes(other).size());
  }
  write_vectors(function, step, operation.tensor("self"), other, std::nullopt, true);
}

void write_addmm(Function& function, const Step& step) {
  const Operation& operation = *step.operation;
  const ValueId bias = operation.tensor("self");
  const bool plain = operation.number("alpha") == 1 && operation.number("beta") == 1 &&
                     function.count(bias) == function.sizes(step.writes.front()).back();
  if (!plain) throw Error("{}: expected a vector and factors of 1 for C", operation.where());
  write_vectors(function, step, operation.tensor("mat1"), operation.tensor("mat2"), bias, true);
}

/// A multiplication and an addition of each channel: the running averages are folded into them.
void write_batch_norm(Function& function, const Step& step) {
  const Operation& operation = *step.operation;
  if (operation.flag("training")) {
    throw Error("{}: expected running averages, found a batch norm that is training",
                operation.where());
  }
  const auto tensor = [&](const std::string& name) {
    return known_weights(function, operation, operation.tensor(name)).to(at::kDouble);
  };
  at::Tensor scale = (tensor("running_var") + operation.number("eps")).rsqrt();
  if (operation.has("weight")) scale = scale * tensor("weight");
  at::Tensor shift = -tensor("running_mean") * scale;
  if (operation.has("bias")) shift = shift + tensor("bias");

  const ValueId result = step.writes.front();
  const auto sizes = function.sizes(result);
  Access channel = {"", 0, std::vector<int64_t>(sizes.size(), 0)};
  channel.strides.at(1) = 1;
  Access scales = channel, shifts = channel;
  scales.array = function.weights(scale, operation.layer + ".scale");
  shifts.array = function.weights(shift, operation.layer + ".shift");
  function.also("batch norm");
  function.lines(loops(
      sizes, {function.access(result), function.access(operation.tensor("input")), scales, shifts},
      [](const auto& elements) {
        return fmt::format("{} = {} * {} + {};", elements[0], elements[1], elements[2],
                           elements[3]);
      }));
  function.count_multiply_adds(function.count(result));
}

/// An LSTM's weights in one direction of one layer.
struct LstmPart {
  std::string weight, recurrent, bias;
};

LstmPart lstm_part(Function& function, const Operation& operation, size_t part) {
  const auto parameters = operation.tensors("params");
  const bool has_bias = operation.flag("has_biases");
  const size_t count = has_bias ? 4 : 2;
  const auto tensor = [&](size_t which) {
    return known_weights(function, operation, parameters.at(part * count + which));
  };
  const auto name = [&](size_t which) {
    return function.graph().value(parameters[part * count + which]).name;
  };
  LstmPart arrays = {function.weights(tensor(0), name(0)), function.weights(tensor(1), name(1)),
                     "0"};
  // Both biases are added to the same: their sum is enough.
  if (has_bias) arrays.bias = function.weights(tensor(2) + tensor(3), name(2));
  return arrays;
}

void check_lstm(Function& function, const Operation& operation) {
  for (const ValueId id : operation.tensors("hx")) {
    const auto known = function.known(id);
    if (known && !known->any().item<bool>()) continue;
    throw Error("{}: expected an LSTM whose first states are zeros for C, found others",
                operation.where());
  }
  const size_t parts = static_cast<size_t>(operation.integer("num_layers")) *
                       (operation.flag("bidirectional") ? 2 : 1);
  if (operation.tensors("params").size() != parts * (operation.flag("has_biases") ? 4 : 2)) {
    throw Error("{}: expected an LSTM without projections for C, found one with them",
                operation.where());
  }
}

/// Copies a state of `units` values to its place among those of all layers and directions.
void write_state(Function& function, const Step& step, size_t which, int64_t part,
                 const std::string& from, int64_t offset, int64_t units) {
  const ValueId id = step.operation->results.at(which);
  if (std::find(step.writes.begin(), step.writes.end(), id) == step.writes.end()) return;
  const Access states = function.access(id);
  function.lines(
      loops({units}, {{states.array, states.offset + part * units, {1}}, {from, offset, {1}}},
            [](const auto& elements) { return elements[0] + " = " + elements[1] + ";"; }));
}

void write_lstm(Function& function, const Step& step) {
  const Operation& operation = *step.operation;
  check_lstm(function, operation);
  const ValueId input = operation.tensor("input"), result = operation.results.front();
  const int64_t layers = operation.integer("num_layers");
  const int64_t directions = operation.flag("bidirectional") ? 2 : 1;
  const int64_t stride = function.sizes(result).back(), units = stride / directions;
  const int64_t steps = function.count(result) / stride;
  const std::string own = function.pointer(result), cell = function.scratch(step, 0),
                    gates = function.scratch(step, 1);
  std::string x = function.pointer(input);
  int64_t inputs = function.sizes(input).back();
  for (int64_t layer = 0; layer < layers; ++layer) {
    // Sequences of layers in between come to be in turns, so that the last one's is the result.
    const std::string y = (layers - layer) % 2 == 1 ? own : function.scratch(step, 2);
    for (int64_t direction = 0; direction < directions; ++direction) {
      const int64_t part = layer * directions + direction;
      const LstmPart arrays = lstm_part(function, operation, static_cast<size_t>(part));
      function.begin(title_of(operation, fmt::format("{} steps of {} -> {}{}", steps, inputs, units,
                                                     direction == 1 ? ", backwards" : "")));
      const std::string at = direction == 1 ? fmt::format("{} + {}", y, units) : y;
      function.line(fmt::format("{}({}, {}, {}, {}, {},", function.helper("lstm"), x, steps, inputs,
                                arrays.weight, arrays.recurrent));
      function.line(fmt::format("    {}, {}, {}, {}, {}, {}, {});", arrays.bias, units, direction,
                                at, stride, cell, gates));
      const int64_t last = (direction == 1 ? 0 : (steps - 1) * stride) + direction * units;
      write_state(function, step, 1, part, y, last, units);
      write_state(function, step, 2, part, cell, 0, units);
      function.count_multiply_adds(steps * 4 * units * (inputs + units));
    }
    x = y;
    inputs = stride;
  }
}

const std::map<std::string, Writer> kLayers = {{"aten::linear", write_linear},
                                               {"aten::matmul", write_matmul},
                                               {"aten::mm", write_matmul},
                                               {"aten::addmm", write_addmm},
                                               {"aten::batch_norm", write_batch_norm},
                                               {"aten::lstm", write_lstm}};

}  // namespace

std::string title_of(const Operation& operation, const std::string& text) {
  return operation.layer.empty() ? text : operation.layer + ": " + text;
}

std::vector<int64_t> scratch_of(const Graph& graph, const Operation& operation) {
  if (operation.name != "aten::lstm") return {};
  const ValueId sequence = operation.results.front();
  const int64_t units =
      item_sizes(graph, sequence).back() / (operation.flag("bidirectional") ? 2 : 1);
  std::vector<int64_t> scratch = {units, 4 * units};
  if (operation.integer("num_layers") > 1) scratch.push_back(item_count(graph, sequence));
  return scratch;
}

Writer layer_writer(const std::string& operation) {
  const auto found = kLayers.find(operation);
  return found == kLayers.end() ? image_layer_writer(operation) : found->second;
}

}  // namespace hourglass::formats::c
