#include "hourglass/models/dense.h"

#include "hourglass/core/error.h"

namespace hourglass::models {
namespace {

/// The code's shape, once options and shapes are known to fit together.
Shape checked_code_shape(const DenseOptions& options, const ItemShapes& shapes) {
  check(options);
  if (options.tied_weights && element_count(shapes.input) != element_count(shapes.target)) {
    throw UsageError(
        "`tied_weights`: expected input and target of one size, found {} and {} values",
        element_count(shapes.input), element_count(shapes.target));
  }
  return {options.widths.back()};
}

}  // namespace

void DenseOptions::describe(FieldTable& table) {
  table.add("widths", widths, "hidden widths, then the code's (units); the decoder mirrors them")
      .at_least(1);
  table.add("activation", activation, "of the hidden layers");
  table.add("code_activation", code_activation, "of the code");
  table.add("initializer", initializer,
            "of the hidden and code layers; the output layer is always glorot-uniform");
  table.add("tied_weights", tied_weights, "the decoder uses the encoder's weights, transposed");
  likelihood.describe(table);
}

void check(const DenseOptions& options) {
  check_widths(options.widths);
  check(options.likelihood);
}

DenseAutoencoder::DenseAutoencoder(Options options, ItemShapes shapes)
    : Autoencoder(shapes, checked_code_shape(options, shapes), options.likelihood) {
  const auto& widths = options.widths;
  const size_t depth = widths.size();

  encoder_ = register_module("encoder", std::make_shared<Stack>());
  encoder_->add(std::make_shared<FlattenLayer>());
  int64_t inputs = element_count(shapes.input);
  for (size_t i = 0; i < depth; ++i) {
    const bool is_code = i + 1 == depth;
    encoder_layers_.push_back(encoder_->add(std::make_shared<DenseLayer>(
        inputs, widths[i], is_code ? options.code_activation : options.activation,
        options.initializer)));
    inputs = widths[i];
  }

  decoder_ = register_module("decoder", std::make_shared<Stack>());
  for (size_t i = depth; i-- > 0;) {
    const bool is_output = i == 0;
    const Activation activation = is_output ? Activation::Linear : options.activation;
    if (options.tied_weights) {
      decoder_->add(std::make_shared<TiedDenseLayer>(encoder_layers_[i], activation));
    } else {
      decoder_->add(std::make_shared<DenseLayer>(
          widths[i], is_output ? element_count(shapes.target) : widths[i - 1], activation,
          is_output ? Initializer::GlorotUniform : options.initializer));
    }
  }
  decoder_->add(std::make_shared<ReshapeLayer>(shapes.target));
}

at::Tensor DenseAutoencoder::encode(const at::Tensor& x) { return encoder_->forward(x); }

at::Tensor DenseAutoencoder::decode_logits(const at::Tensor& z) { return decoder_->forward(z); }

}  // namespace hourglass::models
