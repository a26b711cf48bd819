#include "hourglass/models/networks/layers_network.h"

#include "hourglass/core/error.h"
#include "hourglass/models/convolution_layers.h"
#include "hourglass/models/layers.h"
#include "hourglass/models/recurrent_layers.h"

#include <map>

namespace hourglass::models {
namespace {

constexpr int64_t kMostValues = int64_t{1} << 31;

/// A sequence as it is. Engines that keep the steps of a sequence in an order of their own change
/// that where items begin and end; this is for everywhere else, and says that they cannot.
class StepsLayer : public Layer {
 public:
  LayerPlan plan() const override { return {.kind = "steps", .title = "Sequence"}; }

 protected:
  at::Tensor run(const at::Tensor& x) override { return x; }
};

/// Puts layers into a stack, and knows the shape of what flows out.
class LayerChain {
 public:
  /// `shape` is of what flows in.
  LayerChain(std::string field, Stack& stack, Shape shape)
      : field_(std::move(field)), stack_(stack), shape_(std::move(shape)) {}

  const Shape& shape() const { return shape_; }

  /// A condition of so many values joins here.
  void join_condition(int64_t width);

  /// Appends a layer. Throws `UsageError` where it does not suit.
  void add(const LayerWords& words);

  /// A layer that could be appended, a dense or a convolutional one.
  std::shared_ptr<Layer> head(const LayerWords& words);

  /// Ends in what stands for an item. Throws `UsageError` for another number of values.
  void end_in(const Shape& target);

 private:
  /// How a sequence came to be: as an item, by reshaping, step by step, or by repeating a vector.
  enum class Sequence { Item, Reshaped, Steps, Repeated };

  std::string field_;
  Stack& stack_;
  Shape shape_;
  Sequence sequence_ = Sequence::Item;

  [[noreturn]] void fail(const LayerWords& words, const std::string& expected) const {
    throw UsageError("`{}`: '{}' expects {}, found {}", field_, words.text, expected,
                     shape_text(shape_));
  }
  void take(const LayerWords& words, Shape shape);
  void take_map(const LayerWords& words) const {
    if (shape_.size() != 3) fail(words, "a map of channels x height x width");
  }
  void take_steps(const LayerWords& words, bool repeated_too);
  void leave_steps();

