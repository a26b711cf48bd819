#include "hourglass/models/time_layers.h"

#include "hourglass/models/initializers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace hourglass::models {

at::Tensor ToTimeMapLayer::run(const at::Tensor& x) {
  return x.transpose(1, 2).unsqueeze(2).contiguous();  // [B, F, 1, T]
}

at::Tensor FromTimeMapLayer::run(const at::Tensor& x) {
  return x.squeeze(2).transpose(1, 2).contiguous();  // [B, T, F]
}

TimeConvLayer::TimeConvLayer(const ConvOptions& options) : options_(options) {
  at::Tensor kernel = at::empty({options.outputs, options.inputs, 1, options.kernel});
  initialize(Initializer::GlorotUniform, kernel, options.inputs * options.kernel,
             options.outputs * options.kernel);
  weight_ = register_parameter("weight", kernel);
  if (options.bias) bias_ = register_parameter("bias", at::zeros({options.outputs}));
}

LayerPlan TimeConvLayer::plan() const {
  const bool same = options_.padding == Padding::Same;
  std::string title = fmt::format("Conv {}{}", options_.kernel, same ? "" : " valid");
  if (options_.activation != Activation::Linear) {
    title += fmt::format(", {}", enum_name(options_.activation));
  }
  LayerPlan plan{.kind = "time_conv",
                 .title = title,
                 .sizes = {{"inputs", options_.inputs},
                           {"outputs", options_.outputs},
                           {"kernel", options_.kernel},
                           {"same_padding", same ? 1 : 0}},
                 .activation = options_.activation,
                 .tensors = {{"weight", weight_}}};
  if (bias_.defined()) plan.tensors["bias"] = bias_;
  return plan;
}

at::Tensor TimeConvLayer::run(const at::Tensor& x) {
  const int64_t padding = options_.padding == Padding::Same ? options_.kernel / 2 : 0;
  const int64_t unit[] = {1, 1}, border[] = {0, padding};
  return activate(options_.activation,
                  at::conv2d(x, weight_, bias_, at::IntArrayRef(unit), at::IntArrayRef(border)));
}

at::Tensor TimePoolLayer::run(const at::Tensor& x) {
  return at::max_pool2d(x, {1, 2}, {1, 2}, /*padding=*/{0, 0}, /*dilation=*/{1, 1},
                        /*ceil_mode=*/true);
}

at::Tensor TimeUpsampleLayer::run(const at::Tensor& x) {
  return at::upsample_nearest2d(x, at::OptionalIntArrayRef(), at::ArrayRef<double>({1.0, 2.0}));
}

}  // namespace hourglass::models
