#include "hourglass/models/networks/strided_network.h"

#include "hourglass/core/error.h"
#include "hourglass/models/convolution_layers.h"
#include "hourglass/models/layers.h"
#include "hourglass/models/networks/dense_network.h"

namespace hourglass::models {
namespace {

void check_images(const ItemShapes& shapes) {
  const Shape &input = shapes.input, &target = shapes.target;
  const bool images =
      input.size() == 3 && target.size() == 3 && input[1] == target[1] && input[2] == target[2];
  if (images) return;
  throw UsageError(
      "a strided network expects images of channels x height x width and targets as large, found "
      "{} and {}; use `network` dense, or `item_shape`",
      shape_text(input), shape_text(target));
}

/// The halved image between convolutions and dense layers.
Shape map_shape(const Shape& image, int64_t filters) {
  return {filters, (image[1] + 1) / 2, (image[2] + 1) / 2};
}

}  // namespace

void StridedNetwork::check() const {
  widths.check();
  if (filters < 1) throw UsageError("`filters`: expected at least 1 channel, found {}", filters);
  if (widths.value().size() == 1) {
    throw UsageError("`widths`: expected a hidden width and the code's, found 1");
  }
}

Network StridedNetwork::build(const NetworkRequest& request) const {
  const Shape &input = request.shapes.input, &target = request.shapes.target;
  check_images(request.shapes);
  const std::vector<int64_t>& units = widths.value();
  const int64_t code = units.back();
  const std::vector<int64_t> hidden(units.begin(), units.end() - 1);
  Network network{.encoder = std::make_shared<Stack>(),
                  .heads = {},
                  .decoder = std::make_shared<Stack>(),
                  .code_shape = {code}};

  const auto conv = [&](int64_t inputs, int64_t outputs, int64_t kernel, int64_t stride) {
    network.encoder->add(std::make_shared<ConvLayer>(ConvOptions{.inputs = inputs,
                                                                 .outputs = outputs,
                                                                 .kernel = kernel,
                                                                 .stride = stride,
                                                                 .activation = activation}));
  };
  network.encoder->join_condition(request.condition_width);
  conv(input[0] + request.condition_width, input[0], 2, 1);
  conv(input[0], filters, 2, 2);
  conv(filters, filters, 3, 1);
  conv(filters, filters, 3, 1);
  network.encoder->add(std::make_shared<FlattenLayer>());
  const int64_t features = add_hidden_layers(
      *network.encoder, element_count(map_shape(input, filters)), hidden, activation);
  network.heads = dense_heads(request.heads, features, code);
  if (request.heads.empty()) {
    network.encoder->add(std::make_shared<DenseLayer>(features, code, Activation::Linear));
  }

  const auto deconv = [&](int64_t stride, Padding padding) {
    network.decoder->add(
        std::make_shared<ConvTransposeLayer>(ConvOptions{.inputs = filters,
                                                         .outputs = filters,
                                                         .stride = stride,
                                                         .padding = padding,
                                                         .activation = activation}));
  };
  const Shape map = map_shape(target, filters);
  network.decoder->join_condition(request.condition_width);
  const int64_t last = add_hidden_layers(*network.decoder, code + request.condition_width,
                                         {hidden.rbegin(), hidden.rend()}, activation);
  network.decoder->add(std::make_shared<DenseLayer>(last, element_count(map), activation));
  network.decoder->add(std::make_shared<ReshapeLayer>(map));
  deconv(1, Padding::Same);
  deconv(1, Padding::Same);
  deconv(2, Padding::Valid);  // 14 -> 29
  network.decoder->add(
      std::make_shared<ConvLayer>(ConvOptions{.inputs = filters,
                                              .outputs = target[0],
                                              .kernel = 2,
                                              .padding = Padding::Valid,
                                              .activation = Activation::Linear}));  // 29 -> 28
  if (2 * map[1] > target[1] || 2 * map[2] > target[2]) {
    network.decoder->add(std::make_shared<CropLayer>(target[1], target[2]));
  }
  return network;
}

}  // namespace hourglass::models
