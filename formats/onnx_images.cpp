#include "hourglass/core/error.h"
#include "hourglass/formats/onnx_operations.h"
#include "hourglass/formats/operation_forms.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace hourglass::formats::onnx {
namespace {

/// The sizes behind batch and channels.
std::vector<int64_t> image_sizes(const Emitter& to, const Operation& operation, ValueId id) {
  const auto& sizes = to.value(id).sizes;
  std::vector<int64_t> result;
  for (size_t i = 2; i < sizes.size(); ++i) {
    if (!sizes[i].is_fixed()) {
      refuse(operation, "images of the same size in every batch", "a size that grows with it");
    }
    result.push_back(sizes[i].fixed);
  }
  return result;
}

ValueId image_argument(const Operation& operation) {
  return operation.tensor(operation.has("input") ? "input" : "self");
}

/// What a pooling is told, each by dimension.
struct Pooling {
  std::vector<int64_t> kernel, stride, padding, dilation;
};

Pooling pooling_of(const Operation& operation) {
  Pooling pooling = {.kernel = operation.integers("kernel_size"),
                     .stride = operation.integers("stride"),
                     .padding = operation.integers("padding"),
                     .dilation = {}};
  if (pooling.stride.empty()) pooling.stride = pooling.kernel;
  pooling.dilation = operation.has("dilation") ? operation.integers("dilation")
                                               : std::vector<int64_t>(pooling.kernel.size(), 1);
  return pooling;
}

/// Padding before and after each dimension, so much after it that windows are exactly as many as
/// ATen has. In ONNX `ceil_mode` has had several meanings; this has one.
std::vector<int64_t> exact_pads(const Pooling& pooling, const std::vector<int64_t>& input,
                                const std::vector<int64_t>& output) {
  std::vector<int64_t> pads = pooling.padding;
  for (size_t i = 0; i < input.size(); ++i) {
    const int64_t reach = pooling.dilation[i] * (pooling.kernel[i] - 1) + 1;
    const int64_t end = (output[i] - 1) * pooling.stride[i] + reach;
    pads.push_back(std::max<int64_t>(0, end - input[i] - pooling.padding[i]));
  }
  return pads;
}

/// Whether ATen divides by padding's pixels too. Those it adds for `ceil_mode` never count, and
/// ONNX knows no difference.
bool counts_padding(const Operation& operation, const Pooling& pooling,
                    const std::vector<int64_t>& pads) {
  const size_t dimensions = pooling.padding.size();
  const bool padded = std::any_of(pooling.padding.begin(), pooling.padding.end(),
                                  [](int64_t padding) { return padding > 0; });
  if (!operation.flag("count_include_pad") || !padded) return false;
  for (size_t i = 0; i < dimensions; ++i) {
    if (pads[dimensions + i] > pooling.padding[i]) {
      refuse(operation, "averages of windows within the padding", "windows that leave it");
    }
  }
  return true;
}

/// Which input each output takes in one dimension, as LibTorch itself finds it.
at::Tensor nearest_indices(int64_t input, int64_t output, std::optional<double> scale) {
  const at::Tensor line = at::arange(input, at::kDouble).view({1, 1, input});
  return at::upsample_nearest1d(line, {output}, scale).flatten().to(at::kLong);
}

struct Enlargement {
  std::vector<at::Tensor> indices;  // by dimension
  std::vector<float> factors;       // 1, 1, then by dimension; empty: not all are whole
};

Enlargement enlargement_of(const Operation& operation, const std::vector<int64_t>& input,
                           const std::vector<int64_t>& output) {
  Enlargement result = {.indices = {}, .factors = {1, 1}};
  bool whole = true;
  for (size_t i = 0; i < input.size(); ++i) {
    result.indices.push_back(nearest_indices(input[i], output[i], told_scale(operation, i)));
    const int64_t factor = output[i] / input[i];
    const at::Tensor expected = at::arange(output[i]).div(std::max<int64_t>(1, factor), "floor");
    whole = whole && output[i] % input[i] == 0 && at::equal(result.indices.back(), expected);
    result.factors.push_back(static_cast<float>(factor));
  }
  if (!whole) result.factors.clear();
  return result;
}

}  // namespace