  std::shared_ptr<Layer> dense(const LayerWords& words);
  std::shared_ptr<Layer> conv(const LayerWords& words);
  void add_dense(const LayerWords& words) { stack_.add(dense(words)); }
  void add_conv(const LayerWords& words) { stack_.add(conv(words)); }
  void add_norm(const LayerWords& words);
  void add_pool(const LayerWords& words);
  void add_upsample(const LayerWords& words);
  void add_crop(const LayerWords& words);
  void add_flatten(const LayerWords& words);
  void add_reshape(const LayerWords& words);
  void add_sequence(const LayerWords& words);
  void add_lstm(const LayerWords& words);
  void add_repeat(const LayerWords& words);
  void add_activation(const LayerWords& words);
};

void LayerChain::join_condition(int64_t width) {
  stack_.join_condition(width);
  // Behind a vector or the features of each step, or as channels.
  (shape_.size() == 3 ? shape_.front() : shape_.back()) += width;
}

void LayerChain::add(const LayerWords& words) {
  using Add = void (LayerChain::*)(const LayerWords&);
  static const std::map<std::string, Add> kinds = {
      {"dense", &LayerChain::add_dense},
      {"conv", &LayerChain::add_conv},
      {"deconv", &LayerChain::add_conv},
      {"batch-norm", &LayerChain::add_norm},
      {"max-pool", &LayerChain::add_pool},
      {"upsample", &LayerChain::add_upsample},
      {"crop", &LayerChain::add_crop},
      {"flatten", &LayerChain::add_flatten},
      {"reshape", &LayerChain::add_reshape},
      {"sequence", &LayerChain::add_sequence},
      {"lstm", &LayerChain::add_lstm},
      {"repeat", &LayerChain::add_repeat},
      {"activation", &LayerChain::add_activation},
      {"leaky-relu", &LayerChain::add_activation},
  };
  (this->*kinds.at(words.kind))(words);
}

std::shared_ptr<Layer> LayerChain::head(const LayerWords& words) {
  const bool suits = (words.kind == "dense" && shape_.size() == 1) || words.kind == "conv";
  if (!suits || words.activation != Activation::Linear) {
    throw UsageError(
        "`{}`: expected a linear dense or conv layer at the end, as this code has no bounds, found "
        "'{}'",
        field_, words.text);
  }
  // What flows is left as it is: there may be another head.
  const Shape before = shape_;
  auto layer = words.kind == "dense" ? dense(words) : conv(words);
  shape_ = before;
  return layer;
}

void LayerChain::end_in(const Shape& target) {
  if (element_count(shape_) != element_count(target)) {
    throw UsageError("`{}`: expected layers that end in {}, as the target and `loss` ask, found {}",
                     field_, shape_text(target), shape_text(shape_));
  }
  if (shape_.size() == 2 && sequence_ == Sequence::Steps && target.size() <= 3) {
    const SequenceShape steps = sequence_shape(target);
    if (Shape{steps.steps, steps.features} == shape_) {
      stack_.add(std::make_shared<FromSequenceLayer>(target));
      return;
    }
  }
  leave_steps();
  if (shape_ != target) stack_.add(std::make_shared<ReshapeLayer>(target));
}

/// What flows has that shape now.
void LayerChain::take(const LayerWords& words, Shape shape) {
  int64_t count = 1;
  for (const int64_t size : shape) {
    if (size < 1 || size > kMostValues / count) {
      throw UsageError("`{}`: '{}': expected 1 to {} values an item, found {}", field_, words.text,
                       with_thousands(kMostValues), shape_text(shape));
    }
    count *= size;
  }
  shape_ = std::move(shape);
}

/// A layer that reads a sequence step by step comes next.
void LayerChain::take_steps(const LayerWords& words, bool repeated_too) {
  if (shape_.size() != 2) fail(words, "a sequence of steps x features");
  const bool first = stack_.layers().empty();
  if (sequence_ == Sequence::Item && first) {
    stack_.add(std::make_shared<ToSequenceLayer>(shape_));
  } else if (sequence_ != Sequence::Steps && !(sequence_ == Sequence::Repeated && repeated_too)) {
    stack_.add(std::make_shared<StepsLayer>());
  }
  sequence_ = Sequence::Steps;
}

/// What comes next reads the values of an item one after the other.
void LayerChain::leave_steps() {
  const bool stepwise = sequence_ == Sequence::Steps || sequence_ == Sequence::Repeated;
  if (shape_.size() == 2 && stepwise) stack_.add(std::make_shared<StepsLayer>());
}

std::shared_ptr<Layer> LayerChain::dense(const LayerWords& words) {
  const int64_t inputs = shape_.back(), units = words.sizes[0];
  if (shape_.size() == 2) {
    take_steps(words, /*repeated_too=*/false);
    take(words, {shape_[0], units});
  } else {
    if (shape_.size() != 1) fail(words, "a vector or a sequence (put 'flatten' before it)");
    take(words, {units});
  }
  return std::make_shared<DenseLayer>(inputs, units, words.activation);
}

std::shared_ptr<Layer> LayerChain::conv(const LayerWords& words) {
  take_map(words);
  const bool transposed = words.kind == "deconv", same = words.padding == Padding::Same;
  const ConvOptions options{.inputs = shape_[0],
                            .outputs = words.sizes[0],
                            .kernel = words.sizes[1],
                            .stride = std::max<int64_t>(words.stride, 1),
                            .padding = words.padding,
                            .activation = words.activation,
                            .bias = words.bias};
  const int64_t kernel = options.kernel, stride = options.stride;
  if (transposed && kernel < stride) {
    throw UsageError("`{}`: '{}': expected a kernel of at least the stride {}, found {}", field_,
                     words.text, stride, kernel);
  }
  const bool too_small = !same && std::min(shape_[1], shape_[2]) < kernel;
  if (!transposed && too_small) fail(words, fmt::format("a map of at least {0} x {0}", kernel));
  const auto result = [&](int64_t size) {
    if (transposed) return same ? size * stride : (size - 1) * stride + kernel;
    return same ? (size + stride - 1) / stride : (size - kernel) / stride + 1;
  };
  take(words, {options.outputs, result(shape_[1]), result(shape_[2])});
  if (transposed) return std::make_shared<ConvTransposeLayer>(options);
  return std::make_shared<ConvLayer>(options);
}

void LayerChain::add_norm(const LayerWords& words) {
  if (shape_.size() == 2) fail(words, "a vector or a map");
  stack_.add(std::make_shared<BatchNormLayer>(shape_[0], words.number));
}

void LayerChain::add_pool(const LayerWords& words) {
  take_map(words);
  PoolOptions options;
  options.size = words.sizes.empty() ? 2 : words.sizes[0];
  options.stride = words.stride > 0 ? words.stride : options.size;
  options.padding = words.padding;
  const int64_t size = options.size, stride = options.stride;
  const bool divides = size == stride && shape_[1] % size == 0 && shape_[2] % size == 0;
  // Where nothing is left over both paddings are the same, and one of them is fast.
  if (divides) options.padding = Padding::Same;
  const bool same = options.padding == Padding::Same;
  if (!same && std::min(shape_[1], shape_[2]) < size) {
    fail(words, fmt::format("a map of at least {0} x {0}", size));
  }
  const auto result = [&](int64_t pixels) {
    return same ? (pixels + stride - 1) / stride : (pixels - size) / stride + 1;
  };
  take(words, {shape_[0], result(shape_[1]), result(shape_[2])});
  stack_.add(std::make_shared<MaxPoolLayer>(options));
}

void LayerChain::add_upsample(const LayerWords& words) {
  take_map(words);
  const int64_t factor = words.sizes.empty() ? 2 : words.sizes[0];
  take(words, {shape_[0], shape_[1] * factor, shape_[2] * factor});
  stack_.add(std::make_shared<UpsampleLayer>(factor));
}

void LayerChain::add_crop(const LayerWords& words) {
  take_map(words);
  std::vector<int64_t> off = words.sizes;  // top, bottom, left, right
  off.resize(4, off.front());
  const int64_t height = shape_[1] - off[0] - off[1], width = shape_[2] - off[2] - off[3];
  if (height < 1 || width < 1) fail(words, "a larger map");
  take(words, {shape_[0], height, width});
  stack_.add(std::make_shared<CropLayer>(height, width, off[0], off[2]));
}

void LayerChain::add_flatten(const LayerWords& words) {
  leave_steps();
  take(words, {element_count(shape_)});
  stack_.add(std::make_shared<FlattenLayer>());
}

void LayerChain::add_reshape(const LayerWords& words) {
  leave_steps();
  const int64_t before = element_count(shape_);
  const Shape from = shape_;
  take(words, words.sizes);
  if (element_count(shape_) != before) {
    shape_ = from;
    fail(words, "as many values");
  }
  sequence_ = Sequence::Reshaped;
  stack_.add(std::make_shared<ReshapeLayer>(shape_));
}

void LayerChain::add_sequence(const LayerWords& words) {
  if (!stack_.layers().empty() || shape_.size() > 3) fail(words, "the item itself");
  stack_.add(std::make_shared<ToSequenceLayer>(shape_));
  const SequenceShape steps = sequence_shape(shape_);
  take(words, {steps.steps, steps.features});
  sequence_ = Sequence::Steps;
}

void LayerChain::add_lstm(const LayerWords& words) {
  take_steps(words, /*repeated_too=*/true);
  const int64_t features = shape_[1], units = words.sizes[0];
  take(words, words.sequence ? Shape{shape_[0], units} : Shape{units});
  stack_.add(std::make_shared<LstmLayer>(
      features, units, words.sequence ? LstmLayer::Output::Sequence : LstmLayer::Output::Last,
      /*bidirectional=*/false));
}

void LayerChain::add_repeat(const LayerWords& words) {
  if (shape_.size() != 1) fail(words, "a vector");
  take(words, {words.sizes[0], shape_[0]});
  sequence_ = Sequence::Repeated;
  stack_.add(std::make_shared<RepeatLayer>(words.sizes[0]));
}

void LayerChain::add_activation(const LayerWords& words) {
  if (words.kind == "leaky-relu") {
    stack_.add(std::make_shared<LeakyReluLayer>(words.number));
  } else {
    stack_.add(std::make_shared<ActivationLayer>(words.activation));
  }
}

void check_weights(const std::string& field, const Stack& stack, size_t heads) {
  if (!stack.parameters().empty() || heads > 0) return;
  throw UsageError("`{}`: expected a layer with weights, found none", field);
}

}  // namespace

void LayersNetwork::check() const {
  parse_layer_list("encoder", encoder);
  parse_layer_list("decoder", decoder);
}

Activation LayersNetwork::last_activation() const {
  const LayerWords last = parse_layer_list("encoder", encoder).back();
  return last.kind == "lstm" ? Activation::Tanh : last.activation;
}

Network LayersNetwork::build(const NetworkRequest& request) const {
  Network network{.encoder = std::make_shared<Stack>(),
                  .heads = {},
                  .decoder = std::make_shared<Stack>(),
                  .code_shape = {}};
  LayerChain encoding("encoder", *network.encoder, request.shapes.input);
  std::vector<LayerWords> words = parse_layer_list("encoder", encoder);
  const LayerWords last = words.back();
  if (!request.heads.empty()) words.pop_back();
  for (size_t i = 0; i <= words.size(); ++i) {
    // A condition stands behind the values of a flattened item, not beside each of its pixels.
    const bool flattens = !words.empty() && words.front().kind == "flatten";
    if (i == (flattens ? 1 : 0)) encoding.join_condition(request.condition_width);
    if (i < words.size()) encoding.add(words[i]);
  }
  for (const auto& name : request.heads) network.heads.push_back({name, encoding.head(last)});
  check_weights("encoder", *network.encoder, network.heads.size());

  if (!network.heads.empty()) {
    Stack unused;
    LayerChain code("encoder", unused, encoding.shape());
    code.add(last);
    network.code_shape = code.shape();
  } else {
    network.code_shape = encoding.shape();
  }
  if (network.code_shape.size() == 2) {
    throw UsageError("`encoder`: expected a code that is a vector or a map, found a sequence of {}",
                     shape_text(network.code_shape));
  }

  LayerChain decoding("decoder", *network.decoder, network.code_shape);
  decoding.join_condition(request.condition_width);
  for (const auto& layer : parse_layer_list("decoder", decoder)) decoding.add(layer);
  decoding.end_in(request.shapes.target);
  check_weights("decoder", *network.decoder, 0);
  return network;
}

}  // namespace hourglass::models
