#include "hourglass/models/lstm.h"

#include "hourglass/core/error.h"
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
      throw UsageError(
          "an LSTM autoencoder expects images, sequences or table rows, found items of {}",
          shape_text(shape));
  }
}

/// Items as sequences: [B, shape…] -> [B, T, F].
class ToSequenceLayer : public Layer {
 public:
  explicit ToSequenceLayer(const Shape& item)
      : rows_of_channels_(item.size() == 3 && item[0] > 1), sequence_(sequence_of(item)) {}

  std::string kind() const override { return "sequence"; }
  std::string title() const override { return "To sequence"; }

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

  std::string kind() const override { return "items"; }
  std::string title() const override { return "From sequence"; }

 protected:
  at::Tensor run(const at::Tensor& x) override {
    if (item_.size() == 3 && item_[0] > 1) {
      return x.reshape({-1, item_[1], item_[0], item_[2]}).transpose(1, 2);  // [B, C, H, W]
    }
    std::vector<int64_t> sizes = item_;
    sizes.insert(sizes.begin(), -1);
    return x.reshape(sizes);
  }

 private:
  Shape item_;
};

Shape checked_state_shape(const LstmOptions& options) {
  check(options);
  return {options.widths.back() * (options.bidirectional ? 2 : 1)};
}

}  // namespace

void LstmOptions::describe(FieldTable& table) {
  table
      .add("widths", widths,
           "units of the encoder's LSTM layers, the last of which is the code; the decoder has "
           "the others in reverse")
      .at_least(1);
  table.add("bidirectional", bidirectional,
            "every layer reads both ways; the code is then twice its width");
  likelihood.describe(table);
}

void check(const LstmOptions& options) {
  check_widths(options.widths);
  check(options.likelihood);
}

LstmAutoencoder::LstmAutoencoder(Options options, ItemShapes shapes)
    : Autoencoder(shapes, checked_state_shape(options), options.likelihood) {
  using Output = LstmLayer::Output;
  const SequenceShape input = sequence_of(shapes.input), target = sequence_of(shapes.target);
  const auto& widths = options.widths;
  int64_t features = input.features;
  const auto add_lstm = [&](Stack& stack, int64_t units, Output output) {
    stack.add(std::make_shared<LstmLayer>(features, units, output, options.bidirectional));
    features = units * (options.bidirectional ? 2 : 1);
  };

  encoder_ = register_module("encoder", std::make_shared<Stack>());
  encoder_->add(std::make_shared<ToSequenceLayer>(shapes.input));
  for (size_t i = 0; i < widths.size(); ++i) {
    add_lstm(*encoder_, widths[i], i + 1 < widths.size() ? Output::Sequence : Output::Last);
  }

  decoder_ = register_module("decoder", std::make_shared<Stack>());
  decoder_->add(std::make_shared<RepeatLayer>(target.steps));
  // The hidden layers in reverse; a model that has none decodes with a layer as wide as the code.
  std::vector<int64_t> decoder_widths(widths.rbegin() + 1, widths.rend());
  if (decoder_widths.empty()) decoder_widths = widths;
  for (const int64_t width : decoder_widths) add_lstm(*decoder_, width, Output::Sequence);
  decoder_->add(std::make_shared<DenseLayer>(features, target.features, Activation::Linear));
  decoder_->add(std::make_shared<FromSequenceLayer>(shapes.target));
}

at::Tensor LstmAutoencoder::encode(const at::Tensor& x) { return encoder_->forward(x); }

at::Tensor LstmAutoencoder::decode_logits(const at::Tensor& z) { return decoder_->forward(z); }

}  // namespace hourglass::models
