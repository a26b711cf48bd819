#include "hourglass/models/convolutional.h"

#include "hourglass/core/error.h"
#include "hourglass/models/convolution_layers.h"

namespace hourglass::models {
namespace {

struct ImageSize {
  int64_t height, width;
};

/// The size after so many poolings, each of which rounds up.
ImageSize pooled(ImageSize size, size_t poolings) {
  for (size_t i = 0; i < poolings; ++i) size = {(size.height + 1) / 2, (size.width + 1) / 2};
  return size;
}

/// The code's shape, once options and shapes are known to fit together.
Shape checked_map_shape(const ConvolutionalOptions& options, const ItemShapes& shapes) {
  check(options);
  const Shape &input = shapes.input, &target = shapes.target;
  if (input.size() != 3 || target.size() != 3) {
    throw UsageError(
        "a convolutional autoencoder expects images of channels x height x width, found {}; give a "
        "table's rows a shape with `item_shape`",
        shape_text(input.size() != 3 ? input : target));
  }
  if (input[1] != target[1] || input[2] != target[2]) {
    throw UsageError(
        "a convolutional autoencoder expects targets as large as its inputs, {} x {}, found {} x "
        "{}",
        input[1], input[2], target[1], target[2]);
  }
  const size_t poolings = options.filters.size();
  const int64_t smallest =
      (int64_t{1} << (poolings - 1)) + 1;  // two pixels before the last pooling
  if (input[1] < smallest || input[2] < smallest) {
    throw UsageError(
        "`filters`: {} poolings expect images of at least {} x {} pixels, found {} x {}; use fewer",
        poolings, smallest, smallest, input[1], input[2]);
  }
  const ImageSize size = pooled({input[1], input[2]}, poolings);
  return {options.filters.back(), size.height, size.width};
}

}  // namespace

void ConvolutionalOptions::describe(FieldTable& table) {
  table
      .add("filters", filters,
           "channels after each convolution of the encoder, each followed by a pooling; the "
           "decoder mirrors them")
      .at_least(1);
  table.add("activation", activation, "of all convolutions but the last");
  table.add("bias", bias, "give the convolutions a bias");
  likelihood.describe(table);
}

void check(const ConvolutionalOptions& options) {
  if (options.filters.empty() || options.filters.size() > 16) {
    throw UsageError("`filters`: expected 1 to 16 numbers of channels, found {}",
                     options.filters.size());
  }
  for (const int64_t count : options.filters) {
    if (count < 1) throw UsageError("`filters`: expected at least 1 channel, found {}", count);
  }
  check(options.likelihood);
}

ConvolutionalAutoencoder::ConvolutionalAutoencoder(Options options, ItemShapes shapes)
    : Autoencoder(shapes, checked_map_shape(options, shapes), options.likelihood) {
  const auto& filters = options.filters;
  const auto conv = [&](int64_t inputs, int64_t outputs, Padding padding, Activation activation) {
    return std::make_shared<ConvLayer>(ConvOptions{.inputs = inputs,
                                                   .outputs = outputs,
                                                   .padding = padding,
                                                   .activation = activation,
                                                   .bias = options.bias});
  };

  encoder_ = register_module("encoder", std::make_shared<Stack>());
  int64_t channels = shapes.input[0];
  for (const int64_t count : filters) {
    encoder_->add(conv(channels, count, Padding::Same, options.activation));
    encoder_->add(std::make_shared<BatchNormLayer>(count));
    encoder_->add(std::make_shared<MaxPoolLayer>());
    channels = count;
  }

  // Upsampling doubles what pooling had rounded up, so the image outgrows its mirror. A convolution
  // without padding takes two pixels off, as in the published network; what is left over at the end
  // is cropped.
  decoder_ = register_module("decoder", std::make_shared<Stack>());
  ImageSize size = {code_shape()[1], code_shape()[2]};
  for (size_t i = filters.size(); i-- > 0;) {
    const ImageSize mirror = pooled({shapes.target[1], shapes.target[2]}, i + 1);
    const bool outgrown = size.height >= mirror.height + 2 && size.width >= mirror.width + 2;
    decoder_->add(
        conv(channels, filters[i], outgrown ? Padding::Valid : Padding::Same, options.activation));
    decoder_->add(std::make_shared<BatchNormLayer>(filters[i]));
    decoder_->add(std::make_shared<UpsampleLayer>());
    if (outgrown) size = {size.height - 2, size.width - 2};
    size = {2 * size.height, 2 * size.width};
    channels = filters[i];
  }
  if (size.height > shapes.target[1] || size.width > shapes.target[2]) {
    decoder_->add(std::make_shared<CropLayer>(shapes.target[1], shapes.target[2]));
  }
  decoder_->add(conv(channels, shapes.target[0], Padding::Same, Activation::Linear));
}

at::Tensor ConvolutionalAutoencoder::encode(const at::Tensor& x) { return encoder_->forward(x); }

at::Tensor ConvolutionalAutoencoder::decode_logits(const at::Tensor& z) {
  return decoder_->forward(z);
}

}  // namespace hourglass::models
