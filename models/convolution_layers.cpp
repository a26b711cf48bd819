#include "hourglass/models/convolution_layers.h"

#include "hourglass/models/initializers.h"
#include "hourglass/models/whole_batch.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace hourglass::models {
namespace {

/// [first, second, K, K], where `inputs` and `outputs` name the channels on either side.
at::Tensor new_kernel(int64_t first, int64_t second, const ConvOptions& options) {
  at::Tensor kernel = at::empty({first, second, options.kernel, options.kernel});
  const int64_t area = options.kernel * options.kernel;
  initialize(Initializer::GlorotUniform, kernel, options.inputs * area, options.outputs * area);
  return kernel;
}

std::string conv_title(const char* name, const ConvOptions& options) {
  std::string text = fmt::format("{} {} x {}", name, options.kernel, options.kernel);
  if (options.stride != 1) text += fmt::format(" / {}", options.stride);
  if (options.padding == Padding::Valid) text += " valid";
  if (options.activation != Activation::Linear) {
    text += fmt::format(", {}", enum_name(options.activation));
  }
  return text;
}

/// `tensors` that are undefined are left out.
LayerPlan conv_plan(const char* kind, const char* name, const ConvOptions& options,
                    std::map<std::string, at::Tensor> tensors) {
  std::erase_if(tensors, [](const auto& entry) { return !entry.second.defined(); });
  return {.kind = kind,
          .title = conv_title(name, options),
          .sizes = {{"inputs", options.inputs},
                    {"outputs", options.outputs},
                    {"kernel", options.kernel},
                    {"stride", options.stride},
                    {"same_padding", options.padding == Padding::Same ? 1 : 0}},
          .activation = options.activation,
          .tensors = std::move(tensors)};
}

/// Pixels that Same padding adds to a side of `size` pixels, both ends together.
int64_t same_padding(int64_t size, int64_t kernel, int64_t stride) {
  const int64_t output = (size + stride - 1) / stride;
  return std::max<int64_t>(0, (output - 1) * stride + kernel - size);
}

/// Padded with `value` as Same asks for.
at::Tensor padded(const at::Tensor& x, int64_t kernel, int64_t stride, double value) {
  const int64_t rows = same_padding(x.size(2), kernel, stride);
  const int64_t columns = same_padding(x.size(3), kernel, stride);
  return at::constant_pad_nd(x, {columns / 2, columns - columns / 2, rows / 2, rows - rows / 2},
                             value);
}

}  // namespace

ConvLayer::ConvLayer(ConvOptions options) : options_(options) {
  weight_ = register_parameter("weight", new_kernel(options.outputs, options.inputs, options));
  if (options.bias) bias_ = register_parameter("bias", at::zeros({options.outputs}));
}

LayerPlan ConvLayer::plan() const {
  return conv_plan("conv", "Conv", options_, {{"weight", weight_}, {"bias", bias_}});
}

at::Tensor ConvLayer::run(const at::Tensor& x) {
  const bool same = options_.padding == Padding::Same;
  const bool alike_on_all_sides = options_.stride == 1 && options_.kernel % 2 == 1;
  const int64_t padding = same && alike_on_all_sides ? options_.kernel / 2 : 0;
  const at::Tensor input =
      same && !alike_on_all_sides ? padded(x, options_.kernel, options_.stride, 0) : x;
  return activate(options_.activation, at::conv2d(input, weight_, bias_, options_.stride, padding));
}

ConvTransposeLayer::ConvTransposeLayer(ConvOptions options) : options_(options) {
  weight_ = register_parameter("weight", new_kernel(options.inputs, options.outputs, options));
  if (options.bias) bias_ = register_parameter("bias", at::zeros({options.outputs}));
}

LayerPlan ConvTransposeLayer::plan() const {
  return conv_plan("deconv", "Deconv", options_, {{"weight", weight_}, {"bias", bias_}});
}

at::Tensor ConvTransposeLayer::run(const at::Tensor& x) {
  at::Tensor y = at::conv_transpose2d(x, weight_, bias_, options_.stride);
  if (options_.padding == Padding::Same) {
    const int64_t before = std::max<int64_t>(0, options_.kernel - options_.stride) / 2;
    y = y.narrow(2, before, x.size(2) * options_.stride)
            .narrow(3, before, x.size(3) * options_.stride);
  }
  return activate(options_.activation, y);
}

BatchNormLayer::BatchNormLayer(int64_t channels, double epsilon) : epsilon_(epsilon) {
  weight_ = register_parameter("weight", at::ones({channels}));
  bias_ = register_parameter("bias", at::zeros({channels}));
  running_mean_ = register_buffer("running_mean", at::zeros({channels}));
  running_var_ = register_buffer("running_var", at::ones({channels}));
  steps_ = register_buffer("num_batches_tracked", at::zeros({}, at::kLong));
}

