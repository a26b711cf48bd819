#include "hourglass/core/error.h"
#include "hourglass/formats/c/layers.h"
#include "hourglass/formats/operation_forms.h"

#include <ATen/ATen.h>

#include <array>
#include <map>

namespace hourglass::formats::c {
namespace {

/// Numbers of both dimensions; a sequence is an image of one row.
using Pair = std::array<int64_t, 2>;

Pair pair_of(const Operation& operation, const std::string& name, int64_t for_row) {
  const auto numbers = operation.integers(name);
  if (numbers.size() == 1) return {for_row, numbers[0]};
  if (numbers.size() == 2) return {numbers[0], numbers[1]};
  throw Error("{}: expected one or two numbers as its '{}' for C, found {}", operation.where(),
              name, numbers.size());
}

struct Image {
  int64_t channels, height, width;
};

/// [1, C, W], [1, C, H, W] or the same without the batch.
Image image_of(Function& function, const Operation& operation, ValueId id) {
  const auto sizes = function.sizes(id);
  const bool is_sequence = operation.name.ends_with("1d");
  const size_t own = is_sequence ? 2 : 3;
  if (sizes.size() < own || sizes.size() > own + 1) {
    throw Error("{}: expected {} dimensions for C, found {}", operation.where(), own + 1,
                sizes.size());
  }
  return {sizes[sizes.size() - own], is_sequence ? 1 : sizes[sizes.size() - 2], sizes.back()};
}

std::string image_text(Function& function, const Image& image) {
  return fmt::format("({}){{{}, {}, {}}}", function.helper("image"), image.channels, image.height,
                     image.width);
}

std::string change_text(const Image& from, const Image& to) {
  return fmt::format("{} x {} x {} -> {} x {} x {}", from.channels, from.height, from.width,
                     to.channels, to.height, to.width);
}

struct Window {
  Pair size, step, padding, dilation;
};

std::string window_text(Function& function, const Window& window) {
  return fmt::format(
      "({}){{.size = {{{}, {}}}, .step = {{{}, {}}}, .padding = {{{}, {}}}, .dilation = {{{}, "
      "{}}}}}",
      function.helper("window"), window.size[0], window.size[1], window.step[0], window.step[1],
      window.padding[0], window.padding[1], window.dilation[0], window.dilation[1]);
}

void write_convolution(Function& function, const Step& step) {
  const Operation& operation = *step.operation;
  const ValueId input = operation.tensor("input"), weight = operation.tensor("weight"),
                result = step.writes.front();
  const bool transposed = operation.name.find("transpose") != std::string::npos;
  const auto weight_sizes = function.sizes(weight);
  const Image from = image_of(function, operation, input),
              to = image_of(function, operation, result);
  const Window window = {
      {operation.name.ends_with("1d") ? 1 : weight_sizes[2], weight_sizes.back()},
      pair_of(operation, "stride", 1),
      pair_of(operation, "padding", 0),
      pair_of(operation, "dilation", 1)};
  const int64_t groups = operation.integer_or("groups", 1);
  const auto bias = operation.optional_tensor("bias");
  function.begin(title_of(operation, fmt::format("{} by {} x {}", change_text(from, to),
                                                 window.size[0], window.size[1])));
  const std::string weights = function.pointer(weight);
  function.line(fmt::format("{}({}, {}, {}, {},",
                            function.helper(transposed ? "transposed_convolution" : "convolution"),
                            function.pointer(input), image_text(function, from), weights,
                            bias ? function.pointer(*bias) : "0"));
  function.line(fmt::format("    {}, {},", window_text(function, window), groups));
  function.line(fmt::format("    {}, {});", function.pointer(result), image_text(function, to)));
  const Image& moved_over = transposed ? from : to;
  const int64_t filters = (transposed ? to.channels : from.channels) / groups;
  function.count_multiply_adds(moved_over.channels * moved_over.height * moved_over.width *
                               filters * window.size[0] * window.size[1]);
}

void write_pool(Function& function, const Step& step) {
  const Operation& operation = *step.operation;
  const ValueId input = operation.tensor("self"), result = step.writes.front();
  const bool is_max = operation.name.find("max") != std::string::npos;
  const Image from = image_of(function, operation, input),
              to = image_of(function, operation, result);
  Window window = {
      pair_of(operation, "kernel_size", 1), {}, pair_of(operation, "padding", 0), {1, 1}};
  const bool has_step = operation.has("stride") && !operation.integers("stride").empty();
  window.step = has_step ? pair_of(operation, "stride", 1) : window.size;
  if (is_max) window.dilation = pair_of(operation, "dilation", 1);
  const bool is_padded = window.padding[0] > 0 || window.padding[1] > 0;
  if (!is_max &&
      (operation.has("divisor_override") || (is_padded && operation.flag("count_include_pad")))) {
    throw Error("{}: expected means over what is within the image for C, found others",
                operation.where());
  }
  function.begin(fmt::format("{} pooling {} x {}: {}", is_max ? "max" : "average", window.size[0],
                             window.size[1], change_text(from, to)));
  function.line(fmt::format("{}({}, {},", function.helper(is_max ? "max_pool" : "average_pool"),
                            function.pointer(input), image_text(function, from)));
  function.line(fmt::format("    {},", window_text(function, window)));
  function.line(fmt::format("    {}, {});", function.pointer(result), image_text(function, to)));
}

/// Throws where a dimension is told another scale than its sizes': ATen takes other pixels then than
/// the helper, which knows sizes alone.
void check_scale(const Operation& operation, size_t dimension, int64_t from, int64_t to) {
  const double scale = static_cast<double>(to) / static_cast<double>(from);
  const double told = told_scale(operation, dimension).value_or(scale);
  if (told == scale) return;
  throw Error("{}: expected a scale of {}, as {} -> {} pixels have it, for C, found {}",
              operation.where(), scale, from, to, told);
}

void check_scales(const Operation& operation, const Image& from, const Image& to) {
  const bool is_sequence = operation.name.ends_with("1d");
  if (!is_sequence) check_scale(operation, 0, from.height, to.height);
  check_scale(operation, is_sequence ? 0 : 1, from.width, to.width);
}

void write_upsample(Function& function, const Step& step) {
  const Operation& operation = *step.operation;
  const ValueId input = operation.tensor(operation.has("input") ? "input" : "self"),
                result = step.writes.front();
  const Image from = image_of(function, operation, input),
              to = image_of(function, operation, result);
  if (to.height % from.height != 0 || to.width % from.width != 0) {
    throw Error("{}: expected a size that is a multiple of {} x {} for C, found {} x {}",
                operation.where(), from.height, from.width, to.height, to.width);
  }
  check_scales(operation, from, to);
  function.begin("upsampling: " + change_text(from, to));
  function.line(fmt::format("{}({}, {}, {}, {});", function.helper("upsample"),
                            function.pointer(input), image_text(function, from),
                            function.pointer(result), image_text(function, to)));
}

const std::map<std::string, Writer> kImageWriters = {{"aten::conv1d", write_convolution},
                                                     {"aten::conv2d", write_convolution},
                                                     {"aten::conv_transpose1d", write_convolution},
                                                     {"aten::conv_transpose2d", write_convolution},
                                                     {"aten::max_pool1d", write_pool},
                                                     {"aten::max_pool2d", write_pool},
                                                     {"aten::avg_pool1d", write_pool},
                                                     {"aten::avg_pool2d", write_pool},
                                                     {"aten::upsample_nearest1d", write_upsample},
                                                     {"aten::upsample_nearest2d", write_upsample}};

}  // namespace

Writer image_layer_writer(const std::string& operation) {
  const auto found = kImageWriters.find(operation);
  return found == kImageWriters.end() ? nullptr : found->second;
}

}  // namespace hourglass::formats::c