Names write_pool(Emitter& to, const Operation& operation) {
  const ValueId input = operation.tensor("self");
  const Pooling pooling = pooling_of(operation);
  const auto pads = exact_pads(pooling, image_sizes(to, operation, input),
                               image_sizes(to, operation, operation.results.front()));
  Attributes attributes = {
      {"kernel_shape", pooling.kernel}, {"strides", pooling.stride}, {"pads", pads}};
  if (operation.name.starts_with("aten::max_pool")) {
    attributes.push_back({"dilations", pooling.dilation});
    return {to.add("MaxPool", {to.operand(input)}, attributes)};
  }
  if (operation.has("divisor_override")) refuse(operation, "no divisor", "one");
  attributes.push_back({"count_include_pad", int64_t{counts_padding(operation, pooling, pads)}});
  return {to.add("AveragePool", {to.operand(input)}, attributes)};
}

Names write_adaptive_average(Emitter& to, const Operation& operation) {
  const ValueId input = operation.tensor("self");
  const auto from = image_sizes(to, operation, input);
  const auto into = image_sizes(to, operation, operation.results.front());
  std::vector<int64_t> window;
  for (size_t i = 0; i < from.size(); ++i) {
    if (from[i] % into[i] != 0) refuse(operation, "windows of one size", "several sizes");
    window.push_back(from[i] / into[i]);
  }
  return {
      to.add("AveragePool", {to.operand(input)}, {{"kernel_shape", window}, {"strides", window}})};
}

Names write_upsample_nearest(Emitter& to, const Operation& operation) {
  const ValueId input = image_argument(operation);
  const Enlargement enlargement =
      enlargement_of(operation, image_sizes(to, operation, input),
                     image_sizes(to, operation, operation.results.front()));
  if (!enlargement.factors.empty()) {
    return {to.add("Resize", {to.operand(input), "", to.constant(at::tensor(enlargement.factors))},
                   {{"mode", std::string("nearest")},
                    {"coordinate_transformation_mode", std::string("asymmetric")},
                    {"nearest_mode", std::string("floor")}})};
  }
  // Runtimes round other factors in ways of their own: every pixel is named.
  std::string x = to.operand(input);
  for (size_t i = 0; i < enlargement.indices.size(); ++i) {
    x = to.add("Gather", {x, to.constant(enlargement.indices[i])},
               {{"axis", static_cast<int64_t>(i) + 2}});
  }
  return {x};
}

Names write_upsample_linear(Emitter& to, const Operation& operation) {
  const ValueId input = image_argument(operation);
  const auto from = image_sizes(to, operation, input);
  const auto into = image_sizes(to, operation, operation.results.front());
  const bool corners = operation.flag("align_corners");
  for (size_t i = 0; i < from.size(); ++i) {
    const double scale = static_cast<double>(into[i]) / static_cast<double>(from[i]);
    const double asked = told_scale(operation, i).value_or(scale);
    if (!corners && std::abs(asked - scale) > 1e-6) {
      refuse(operation, "a scale that gives a whole number of pixels", fmt::format("{}", asked));
    }
  }
  return {to.add(
      "Resize", {to.operand(input), "", "", to.sizes(to.value(operation.results.front()).sizes)},
      {{"mode", std::string("linear")},
       {"coordinate_transformation_mode", std::string(corners ? "align_corners" : "half_pixel")}})};
}

Names write_pad(Emitter& to, const Operation& operation) {
  const std::string name = operation.plain_name();
  std::string mode = operation.text_or("mode", "constant");
  if (name.starts_with("reflection")) mode = "reflect";
  if (name.starts_with("replication")) mode = "replicate";
  if (mode == "circular") refuse(operation, "padding by a number or from the edge", mode);
  const ValueId input = operation.tensor("self");
  // Pairs from the last dimension on; ONNX wants what comes before all, then what comes after.
  const auto pairs = operation.integers(operation.has("pad") ? "pad" : "padding");
  const auto dimensions = static_cast<size_t>(to.dimensions(input));
  std::vector<int64_t> pads(2 * dimensions, 0);
  for (size_t i = 0; i < pairs.size() / 2; ++i) {
    pads[dimensions - 1 - i] = pairs[2 * i];
    pads[2 * dimensions - 1 - i] = pairs[2 * i + 1];
  }
  Names inputs = {to.operand(input), to.whole_numbers(pads)};
  const at::ScalarType type = to.value(input).type;
  if (mode == "constant" && operation.has("value")) {
    inputs.push_back(operand_or_number(to, operation, "value", type));
  }
  return {to.add("Pad", inputs, {{"mode", mode == "replicate" ? std::string("edge") : mode}})};
}

}  // namespace hourglass::formats::onnx
