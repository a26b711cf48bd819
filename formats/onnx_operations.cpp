#include "hourglass/formats/onnx_operations.h"

#include "hourglass/core/error.h"

#include <algorithm>
#include <map>

namespace hourglass::formats::onnx {
namespace {

const std::map<std::string, Translate>& translations() {
  static const std::map<std::string, Translate> all = {
      // Layers
      {"aten::linear", write_linear},
      {"aten::addmm", write_addmm},
      {"aten::matmul", write_matmul},
      {"aten::mm", write_matmul},
      {"aten::bmm", write_matmul},
      {"aten::conv1d", write_convolution},
      {"aten::conv2d", write_convolution},
      {"aten::conv3d", write_convolution},
      {"aten::conv_transpose1d", write_convolution},
      {"aten::conv_transpose2d", write_convolution},
      {"aten::conv_transpose3d", write_convolution},
      {"aten::batch_norm", write_batch_norm},
      {"aten::layer_norm", write_layer_norm},
      {"aten::embedding", write_embedding},
      {"aten::lstm", write_lstm},
      {"aten::gru", write_gru},
      {"aten::softmax", write_softmax},
      {"aten::log_softmax", write_softmax},
      {"aten::prelu", write_prelu},
      // Images
      {"aten::max_pool1d", write_pool},
      {"aten::max_pool2d", write_pool},
      {"aten::avg_pool1d", write_pool},
      {"aten::avg_pool2d", write_pool},
      {"aten::adaptive_avg_pool1d", write_adaptive_average},
      {"aten::adaptive_avg_pool2d", write_adaptive_average},
      {"aten::upsample_nearest1d", write_upsample_nearest},
      {"aten::upsample_nearest2d", write_upsample_nearest},
      {"aten::upsample_bilinear2d", write_upsample_linear},
      {"aten::pad", write_pad},
      {"aten::constant_pad_nd", write_pad},
      {"aten::reflection_pad1d", write_pad},
      {"aten::reflection_pad2d", write_pad},
      {"aten::replication_pad1d", write_pad},
      {"aten::replication_pad2d", write_pad},
      // One of ONNX's operations, element by element
      {"aten::abs", write_unary},
      {"aten::ceil", write_unary},
      {"aten::cos", write_unary},
      {"aten::erf", write_unary},
      {"aten::exp", write_unary},
      {"aten::floor", write_unary},
      {"aten::hardswish", write_unary},
      {"aten::isnan", write_unary},
      {"aten::log", write_unary},
      {"aten::neg", write_unary},
      {"aten::reciprocal", write_unary},
      {"aten::relu", write_unary},
      {"aten::round", write_unary},
      {"aten::selu", write_unary},
      {"aten::sigmoid", write_unary},
      {"aten::sign", write_unary},
      {"aten::sin", write_unary},
      {"aten::sqrt", write_unary},
      {"aten::tanh", write_unary},
      // Several
      {"aten::gelu", write_composed},
      {"aten::silu", write_composed},
      {"aten::mish", write_composed},
      {"aten::softplus", write_composed},
      {"aten::log_sigmoid", write_composed},
      {"aten::square", write_composed},
      {"aten::rsqrt", write_composed},
      {"aten::log1p", write_composed},
      {"aten::expm1", write_composed},
      // With numbers
      {"aten::elu", write_activation},
      {"aten::leaky_relu", write_activation},
      {"aten::hardsigmoid", write_activation},
      {"aten::relu6", write_clamp},
      {"aten::hardtanh", write_clamp},
      {"aten::clamp", write_clamp},
      {"aten::clip", write_clamp},
      {"aten::clamp_min", write_clamp},
      {"aten::clamp_max", write_clamp},
      {"aten::pow", write_power},
      {"aten::add", write_arithmetic},
      {"aten::sub", write_arithmetic},
      {"aten::rsub", write_arithmetic},
      {"aten::mul", write_arithmetic},
      {"aten::div", write_arithmetic},
      {"aten::maximum", write_arithmetic},
      {"aten::minimum", write_arithmetic},
      {"aten::gt", write_comparison},
      {"aten::ge", write_comparison},
      {"aten::lt", write_comparison},
      {"aten::le", write_comparison},
      {"aten::eq", write_comparison},
      {"aten::ne", write_comparison},
      {"aten::logical_not", write_logical},
      {"aten::logical_and", write_logical},
      {"aten::logical_or", write_logical},
      {"aten::logical_xor", write_logical},
      {"aten::where", write_where},
      {"aten::masked_fill", write_masked_fill},
      {"aten::to", write_to},
      {"aten::type_as", write_to},
      {"aten::zeros", write_filled},
      {"aten::zeros_like", write_filled},
      {"aten::new_zeros", write_filled},
      {"aten::ones", write_filled},
      {"aten::ones_like", write_filled},
      {"aten::new_ones", write_filled},
      {"aten::full", write_filled},
      {"aten::full_like", write_filled},
      {"aten::new_full", write_filled},
      // Where values are
      {"aten::view", write_reshape},
      {"aten::view_as", write_reshape},
      {"aten::reshape", write_reshape},
      {"aten::reshape_as", write_reshape},
      {"aten::flatten", write_reshape},
      {"aten::unflatten", write_reshape},
      {"aten::squeeze", write_reshape},
      {"aten::unsqueeze", write_reshape},
      {"aten::t", write_permutation},
      {"aten::numpy_T", write_permutation},
      {"aten::transpose", write_permutation},
      {"aten::swapaxes", write_permutation},
      {"aten::permute", write_permutation},
      {"aten::movedim", write_permutation},
      {"aten::expand", write_expand},
      {"aten::expand_as", write_expand},
      {"aten::repeat", write_repeat},
      {"aten::cat", write_cat},
      {"aten::concat", write_cat},
      {"aten::stack", write_stack},
      {"aten::select", write_select},
      {"aten::slice", write_slice},
      {"aten::narrow", write_slice},
      {"aten::chunk", write_split},
      {"aten::split", write_split},
      {"aten::split_with_sizes", write_split},
      {"aten::unbind", write_unbind},
      {"aten::index_select", write_index_select},
      {"aten::gather", write_gather},
      // Of many values one
      {"aten::sum", write_reduction},
      {"aten::mean", write_reduction},
      {"aten::prod", write_reduction},
      {"aten::amax", write_reduction},
      {"aten::amin", write_reduction},
      {"aten::logsumexp", write_reduction},
      {"aten::norm", write_norm},
      {"aten::linalg_vector_norm", write_norm},
      {"aten::max", write_extreme},
      {"aten::min", write_extreme},
      {"aten::argmax", write_arg},
      {"aten::argmin", write_arg},
      {"aten::topk", write_topk},
  };
  return all;
}

}  // namespace

Translate find_translation(const Operation& operation) {
  const auto found = translations().find(operation.name);
  if (found != translations().end()) return found->second;
  throw Error(
      "{}: expected an operation that can be written as ONNX, found one that cannot; a "
      "TorchScript file has them all",
      operation.where());
}

void refuse(const Operation& operation, const std::string& expected, const std::string& found) {
  throw Error("{}: expected {} to write it as ONNX, found {}", operation.where(), expected, found);
}

at::ScalarType result_type(const Emitter& to, const Operation& operation) {
  return to.value(operation.results.front()).type;
}

bool is_tensor(const Operation& operation, const std::string& argument) {
  return std::any_of(operation.arguments.begin(), operation.arguments.end(),
                     [&](const Argument& one) {
                       return one.name == argument && std::holds_alternative<ValueId>(one.content);
                     });
}

std::string operand_or_number(Emitter& to, const Operation& operation, const std::string& argument,
                              at::ScalarType type) {
  if (is_tensor(operation, argument)) return to.operand(operation.tensor(argument), type);
  return to.scalar(operation.number(argument), type);
}

}  // namespace hourglass::formats::onnx
