#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/keras_settings.h"
#include "hourglass/formats/keras_weights.h"
#include "hourglass/formats/shape_check.h"
#include "hourglass/models/convolution_layers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace hourglass::formats {
namespace {

using models::Activation;
using Kind = KerasPiece::Kind;

constexpr int64_t kMostValues = int64_t{1} << 26;  // of an item, anywhere in the model

/// Makes pieces of layers, one after the other.
class Translator {
 public:
  explicit Translator(const KerasArchive& archive)
      : file_(archive.architecture_file), weights_(archive.weights, archive.weights_file) {}

  void add(const KerasLayer& layer);

  KerasPieces result;

 private:
  using Add = void (Translator::*)(const KerasSettings&);

  std::string file_;
  KerasWeightsFile weights_;
  const KerasLayer* layer_ = nullptr;  // at hand
  Shape shape_;                        // of what flows into it, in Keras' order of axes
  at::Tensor order_;                   // of its values: see KerasPiece::order

  static const std::map<std::string, Add>& kinds();

  void add_piece(Kind kind, std::string words, Shape shape, TensorMap tensors = {});
  void add_activation(const KerasActivation& activation);
  void order_backwards(const KerasSettings& settings, const Shape& map);
  void expect_rank(const KerasSettings& settings, size_t rank) const;

  at::Tensor weight(const std::string& group, int number, const Shape& shape) const {
    return weights_.read(layer_->description, group, number, shape);
  }
  /// Zeros where the layer has none.
  at::Tensor bias(const KerasSettings& settings, const std::string& group, int number,
                  int64_t size) const {
    return settings.flag("use_bias", true) ? weight(group, number, {size}) : at::zeros({size});
  }

