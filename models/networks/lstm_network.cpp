#include "hourglass/models/networks/lstm_network.h"

#include "hourglass/models/layers.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/recurrent_layers.h"

namespace hourglass::models {

Network LstmNetwork::build(const NetworkRequest& request) const {
  using Output = LstmLayer::Output;
  const SequenceShape input = sequence_shape(request.shapes.input);
  const SequenceShape target = sequence_shape(request.shapes.target);
  const std::vector<int64_t>& units = widths.value();
  const int64_t code = units.back() * (bidirectional ? 2 : 1);
  Network network{.encoder = std::make_shared<Stack>(),
                  .heads = {},
                  .decoder = std::make_shared<Stack>(),
                  .code_shape = {code}};
  int64_t features = input.features + request.condition_width;
  const auto add_lstm = [&](Stack& stack, int64_t width, Output output) {
    stack.add(std::make_shared<LstmLayer>(features, width, output, bidirectional));
    features = width * (bidirectional ? 2 : 1);
  };

  network.encoder->add(std::make_shared<ToSequenceLayer>(request.shapes.input));
  network.encoder->join_condition(request.condition_width);
  for (size_t i = 0; i < units.size(); ++i) {
    add_lstm(*network.encoder, units[i], i + 1 < units.size() ? Output::Sequence : Output::Last);
  }
  network.heads = dense_heads(request.heads, features, code);

  network.decoder->join_condition(request.condition_width);
  network.decoder->add(std::make_shared<RepeatLayer>(target.steps));
  features = code + request.condition_width;
  // The hidden layers in reverse; a network that has none decodes with a layer as wide as the code.
  std::vector<int64_t> decoder_widths(units.rbegin() + 1, units.rend());
  if (decoder_widths.empty()) decoder_widths = units;
  for (const int64_t width : decoder_widths) add_lstm(*network.decoder, width, Output::Sequence);
  network.decoder->add(std::make_shared<DenseLayer>(features, target.features, Activation::Linear));
  network.decoder->add(std::make_shared<FromSequenceLayer>(request.shapes.target));
  return network;
}

}  // namespace hourglass::models