LayerPlan BatchNormLayer::plan() const {
  // Who reads plans knows one ε.
  const bool usual = epsilon_ == kEpsilon;
  return {.kind = usual ? "norm" : "batch_norm",
          .title = usual ? "Batch norm" : fmt::format("Batch norm, epsilon {}", epsilon_),
          .sizes = {{"channels", weight_.size(0)}},
          .tensors = {{"weight", weight_},
                      {"bias", bias_},
                      {"running_mean", running_mean_},
                      {"running_var", running_var_},
                      {"num_batches_tracked", steps_}}};
}

at::Tensor BatchNormLayer::run(const at::Tensor& x) {
  // `kept` is how much of a batch's moments LibTorch puts into the tensors it is given.
  const auto normalise = [&](const at::Tensor& mean, const at::Tensor& variance, double kept) {
    return at::batch_norm(x, weight_, bias_, mean, variance, is_training(), kept, epsilon_,
                          /*cudnn_enabled=*/true);
  };
  if (!is_training()) return normalise(running_mean_, running_var_, 0);
  if (!processes->alone()) return normalised_with_others(x);
  // The unbiased variance of a single value is 0/0, and a running variance would stay NaN for ever.
  if (x.numel() == x.size(1)) return normalise({}, {}, 0);
  const at::Tensor mean = at::zeros_like(running_mean_), variance = at::zeros_like(running_var_);
  at::Tensor y = normalise(mean, variance, 1);
  average(mean, variance);
  return y;
}

at::Tensor BatchNormLayer::normalised_with_others(const at::Tensor& x) {
  // Of the channels of x, [1, C, 1, …].
  const auto by_channel = [&](const at::Tensor& values) {
    std::vector<int64_t> sizes(static_cast<size_t>(x.dim()), 1);
    sizes[1] = -1;
    return values.view(sizes);
  };
  const auto sum = [&](const at::Tensor& values) {
    return sum_of_all(values.transpose(0, 1).flatten(1).sum(1), *processes);
  };
  const double own = static_cast<double>(x.numel()) / static_cast<double>(x.size(1));
  const auto count = sum_of_all(at::full({}, own, at::kDouble), *processes).item<double>();
  const at::Tensor mean = sum(x) / count;
  const at::Tensor centred = x - by_channel(mean);
  const at::Tensor variance = sum(centred.square()) / count;
  if (count > 1) average(mean.detach(), variance.detach() * (count / (count - 1)));
  const at::Tensor scale = weight_ * (variance + epsilon_).rsqrt();
  return centred * by_channel(scale) + by_channel(bias_);
}

void BatchNormLayer::average(const at::Tensor& mean, const at::Tensor& variance) {
  const at::NoGradGuard no_grad;
  steps_.add_(1);
  // Computed where the counter is: reading it would make a GPU's queue wait.
  const at::Tensor share = (steps_ + 1).reciprocal().mul_(2).clamp_min_(0.01);
  running_mean_.lerp_(mean, share);
  running_var_.lerp_(variance, share);
}

LayerPlan MaxPoolLayer::plan() const {
  if (is_usual()) return {.kind = "pool", .title = "Max pool 2 x 2"};
  const bool same = options_.padding == Padding::Same;
  std::string title = fmt::format("Max pool {0} x {0}", options_.size);
  if (options_.stride != options_.size) title += fmt::format(" / {}", options_.stride);
  if (!same) title += " valid";
  return {
      .kind = "max_pool",
      .title = title,
      .sizes = {
          {"size", options_.size}, {"stride", options_.stride}, {"same_padding", same ? 1 : 0}}};
}

at::Tensor MaxPoolLayer::run(const at::Tensor& x) {
  if (is_usual()) {
    return at::max_pool2d(x, 2, 2, /*padding=*/0, /*dilation=*/1, /*ceil_mode=*/true);
  }
  const bool same = options_.padding == Padding::Same;
  const double lowest = -std::numeric_limits<double>::infinity();
  return at::max_pool2d(same ? padded(x, options_.size, options_.stride, lowest) : x, options_.size,
                        options_.stride);
}

LayerPlan UpsampleLayer::plan() const {
  const std::string title = fmt::format("Upsample {0} x {0}", factor_);
  if (factor_ == 2) return {.kind = "upsample", .title = title};
  return {.kind = "enlarge", .title = title, .sizes = {{"factor", factor_}}};
}

at::Tensor UpsampleLayer::run(const at::Tensor& x) {
  const auto factor = static_cast<double>(factor_);
  return at::upsample_nearest2d(x, at::OptionalIntArrayRef(),
                                at::ArrayRef<double>({factor, factor}));
}

LayerPlan CropLayer::plan() const {
  LayerPlan plan{
      .kind = "crop", .title = "Crop", .sizes = {{"height", height_}, {"width", width_}}};
  if (top_ == 0 && left_ == 0) return plan;
  plan.kind = "cut";
  plan.sizes["top"] = top_;
  plan.sizes["left"] = left_;
  return plan;
}

at::Tensor CropLayer::run(const at::Tensor& x) {
  return x.narrow(2, top_, height_).narrow(3, left_, width_);
}

}  // namespace hourglass::models
