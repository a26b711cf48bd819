#include "hourglass/models/variational.h"

#include "hourglass/core/error.h"
#include "hourglass/models/convolution_layers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

namespace hourglass::models {
namespace {

Shape checked_mean_shape(const VariationalOptions& options, const ItemShapes& shapes) {
  check(options);
  const bool images = shapes.input.size() == 3 && shapes.target.size() == 3 &&
                      shapes.input[1] == shapes.target[1] && shapes.input[2] == shapes.target[2];
  if (options.network == VariationalNetwork::Convolutional && !images) {
    throw UsageError(
        "`network` convolutional: expected images of channels x height x width and targets as "
        "large, "
        "found {} and {}; use `network` dense, or `item_shape`",
        shape_text(shapes.input), shape_text(shapes.target));
  }
  return {options.widths.back()};
}

/// Hidden dense layers in the encoder's order, or mirrored. Returns the width of the last one.
int64_t add_hidden_layers(Stack& stack, int64_t inputs, std::vector<int64_t> widths,
                          Activation activation) {
  for (const int64_t width : widths) {
    stack.add(std::make_shared<DenseLayer>(inputs, width, activation));
    inputs = width;
  }
  return inputs;
}

/// The halved image between convolutions and dense layers.
Shape map_shape(const Shape& image, const VariationalOptions& options) {
  return {options.filters, (image[1] + 1) / 2, (image[2] + 1) / 2};
}

/// [B, C, H, W] -> [B, filters · ⌈H/2⌉ · ⌈W/2⌉].
void add_convolutions(Stack& stack, const Shape& input, const VariationalOptions& options) {
  const int64_t channels = input[0], filters = options.filters;
  const auto conv = [&](int64_t inputs, int64_t outputs, int64_t kernel, int64_t stride) {
    stack.add(std::make_shared<ConvLayer>(ConvOptions{.inputs = inputs,
                                                      .outputs = outputs,
                                                      .kernel = kernel,
                                                      .stride = stride,
                                                      .activation = options.activation}));
  };
  conv(channels, channels, 2, 1);
  conv(channels, filters, 2, 2);
  conv(filters, filters, 3, 1);
  conv(filters, filters, 3, 1);
  stack.add(std::make_shared<FlattenLayer>());
}

/// [B, filters · ⌈H/2⌉ · ⌈W/2⌉] -> the logits [B, C, H, W].
void add_transposed_convolutions(Stack& stack, const Shape& target,
                                 const VariationalOptions& options) {
  const int64_t filters = options.filters;
  const Shape map = map_shape(target, options);
  const auto deconv = [&](int64_t stride, Padding padding) {
    stack.add(std::make_shared<ConvTransposeLayer>(ConvOptions{.inputs = filters,
                                                               .outputs = filters,
                                                               .stride = stride,
                                                               .padding = padding,
                                                               .activation = options.activation}));
  };
  stack.add(std::make_shared<ReshapeLayer>(map));
  deconv(1, Padding::Same);
  deconv(1, Padding::Same);
  deconv(2, Padding::Valid);  // 14 -> 29
  stack.add(
      std::make_shared<ConvLayer>(ConvOptions{.inputs = filters,
                                              .outputs = target[0],
                                              .kernel = 2,
                                              .padding = Padding::Valid,
                                              .activation = Activation::Linear}));  // 29 -> 28
  if (2 * map[1] > target[1] || 2 * map[2] > target[2]) {
    stack.add(std::make_shared<CropLayer>(target[1], target[2]));
  }
}

}  // namespace

void VariationalOptions::describe(FieldTable& table) {
  table.add("network", network, "dense or convolutional");
  table
      .add("widths", widths,
           "hidden widths of the dense layers, then the code's (units); the decoder mirrors them")
      .at_least(1);
  table.add("filters", filters, "channels of the convolutional network").at_least(1);
  table.add("activation", activation, "of the hidden layers");
  table.add("beta", beta, "weight of the KL divergence").at_least(0);
  table.add("kl_warmup", kl_warmup, "over which the KL divergence gains its weight in training")
      .shown_as("EPOCHS")
      .at_least(0);
  likelihood.describe(table);
}

void check(const VariationalOptions& options) {
  check_widths(options.widths);
  if (options.filters < 1) {
    throw UsageError("`filters`: expected at least 1 channel, found {}", options.filters);
  }
  if (options.network == VariationalNetwork::Convolutional && options.widths.size() < 2) {
    throw UsageError(
        "`widths`: expected a hidden width and the code's with `network` convolutional, found {}",
        options.widths.size());
  }
  check(options.likelihood);
}

at::Tensor kl_from_standard_normal(const GaussianCode& code) {
  return -0.5 * (1 + code.log_variance - code.mean.square() - code.log_variance.exp()).sum(1);
}

VariationalAutoencoder::VariationalAutoencoder(Options options, ItemShapes shapes)
    : Autoencoder(shapes, checked_mean_shape(options, shapes), options.likelihood),
      options_(std::move(options)) {
  const bool convolutional = options_.network == VariationalNetwork::Convolutional;
  const int64_t code = options_.widths.back();
  const std::vector<int64_t> hidden(options_.widths.begin(), options_.widths.end() - 1);

  const auto encoder = register_module("encoder", std::make_shared<torch::nn::Module>());
  trunk_ = encoder->register_module("trunk", std::make_shared<Stack>());
  int64_t features = element_count(shapes.input);
  if (convolutional) {
    add_convolutions(*trunk_, shapes.input, options_);
    features = element_count(map_shape(shapes.input, options_));
  } else {
    trunk_->add(std::make_shared<FlattenLayer>());
  }
  features = add_hidden_layers(*trunk_, features, hidden, options_.activation);
  mean_ = encoder->register_module(
      "mean", std::make_shared<DenseLayer>(features, code, Activation::Linear));
  log_variance_ = encoder->register_module(
      "log_variance", std::make_shared<DenseLayer>(features, code, Activation::Linear));

  decoder_ = register_module("decoder", std::make_shared<Stack>());
  const int64_t last =
      add_hidden_layers(*decoder_, code, {hidden.rbegin(), hidden.rend()}, options_.activation);
  if (convolutional) {
    const int64_t map_size = element_count(map_shape(shapes.target, options_));
    decoder_->add(std::make_shared<DenseLayer>(last, map_size, options_.activation));
    add_transposed_convolutions(*decoder_, shapes.target, options_);
  } else {
    const int64_t outputs = element_count(shapes.target);
    decoder_->add(std::make_shared<DenseLayer>(last, outputs, Activation::Linear));
    decoder_->add(std::make_shared<ReshapeLayer>(shapes.target));
  }
}

GaussianCode VariationalAutoencoder::distribution(const at::Tensor& x) {
  const at::Tensor features = trunk_->forward(x);
  return {mean_->forward(features), log_variance_->forward(features)};
}

at::Tensor VariationalAutoencoder::encode(const at::Tensor& x) { return distribution(x).mean; }

at::Tensor VariationalAutoencoder::decode_logits(const at::Tensor& z) {
  return decoder_->forward(z);
}

Losses VariationalAutoencoder::loss(const Batch& batch, StepContext& context) {
  const GaussianCode code = distribution(batch.input);
  const at::Tensor noise = at::randn(code.mean.sizes(), context.generator, code.mean.options());
  const at::Tensor z = code.mean + (0.5 * code.log_variance).exp() * noise;
  const double warmup = context.training && options_.kl_warmup > 0
                            ? std::min(1.0, static_cast<double>(context.epoch) /
                                                static_cast<double>(options_.kl_warmup))
                            : 1.0;
  return {.terms = {{"reconstruction", reconstruction_loss(likelihood(), decode_logits(z),
                                                           batch.target, Reduction::SumOfValues)},
                    {"kl", kl_from_standard_normal(code).mean(), options_.beta * warmup}},
          .metrics = {}};
}

std::vector<TensorMethod> VariationalAutoencoder::extra_methods() {
  return {{"encode_distribution", "x", input_shape(), [this](const at::Tensor& x) {
             const GaussianCode code = distribution(x);
             return std::vector<at::Tensor>{code.mean, code.log_variance};
           }}};
}

std::string VariationalAutoencoder::script_methods() const {
  return fmt::format(
      "def sample(self, n: int) -> Tensor:\n"
      "    weight = self.encoder.mean.weight\n"
      "    return self.decode(torch.randn([n, {}], dtype=weight.dtype, device=weight.device))\n",
      code_shape().front());
}

}  // namespace hourglass::models
