#include "hourglass/models/summary.h"

#include "hourglass/core/text.h"
#include "hourglass/models/evaluation_mode.h"
#include "hourglass/models/layer.h"
#include "hourglass/models/tensors.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

namespace hourglass::models {
namespace {

int64_t count_values(const std::vector<at::Tensor>& tensors) {
  int64_t count = 0;
  for (const auto& tensor : tensors) {
    if (!is_counter(tensor)) count += tensor.numel();
  }
  return count;
}

/// Pixels of an image, steps of a series.
int64_t places(const Shape& shape) {
  if (shape.size() == 3) return shape[1] * shape[2];
  return shape.size() == 2 ? shape[0] : 1;
}

int64_t multiply_adds(const LayerPlan& plan, const Shape& input, const Shape& output) {
  int64_t weights = 0;
  for (const auto& [name, tensor] : plan.tensors) {
    if (tensor.dim() > 1) weights += tensor.numel();
  }
  // A transposed convolution spreads each place that it is given; an LSTM may give its last state alone.
  const bool of_input = plan.kind == "lstm" || places(input) < places(output);
  return weights * places(of_input ? input : output);
}

}  // namespace

ModelSummary summarize(Autoencoder& model) {
  const at::NoGradGuard no_grad;
  const EvaluationMode evaluation(model);
  const auto parameters = model.parameters();
  const auto options = parameters.front().options();
  const at::Tensor condition =
      model.condition_width() > 0 ? at::zeros({1, model.condition_width()}, options) : at::Tensor();
  const auto outputs =
      model.layers(at::zeros(with_batch(1, model.input_shape()), options), condition);

  ModelSummary summary{
      .layers = {}, .trainable = count_values(parameters), .fixed = count_values(model.buffers())};
  const auto modules = model.named_modules("", /*include_self=*/false);
  Shape input = model.input_shape();
  for (const auto& output : outputs) {
    const auto& layer = *(*modules.find(output.name))->as<Layer>();
    const LayerPlan plan = layer.plan();
    const Shape shape = output.value.sizes().slice(1).vec();
    summary.layers.push_back({output.name, plan.title, shape,
                              count_values(layer.parameters()) + count_values(layer.buffers())});
    summary.multiply_adds += multiply_adds(plan, input, shape);
    input = shape;
  }
  return summary;
}

std::string to_text(const ModelSummary& summary) {
  size_t name_width = 5, title_width = 4, shape_width = 12;
  for (const auto& layer : summary.layers) {
    name_width = std::max(name_width, layer.name.size());
    title_width = std::max(title_width, layer.title.size());
    shape_width = std::max(shape_width, shape_text(layer.output_shape).size());
  }
  const auto line = [&](const std::string& name, const std::string& title, const std::string& shape,
                        const std::string& values) {
    return fmt::format("  {:<{}}  {:<{}}  {:<{}}  {:>10}\n", name, name_width, title, title_width,
                       shape, shape_width, values);
  };
  std::string text = line("layer", "type", "output shape", "parameters");
  for (const auto& layer : summary.layers) {
    text +=
        line(layer.name, layer.title, shape_text(layer.output_shape), with_thousands(layer.values));
  }
  text += line("total", "", "", with_thousands(summary.trainable + summary.fixed));
  if (summary.fixed > 0) {
    text +=
        fmt::format("  of these {} are trained and {} are not (running averages, fixed values)\n",
                    with_thousands(summary.trainable), with_thousands(summary.fixed));
  }
  return text;
}

}  // namespace hourglass::models
