#include "hourglass/models/networks/lstm_network.h"

#include "hourglass/core/error.h"
#include "hourglass/models/layers.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/recurrent_layers.h"

#include <ATen/ATen.h>

namespace hourglass::models {
namespace {

struct SequenceShape {
  int64_t steps, features;
};

SequenceShape sequence_of(const Shape& shape) {
  switch (shape.size()) {
    case 1: return {shape[0], 1};
    case 2: return {shape[0], shape[1]};
    case 3: return {shape[1], shape[0] * shape[2]};
    default:
      throw UsageError("an LSTM network expects images, sequences or table rows, found items of {}",
                       shape_text(shape));
  }
}

/// Items as sequences: [B, shape…] -> [B, T, F].
class ToSequenceLayer : public Layer {
 public:
  explicit ToSequenceLayer(const Shape& item)
      : rows_of_channels_(item.size() == 3 && item[0] > 1), sequence_(sequence_of(item)) {}

  LayerPlan plan() const override {
    return {.kind = "sequence",
            .title = "To sequence",
            .sizes = {{"steps", sequence_.steps}, {"features", sequence_.features}}};
  }

 protected:
  at::Tensor run(const at::Tensor& x) override {
    const at::Tensor rows = rows_of_channels_ ? x.transpose(1, 2) : x;  // [B, H, C, W]
    return rows.reshape({-1, sequence_.steps, sequence_.features});
  }

 private:
  bool rows_of_channels_;
  SequenceShape sequence_;
};

/// The inverse: [B, T, F] -> [B, shape…].
class FromSequenceLayer : public Layer {
 public:
  explicit FromSequenceLayer(Shape item) : item_(std::move(item)) {}

  LayerPlan plan() const override { return {.kind = "items", .title = "From sequence"}; }

 protected:
  at::Tensor run(const at::Tensor& x) override {
    if (item_.size() == 3 && item_[0] > 1) {
      return x.reshape({-1, item_[1], item_[0], item_[2]}).transpose(1, 2);  // [B, C, H, W]
    }
    return x.reshape(with_batch(-1, item_));
  }

 private:
  Shape item_;
};

}  // namespace

Network LstmNetwork::build(const NetworkRequest& request) const {
  using Output = LstmLayer::Output;
  const SequenceShape input = sequence_of(request.shapes.input);
  const SequenceShape target = sequence_of(request.shapes.target);
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