  void add_input(const KerasSettings& settings);
  void add_dense(const KerasSettings& settings) { add_dense_of(settings, layer_->weights); }
  void add_dense_of(const KerasSettings& settings, const std::string& group);
  void add_time_distributed(const KerasSettings& settings);
  void add_conv(const KerasSettings& settings) { add_convolution(settings, "conv"); }
  void add_deconv(const KerasSettings& settings) { add_convolution(settings, "deconv"); }
  void add_convolution(const KerasSettings& settings, const std::string& kind);
  void add_norm(const KerasSettings& settings);
  void add_pool(const KerasSettings& settings);
  void add_upsample(const KerasSettings& settings);
  void add_crop(const KerasSettings& settings);
  void add_flatten(const KerasSettings& settings);
  void add_reshape(const KerasSettings& settings);
  void add_lstm(const KerasSettings& settings);
  void add_repeat(const KerasSettings& settings);
  void add_activation_layer(const KerasSettings& settings) {
    add_activation(settings.activation("activation"));
  }
  void add_relu(const KerasSettings& settings);
  void add_leaky_relu(const KerasSettings& settings);
  void add_nothing(const KerasSettings&) { add_piece(Kind::View, "", shape_); }
};

const std::map<std::string, Translator::Add>& Translator::kinds() {
  static const std::map<std::string, Add> all = {
      {"InputLayer", &Translator::add_input},
      {"Dense", &Translator::add_dense},
      {"TimeDistributed", &Translator::add_time_distributed},
      {"Conv2D", &Translator::add_conv},
      {"Conv2DTranspose", &Translator::add_deconv},
      {"BatchNormalization", &Translator::add_norm},
      {"MaxPooling2D", &Translator::add_pool},
      {"UpSampling2D", &Translator::add_upsample},
      {"Cropping2D", &Translator::add_crop},
      {"Flatten", &Translator::add_flatten},
      {"Reshape", &Translator::add_reshape},
      {"LSTM", &Translator::add_lstm},
      {"RepeatVector", &Translator::add_repeat},
      {"Activation", &Translator::add_activation_layer},
      {"ReLU", &Translator::add_relu},
      {"LeakyReLU", &Translator::add_leaky_relu},
      // What only happens in training.
      {"Dropout", &Translator::add_nothing},
      {"SpatialDropout2D", &Translator::add_nothing},
      {"GaussianNoise", &Translator::add_nothing},
      {"GaussianDropout", &Translator::add_nothing},
      {"ActivityRegularization", &Translator::add_nothing}};
  return all;
}

void Translator::add(const KerasLayer& layer) {
  const auto kind = kinds().find(layer.type);
  if (kind == kinds().end()) {
    std::vector<std::string> names;
    for (const auto& [name, add] : kinds()) names.push_back(name);
    throw Error("{}: {}: expected a layer of {}", file_, layer.description, join_text(names));
  }
  layer_ = &layer;
  const KerasSettings settings(layer, file_);
  if (result.input.empty() && layer.type != "InputLayer") {
    settings.fail("an InputLayer before it, or a model that was built", "no shape of the input");
  }
  (this->*kind->second)(settings);
}

void Translator::add_piece(Kind kind, std::string words, Shape shape, TensorMap tensors) {
  const auto count = checked_element_count(shape);
  const bool positive = std::all_of(shape.begin(), shape.end(), [](int64_t n) { return n > 0; });
  if (!positive || !count || *count > kMostValues) {
    throw Error("{}: {}: expected an output of 1 to {} values, found {}", file_,
                layer_->description, with_thousands(kMostValues), shape_text(shape));
  }
  shape_ = std::move(shape);
  result.pieces.push_back({.layer = layer_->name,
                           .model = layer_->model,
                           .kind = kind,
                           .words = std::move(words),
                           .tensors = std::move(tensors),
                           .shape = shape_,
                           .order = order_});
}

void Translator::add_activation(const KerasActivation& activation) {
  if (activation.leaky_slope) {
    add_piece(Kind::Elementwise, fmt::format("leaky-relu:{}", *activation.leaky_slope), shape_);
  } else if (activation.function != Activation::Linear) {
    add_piece(Kind::Elementwise, "activation", shape_);
    result.pieces.back().activation = activation.function;
  } else {
    add_piece(Kind::View, "", shape_);
  }
}

/// What flows, a vector in Keras' order, has to be in that of a map: the dense layer that made it
/// gives its values so, or the item is a map from the start.
void Translator::order_backwards(const KerasSettings& settings, const Shape& map) {
  const at::Tensor order = order_of(map);
  for (auto piece = result.pieces.rbegin(); piece != result.pieces.rend(); ++piece) {
    const bool passes = piece->kind != Kind::Other && piece->kind != Kind::Repeat;
    if (!passes || piece->shape.size() != 1) break;
    for (auto& [name, values] : piece->tensors) {
      if (values.dim() > 0) values = reordered(values, 0, order);
    }
    piece->order = order;
    if (piece->kind == Kind::Dense) {
      return;
    }
    if (piece + 1 == result.pieces.rend()) {
      result.input = map;
      piece->words = "flatten";
      return;
    }
  }
  settings.fail("a Dense layer before it, of which it makes a map", "another layer");
}

void Translator::expect_rank(const KerasSettings& settings, size_t rank) const {
  static const char* const kWhat[] = {"", "a vector", "a sequence of steps x features",
                                      "a map of height x width x channels"};
  if (shape_.size() != rank) settings.fail(kWhat[rank], shape_text(shape_));
}

void Translator::add_input(const KerasSettings& settings) {
  const auto& sizes = settings.fields().value("batch_shape");
  Shape shape;
  for (size_t i = 1; i < sizes.size() && sizes.is_array(); ++i) {
    const bool fixed = sizes[i].is_number_integer() && sizes[i] > 0 && sizes[i] <= kMostValues;
    shape.push_back(fixed ? sizes[i].get<int64_t>() : 0);
  }
  const bool known = std::all_of(shape.begin(), shape.end(), [](int64_t n) { return n > 0; });
  if (shape.empty() || shape.size() > 3 || !known) {
    settings.fields().fail("batch_shape", "the batch and one to three fixed sizes");
  }
  if (result.input.empty()) {
    result.input = shape_ = shape;
  } else if (shape != shape_) {
    settings.fail("an input of " + shape_text(shape_), shape_text(shape));
  }
  add_piece(Kind::View, "", shape);
}

void Translator::add_dense_of(const KerasSettings& settings, const std::string& group) {
  if (shape_.size() > 2) settings.fail("a vector or a sequence", shape_text(shape_));
  const int64_t inputs = shape_.back(), units = settings.size("units");
  const KerasActivation activation = settings.activation("activation");
  const at::Tensor kernel = weight(group, 0, {inputs, units}).t();
  TensorMap tensors = {{"weight", reordered(kernel, 1, order_)},
                       {"bias", bias(settings, group, 1, units)}};
  Shape shape = shape_;
  shape.back() = units;
  order_ = at::Tensor();
  add_piece(Kind::Dense, fmt::format("dense:{}", units), shape, std::move(tensors));
  if (activation.leaky_slope) return add_activation(activation);
  result.pieces.back().activation = activation.function;
}

void Translator::add_time_distributed(const KerasSettings& settings) {
  expect_rank(settings, 2);
  const JsonFields inner = settings.fields().object("layer");
  const auto type = inner.get<std::string>("class_name");
  if (type != "Dense") settings.fail("a Dense layer in it", type);
  const KerasLayer dense{.type = type,
                         .name = layer_->name,
                         .config = inner.object("config").as_json(),
                         .weights = {},
                         .model = {},
                         .description = layer_->description};
  add_dense_of(KerasSettings(dense, file_), layer_->weights + "/layer");
}

void Translator::add_convolution(const KerasSettings& settings, const std::string& kind) {
  expect_rank(settings, 3);
  settings.expect("data_format", "channels_last");
  settings.expect("dilation_rate", {1, 1});
  settings.expect("groups", 1);
  settings.expect("output_padding", nullptr);
  const bool transposed = kind == "deconv", same = settings.pads();
  const bool has_bias = settings.flag("use_bias", true);
  const int64_t channels = shape_[2], filters = settings.size("filters");
  const int64_t kernel = settings.side("kernel_size"), stride = settings.side("strides", 1);
  const KerasActivation activation = settings.activation("activation");
  if (transposed && kernel < stride) settings.fail("a kernel of at least the strides", "a smaller");
  const Shape stored = transposed ? Shape{kernel, kernel, filters, channels}
                                  : Shape{kernel, kernel, channels, filters};
  // [K, K, …] -> [O, I, K, K], or [I, O, K, K] of a transposed one.
  TensorMap tensors = {{"weight", weight(layer_->weights, 0, stored).permute({3, 2, 0, 1})}};
  if (has_bias) tensors["bias"] = weight(layer_->weights, 1, {filters});
  const auto result_of = [&](int64_t size) {
    if (transposed) return same ? size * stride : (size - 1) * stride + kernel;
    return same ? (size + stride - 1) / stride : (size - kernel) / stride + (size < kernel ? 0 : 1);
  };
  add_piece(Kind::Other,
            fmt::format("{}:{},{}{}{}{}", kind, filters, kernel,
                        stride == 1 ? "" : fmt::format(",stride={}", stride), same ? "" : ",valid",
                        has_bias ? "" : ",no-bias"),
            {result_of(shape_[0]), result_of(shape_[1]), filters}, std::move(tensors));
  if (activation.leaky_slope) return add_activation(activation);
  result.pieces.back().activation = activation.function;
}

void Translator::add_norm(const KerasSettings& settings) {
  if (shape_.size() == 2) settings.fail("a vector or a map", shape_text(shape_));
  const auto rank = static_cast<int64_t>(shape_.size());
  const auto axis = settings.fields().get<int64_t>("axis", -1);
  if (axis != -1 && axis != rank) settings.fail("the last axis", fmt::format("axis {}", axis));
  const auto epsilon = settings.fields().get<double>("epsilon");
  if (!(epsilon > 0)) settings.fields().fail("epsilon", "a number above 0");
  const int64_t channels = shape_.back();
  int number = 0;
  const auto next = [&](bool stored, double otherwise) {
    return stored ? weight(layer_->weights, number++, {channels}) : at::full({channels}, otherwise);
  };
  TensorMap tensors;
  tensors["weight"] = next(settings.flag("scale", true), 1);
  tensors["bias"] = next(settings.flag("center", true), 0);
  tensors["running_mean"] = next(true, 0);
  tensors["running_var"] = next(true, 1);
  for (auto& [name, values] : tensors) values = reordered(values, 0, order_);
  // So many that the next step of training moves them as little as it would in Keras.
  tensors["num_batches_tracked"] = at::full({}, 1000, at::kLong);
  const bool usual = epsilon == models::BatchNormLayer::kEpsilon;
  add_piece(Kind::Norm, usual ? "batch-norm" : fmt::format("batch-norm:{}", epsilon), shape_,
            std::move(tensors));
}

void Translator::add_pool(const KerasSettings& settings) {
  expect_rank(settings, 3);
  settings.expect("data_format", "channels_last");
  const bool same = settings.pads();
  const int64_t size = settings.side("pool_size", 2), stride = settings.side("strides", size);
  const auto result_of = [&](int64_t pixels) {
    if (!same && pixels < size) return int64_t{0};
    return same ? (pixels + stride - 1) / stride : (pixels - size) / stride + 1;
  };
  add_piece(
      Kind::Other,
      fmt::format("max-pool:{}{}{}", size, stride == size ? "" : fmt::format(",stride={}", stride),
                  same ? "" : ",valid"),
      {result_of(shape_[0]), result_of(shape_[1]), shape_[2]});
}

void Translator::add_upsample(const KerasSettings& settings) {
  expect_rank(settings, 3);
  settings.expect("data_format", "channels_last");
  settings.expect("interpolation", "nearest");
  const int64_t factor = settings.side("size", 2);
  add_piece(Kind::View, fmt::format("upsample:{}", factor),
            {shape_[0] * factor, shape_[1] * factor, shape_[2]});
}

void Translator::add_crop(const KerasSettings& settings) {
  expect_rank(settings, 3);
  settings.expect("data_format", "channels_last");
  const auto& cropping = settings.fields().value("cropping");
  std::vector<int64_t> off;  // top, bottom, left, right
  for (const auto& pair : cropping.is_array() ? cropping : nlohmann::json::array()) {
    for (const auto& pixels : pair) {
      const bool known = pixels.is_number_integer() && pixels >= 0 && pixels <= kMostValues;
      off.push_back(known ? pixels.get<int64_t>() : kMostValues);
    }
  }
  if (off.size() != 4) settings.fields().fail("cropping", "pixels of two sides for two axes");
  add_piece(Kind::View, fmt::format("crop:{},{},{},{}", off[0], off[1], off[2], off[3]),
            {shape_[0] - off[0] - off[1], shape_[1] - off[2] - off[3], shape_[2]});
}

void Translator::add_flatten(const KerasSettings& settings) {
  settings.expect("data_format", "channels_last");
  if (shape_.size() == 1) return add_piece(Kind::View, "", shape_);
  if (shape_.size() == 3) order_ = order_of(shape_);
  add_piece(Kind::View, "flatten", {element_count(shape_)});
}

void Translator::add_reshape(const KerasSettings& settings) {
  auto shape = settings.fields().get<std::vector<int64_t>>("target_shape");
  const int64_t count = element_count(shape_);
  const auto open = std::find(shape.begin(), shape.end(), -1);
  if (open != shape.end()) {
    *open = 1;
    const int64_t others = checked_element_count(shape).value_or(0);
    if (others > 0) *open = count / others;
  }
  const bool fits = checked_element_count(shape) == count && !shape.empty() && shape.size() <= 3;
  if (!fits)
    settings.fields().fail("target_shape", fmt::format("one to three sizes of {} values", count));
  const at::Tensor before = shape_.size() == 3 ? order_of(shape_) : order_;
  const at::Tensor after = shape.size() == 1 ? before : order_of(shape);
  if (!same_order(before, after)) {
    if (before.defined()) settings.fail("a shape of as many channels", shape_text(shape));
    order_backwards(settings, shape);
  }
  order_ = shape.size() == 1 ? after : at::Tensor();
  std::vector<std::string> sizes;
  for (const int64_t size : channels_first(shape)) sizes.push_back(std::to_string(size));
  add_piece(Kind::View, shape == shape_ ? "" : "reshape:" + join_text(sizes, ","), shape);
}

void Translator::add_lstm(const KerasSettings& settings) {
  expect_rank(settings, 2);
  settings.expect("activation", "tanh");
  settings.expect("recurrent_activation", "sigmoid");
  for (const char* never : {"return_state", "go_backwards"}) settings.expect(never, false);
  const std::string group = layer_->weights + "/cell";
  const int64_t features = shape_[1], units = settings.size("units");
  const bool sequence = settings.flag("return_sequences", false);
  // The gates are in the same order.
  TensorMap tensors = {{"input_kernel", weight(group, 0, {features, 4 * units}).t()},
                       {"recurrent_kernel", weight(group, 1, {units, 4 * units}).t()},
                       {"bias", bias(settings, group, 2, 4 * units)}};
  add_piece(Kind::Other, fmt::format("lstm:{}{}", units, sequence ? ",sequence" : ""),
            sequence ? Shape{shape_[0], units} : Shape{units}, std::move(tensors));
}

void Translator::add_repeat(const KerasSettings& settings) {
  expect_rank(settings, 1);
  if (order_.defined()) settings.fail("a Dense layer before it", "a map's values");
  const int64_t steps = settings.size("n");
  add_piece(Kind::Repeat, fmt::format("repeat:{}", steps), {steps, shape_[0]});
}

void Translator::add_relu(const KerasSettings& settings) {
  settings.expect("max_value", nullptr);
  const double slope = settings.fields().get<double>("negative_slope", 0.0);
  if (settings.fields().get<double>("threshold", 0.0) != 0) settings.fail("no threshold", "one");
  if (slope < 0) settings.fields().fail("negative_slope", "a number of at least 0");
  if (slope > 0) return add_activation({.leaky_slope = slope});
  add_activation({.function = Activation::Relu});
}

void Translator::add_leaky_relu(const KerasSettings& settings) {
  const auto slope = settings.fields().get<double>("negative_slope");
  if (!(slope > 0)) settings.fields().fail("negative_slope", "a number above 0");
  add_activation({.leaky_slope = slope});
}

}  // namespace

KerasPieces pieces_of(const KerasChain& chain, const KerasArchive& archive) {
  Translator translator(archive);
  for (const KerasLayer& layer : chain.layers) translator.add(layer);
  return std::move(translator.result);
}

}  // namespace hourglass::formats
