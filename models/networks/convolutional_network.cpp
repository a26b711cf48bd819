#include "hourglass/models/networks/convolutional_network.h"

#include "hourglass/core/error.h"
#include "hourglass/models/convolution_layers.h"
#include "hourglass/models/time_layers.h"

namespace hourglass::models {
namespace {

constexpr int64_t kTimeKernel = 7;  // steps: one dimension asks for a longer reach than two

struct ImageSize {
  int64_t height, width;
};

/// The size after so many poolings, each of which rounds up.
ImageSize pooled(ImageSize size, size_t poolings) {
  for (size_t i = 0; i < poolings; ++i) size = {(size.height + 1) / 2, (size.width + 1) / 2};
  return size;
}

void check_images(const ItemShapes& shapes, size_t poolings) {
  const Shape &input = shapes.input, &target = shapes.target;
  if (input.size() != 3 || target.size() != 3) {
    throw UsageError(
        "a convolutional network expects images of channels x height x width, or sequences of "
        "steps "
        "x features, found {}; give a table's rows a shape with `item_shape`",
        shape_text(input.size() != 3 ? input : target));
  }
  if (input[1] != target[1] || input[2] != target[2]) {
    throw UsageError(
        "a convolutional network expects targets as large as its inputs, {} x {}, found {} x {}",
        input[1], input[2], target[1], target[2]);
  }
  const int64_t smallest =
      (int64_t{1} << (poolings - 1)) + 1;  // two pixels before the last pooling
  if (input[1] < smallest || input[2] < smallest) {
    throw UsageError(
        "`filters`: {} poolings expect images of at least {} x {} pixels, found {} x {}; use fewer",
        poolings, smallest, smallest, input[1], input[2]);
  }
}

void check_sequences(const ItemShapes& shapes, size_t poolings) {
  if (shapes.target.size() != 2 || shapes.input[0] != shapes.target[0]) {
    throw UsageError(
        "a convolutional network expects targets as long as its inputs, {} steps, found {}",
        shapes.input[0], shape_text(shapes.target));
  }
  const int64_t smallest = (int64_t{1} << (poolings - 1)) + 1;
  if (shapes.input[0] < smallest) {
    throw UsageError(
        "`filters`: {} poolings expect sequences of at least {} steps, found {}; use fewer",
        poolings, smallest, shapes.input[0]);
  }
}

/// A convolution of one pixel a name, which keeps the number of channels.
std::vector<Head> map_heads(const std::vector<std::string>& names, int64_t channels) {
  std::vector<Head> heads;
  heads.reserve(names.size());
  for (const auto& name : names) {
    heads.push_back(
        {name, std::make_shared<ConvLayer>(ConvOptions{.inputs = channels,
                                                       .outputs = channels,
                                                       .kernel = 1,
                                                       .activation = Activation::Linear})});
  }
  return heads;
}

/// The same network over time: `ConvolutionalNetwork` on maps of height 1. Convolutions keep the
/// length, and what rounding up has added is cropped at the end.
Network network_over_time(const ConvolutionalNetwork& options, const NetworkRequest& request) {
  const Shape &input = request.shapes.input, &target = request.shapes.target;
  check_sequences(request.shapes, options.filters.size());
  const auto conv = [&](int64_t inputs, int64_t outputs, Activation function) {
    return std::make_shared<TimeConvLayer>(ConvOptions{.inputs = inputs,
                                                       .outputs = outputs,
                                                       .kernel = kTimeKernel,
                                                       .activation = function,
                                                       .bias = options.bias});
  };
  int64_t steps = input[0], channels = input[1] + request.condition_width;
  Network network{.encoder = std::make_shared<Stack>(),
                  .heads = {},
                  .decoder = std::make_shared<Stack>(),
                  .code_shape = {}};
  network.encoder->add(std::make_shared<ToTimeMapLayer>());
  network.encoder->join_condition(request.condition_width);
  for (const int64_t count : options.filters) {
    network.encoder->add(conv(channels, count, options.activation));
    network.encoder->add(std::make_shared<BatchNormLayer>(count));
    network.encoder->add(std::make_shared<TimePoolLayer>());
    channels = count;
    steps = (steps + 1) / 2;
  }
  network.code_shape = {channels, 1, steps};
  network.heads = map_heads(request.heads, channels);
  network.decoder->join_condition(request.condition_width);
  channels += request.condition_width;
  for (size_t i = options.filters.size(); i-- > 0;) {
    network.decoder->add(conv(channels, options.filters[i], options.activation));
    network.decoder->add(std::make_shared<BatchNormLayer>(options.filters[i]));
    network.decoder->add(std::make_shared<TimeUpsampleLayer>());
    channels = options.filters[i];
    steps *= 2;
  }
  if (steps > target[0]) network.decoder->add(std::make_shared<CropLayer>(1, target[0]));
  network.decoder->add(conv(channels, target[1], Activation::Linear));
  network.decoder->add(std::make_shared<FromTimeMapLayer>());
  return network;
}

}  // namespace

void ConvolutionalNetwork::check() const {
  if (filters.empty() || filters.size() > 16) {
    throw UsageError("`filters`: expected 1 to 16 numbers of channels, found {}", filters.size());
  }
  for (const int64_t count : filters) {
    if (count < 1) throw UsageError("`filters`: expected at least 1 channel, found {}", count);
  }
}

Network ConvolutionalNetwork::build(const NetworkRequest& request) const {
  const Shape &input = request.shapes.input, &target = request.shapes.target;
  if (input.size() == 2) return network_over_time(*this, request);
  check_images(request.shapes, filters.size());
  const auto conv = [&](int64_t inputs, int64_t outputs, Padding padding, Activation function) {
    return std::make_shared<ConvLayer>(ConvOptions{.inputs = inputs,
                                                   .outputs = outputs,
                                                   .padding = padding,
                                                   .activation = function,
                                                   .bias = bias});
  };
  const ImageSize map = pooled({input[1], input[2]}, filters.size());
  Network network{.encoder = std::make_shared<Stack>(),
                  .heads = {},
                  .decoder = std::make_shared<Stack>(),
                  .code_shape = {filters.back(), map.height, map.width}};

  network.encoder->join_condition(request.condition_width);
  int64_t channels = input[0] + request.condition_width;
  for (const int64_t count : filters) {
    network.encoder->add(conv(channels, count, Padding::Same, activation));
    network.encoder->add(std::make_shared<BatchNormLayer>(count));
    network.encoder->add(std::make_shared<MaxPoolLayer>());
    channels = count;
  }
  network.heads = map_heads(request.heads, channels);

  // Upsampling doubles what pooling had rounded up, so the image outgrows its mirror. A convolution
  // without padding takes two pixels off, as in the published network; what is left over at the end
  // is cropped.
  network.decoder->join_condition(request.condition_width);
  channels += request.condition_width;
  ImageSize size = map;
  for (size_t i = filters.size(); i-- > 0;) {
    const ImageSize mirror = pooled({target[1], target[2]}, i + 1);
    const bool outgrown = size.height >= mirror.height + 2 && size.width >= mirror.width + 2;
    network.decoder->add(
        conv(channels, filters[i], outgrown ? Padding::Valid : Padding::Same, activation));
    network.decoder->add(std::make_shared<BatchNormLayer>(filters[i]));
    network.decoder->add(std::make_shared<UpsampleLayer>());
    if (outgrown) size = {size.height - 2, size.width - 2};
    size = {2 * size.height, 2 * size.width};
    channels = filters[i];
  }
  if (size.height > target[1] || size.width > target[2]) {
    network.decoder->add(std::make_shared<CropLayer>(target[1], target[2]));
  }
  network.decoder->add(conv(channels, target[0], Padding::Same, Activation::Linear));
  return network;
}

}  // namespace hourglass::models
