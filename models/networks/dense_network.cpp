#include "hourglass/models/networks/dense_network.h"

#include "hourglass/core/error.h"
#include "hourglass/models/layers.h"

namespace hourglass::models {
namespace {

void check_request(const DenseNetwork& options, const NetworkRequest& request) {
  const int64_t input = element_count(request.shapes.input);
  const int64_t target = element_count(request.shapes.target);
  if (options.tied_weights && input != target) {
    throw UsageError(
        "`tied_weights`: expected input and target of one size, found {} and {} values", input,
        target);
  }
  if (options.tied_weights && request.condition_width > 0) {
    throw UsageError("`tied_weights`: expected no condition, found one of {} values",
                     request.condition_width);
  }
  if (!request.heads.empty() && options.code_activation != Activation::Linear) {
    throw UsageError("`code_activation`: expected linear, as this code has no bounds, found '{}'",
                     enum_name(options.code_activation));
  }
}

}  // namespace

int64_t add_hidden_layers(Stack& stack, int64_t inputs, const std::vector<int64_t>& widths,
                          Activation activation, Initializer initializer) {
  for (const int64_t width : widths) {
    stack.add(std::make_shared<DenseLayer>(inputs, width, activation, initializer));
    inputs = width;
  }
  return inputs;
}

std::vector<Head> dense_heads(const std::vector<std::string>& names, int64_t inputs,
                              int64_t outputs) {
  std::vector<Head> heads;
  heads.reserve(names.size());
  for (const auto& name : names) {
    heads.push_back({name, std::make_shared<DenseLayer>(inputs, outputs, Activation::Linear)});
  }
  return heads;
}

Network DenseNetwork::build(const NetworkRequest& request) const {
  check_request(*this, request);
  const std::vector<int64_t>& units = widths.value();
  const size_t depth = units.size();
  const int64_t code = units.back(), outputs = element_count(request.shapes.target);
  Network network{.encoder = std::make_shared<Stack>(),
                  .heads = {},
                  .decoder = std::make_shared<Stack>(),
                  .code_shape = {code}};

  std::vector<std::shared_ptr<DenseLayer>> layers;  // of the encoder, for tied weights
  network.encoder->add(std::make_shared<FlattenLayer>());
  if (unit_length) network.encoder->add(std::make_shared<UnitLengthLayer>());
  if (input_dropout > 0) network.encoder->add(std::make_shared<DropoutLayer>(input_dropout));
  network.encoder->join_condition(request.condition_width);
  int64_t inputs = element_count(request.shapes.input) + request.condition_width;
  for (size_t i = 0; i < depth; ++i) {
    const bool is_code = i + 1 == depth;
    if (is_code && !request.heads.empty()) break;
    layers.push_back(network.encoder->add(std::make_shared<DenseLayer>(
        inputs, units[i], is_code ? code_activation : activation, initializer)));
    inputs = units[i];
  }
  network.heads = dense_heads(request.heads, inputs, code);
  if (!network.heads.empty()) {
    layers.push_back(std::static_pointer_cast<DenseLayer>(network.heads.front().layer));
  }

  network.decoder->join_condition(request.condition_width);
  inputs = code + request.condition_width;
  for (size_t i = depth; i-- > 0;) {
    const bool is_output = i == 0;
    const int64_t width = is_output ? outputs : units[i - 1];
    const Activation function = is_output ? Activation::Linear : activation;
    if (tied_weights) {
      network.decoder->add(std::make_shared<TiedDenseLayer>(layers[i], function));
    } else {
      network.decoder->add(std::make_shared<DenseLayer>(
          inputs, width, function, is_output ? Initializer::GlorotUniform : initializer));
    }
    inputs = width;
  }
  network.decoder->add(std::make_shared<ReshapeLayer>(request.shapes.target));
  return network;
}

}  // namespace hourglass::models
