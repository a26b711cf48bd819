#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"
#include "hourglass/formats/onnx_operations.h"

#include <ATen/ATen.h>

#include <cmath>
#include <map>
#include <numbers>
#include <string>

namespace hourglass::formats::onnx {
namespace {

/// The first tensor an operation takes, which most call "self", as the type of its result.
std::string self(Emitter& to, const Operation& operation) {
  return to.operand(operation.tensor("self"), result_type(to, operation));
}

std::string gelu(Emitter& to, const Operation& operation, const std::string& x,
                 at::ScalarType type) {
  const auto number = [&](double value) { return to.scalar(value, type); };
  std::string inner;
  if (operation.text_or("approximate", "none") == "tanh") {
    // √(2/π) · (x + 0.044715 x³)
    const std::string cube = to.add("Mul", {to.add("Mul", {x, x}), x});
    const std::string sum = to.add("Add", {x, to.add("Mul", {cube, number(0.044715)})});
    const double scale = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
    inner = to.add("Tanh", {to.add("Mul", {sum, number(scale)})});
  } else {
    inner = to.add("Erf", {to.add("Mul", {x, number(1 / std::numbers::sqrt2)})});
  }
  const std::string half = to.add("Mul", {x, number(0.5)});
  return to.add("Mul", {half, to.add("Add", {inner, number(1)})});
}

std::string softplus(Emitter& to, const Operation& operation, const std::string& x,
                     at::ScalarType type) {
  const double beta = operation.number("beta"), threshold = operation.number("threshold");
  const std::string scaled = beta == 1 ? x : to.add("Mul", {x, to.scalar(beta, type)});
  const std::string soft = to.add("Softplus", {scaled});
  std::string y = beta == 1 ? soft : to.add("Div", {soft, to.scalar(beta, type)});
  // Above the threshold ATen gives x itself; from 18 on that is the same in float32.
  if (threshold >= 18) return y;
  return to.add("Where", {to.add("Greater", {scaled, to.scalar(threshold, type)}), x, y});
}

/// The type in which two values are compared or chosen among.
at::ScalarType common_type(const Emitter& to, const Operation& operation, const std::string& a,
                           const std::string& b) {
  const auto example = [&](const std::string& argument) {
    if (!is_tensor(operation, argument)) {
      // A whole number or a real one: which of them says how the tensor is promoted.
      const bool whole = operation.number(argument) == std::trunc(operation.number(argument));
      return at::zeros({}, whole ? at::kLong : at::kDouble);
    }
    const Value& value = to.value(operation.tensor(argument));
    return at::zeros(value.sizes.empty() ? Shape{} : Shape{1}, value.type);
  };
  return at::result_type(example(a), example(b));
}

/// other · alpha
std::string scaled_other(Emitter& to, const Operation& operation, at::ScalarType type) {
  const std::string other = operand_or_number(to, operation, "other", type);
  const double alpha = operation.has("alpha") ? operation.number("alpha") : 1;
  return alpha == 1 ? other : to.add("Mul", {other, to.scalar(alpha, type)});
}

/// A quotient without its fraction, as `rounding_mode` says.
std::string rounded(Emitter& to, const Operation& operation, const std::string& quotient) {
  const std::string mode = operation.text_or("rounding_mode", "");
  if (mode.empty()) return quotient;
  if (!at::isFloatingType(result_type(to, operation))) {
    refuse(operation, "real numbers to divide and round", "whole ones");
  }
  if (mode == "floor") return to.add("Floor", {quotient});
  const std::string size = to.add("Floor", {to.add("Abs", {quotient})});
  return to.add("Mul", {to.add("Sign", {quotient}), size});
}

/// A bound of `clamp` and its like: none where it is not told.
std::string bound(Emitter& to, const Operation& operation, const char* argument,
                  at::ScalarType type) {
  return operation.has(argument) ? operand_or_number(to, operation, argument, type) : "";
}

}  // namespace

Names write_unary(Emitter& to, const Operation& operation) {
  static const std::map<std::string, std::string> types = {
      {"abs", "Abs"},     {"ceil", "Ceil"},   {"cos", "Cos"},     {"erf", "Erf"},
      {"exp", "Exp"},     {"floor", "Floor"}, {"isnan", "IsNaN"}, {"hardswish", "HardSwish"},
      {"log", "Log"},     {"neg", "Neg"},     {"relu", "Relu"},   {"reciprocal", "Reciprocal"},
      {"round", "Round"}, {"selu", "Selu"},   {"sign", "Sign"},   {"sigmoid", "Sigmoid"},
      {"sin", "Sin"},     {"sqrt", "Sqrt"},   {"tanh", "Tanh"}};
  // Of round alone. ONNX rounds to whole numbers.
  if (operation.has("decimals") && operation.integer("decimals") != 0) {
    refuse(operation, "0 decimals", std::to_string(operation.integer("decimals")));
  }
  const std::string& type = types.at(operation.plain_name());
  if (type == "IsNaN") return {to.add(type, {to.operand(operation.tensor("self"))})};
  return {to.add(type, {self(to, operation)})};
}

Names write_composed(Emitter& to, const Operation& operation) {
  const std::string name = operation.plain_name(), x = self(to, operation);
  const at::ScalarType type = result_type(to, operation);
  if (name == "gelu") return {gelu(to, operation, x, type)};
  if (name == "softplus") return {softplus(to, operation, x, type)};
  if (name == "silu") return {to.add("Mul", {x, to.add("Sigmoid", {x})})};
  if (name == "mish") return {to.add("Mul", {x, to.add("Tanh", {to.add("Softplus", {x})})})};
  if (name == "square") return {to.add("Mul", {x, x})};
  if (name == "rsqrt") return {to.add("Reciprocal", {to.add("Sqrt", {x})})};
  if (name == "log1p") return {to.add("Log", {to.add("Add", {x, to.scalar(1, type)})})};
  if (name == "expm1") return {to.add("Sub", {to.add("Exp", {x}), to.scalar(1, type)})};
  // log σ(x) = −softplus(−x)
  return {to.add("Neg", {to.add("Softplus", {to.add("Neg", {x})})})};
}

Names write_activation(Emitter& to, const Operation& operation) {
  const std::string x = self(to, operation);
  if (operation.name == "aten::leaky_relu") {
    return {to.add("LeakyRelu", {x},
                   {{"alpha", static_cast<float>(operation.number("negative_slope"))}})};
  }
  if (operation.name == "aten::hardsigmoid") {
    return {to.add("HardSigmoid", {x}, {{"alpha", 1.0F / 6.0F}, {"beta", 0.5F}})};
  }
  if (operation.number("scale") != 1 || operation.number("input_scale") != 1) {
    refuse(operation, "a scale of 1", "another");
  }
  return {to.add("Elu", {x}, {{"alpha", static_cast<float>(operation.number("alpha"))}})};
}

Names write_clamp(Emitter& to, const Operation& operation) {
  const at::ScalarType type = result_type(to, operation);
  const std::string x = self(to, operation);
  if (operation.name == "aten::relu6") {
    return {to.add("Clip", {x, to.scalar(0, type), to.scalar(6, type)})};
  }
  const bool hardtanh = operation.name == "aten::hardtanh";
  const std::string least = bound(to, operation, hardtanh ? "min_val" : "min", type);
  const std::string most = bound(to, operation, hardtanh ? "max_val" : "max", type);
  const bool of_tensors = is_tensor(operation, "min") || is_tensor(operation, "max");
  if (!of_tensors) return {to.add("Clip", {x, least, most})};
  const std::string raised = least.empty() ? x : to.add("Max", {x, least});
  return {most.empty() ? raised : to.add("Min", {raised, most})};
}

Names write_power(Emitter& to, const Operation& operation) {
  const at::ScalarType type = result_type(to, operation);
  const std::string base = operand_or_number(to, operation, "self", type);
  if (!is_tensor(operation, "exponent") && operation.number("exponent") == 2) {
    return {to.add("Mul", {base, base})};
  }
  return {to.add("Pow", {base, operand_or_number(to, operation, "exponent", type)})};
}

Names write_arithmetic(Emitter& to, const Operation& operation) {
  static const std::map<std::string, std::string> types = {
      {"add", "Add"}, {"sub", "Sub"},     {"rsub", "Sub"},   {"mul", "Mul"},
      {"div", "Div"}, {"maximum", "Max"}, {"minimum", "Min"}};
  const at::ScalarType type = result_type(to, operation);
  if (type == at::kBool) refuse(operation, "numbers", "truth values");
  const std::string name = operation.plain_name();
  if (name == "rsub") {
    const double alpha = operation.has("alpha") ? operation.number("alpha") : 1;
    const std::string x = self(to, operation);
    const std::string taken = alpha == 1 ? x : to.add("Mul", {x, to.scalar(alpha, type)});
    return {to.add("Sub", {operand_or_number(to, operation, "other", type), taken})};
  }
  const std::string x = operand_or_number(to, operation, "self", type);
  const std::string result = to.add(types.at(name), {x, scaled_other(to, operation, type)});
  return {name == "div" ? rounded(to, operation, result) : result};
}

Names write_comparison(Emitter& to, const Operation& operation) {
  static const std::map<std::string, std::string> types = {
      {"gt", "Greater"},     {"ge", "GreaterOrEqual"}, {"lt", "Less"},
      {"le", "LessOrEqual"}, {"eq", "Equal"},          {"ne", "Equal"}};
  const std::string name = operation.plain_name();
  const at::ScalarType type = common_type(to, operation, "self", "other");
  const std::string result =
      to.add(types.at(name), {operand_or_number(to, operation, "self", type),
                              operand_or_number(to, operation, "other", type)});
  return {name == "ne" ? to.add("Not", {result}) : result};
}

Names write_logical(Emitter& to, const Operation& operation) {
  static const std::map<std::string, std::string> types = {
      {"logical_not", "Not"}, {"logical_and", "And"}, {"logical_or", "Or"}, {"logical_xor", "Xor"}};
  Names inputs = {to.operand(operation.tensor("self"), at::kBool)};
  if (operation.has("other")) inputs.push_back(to.operand(operation.tensor("other"), at::kBool));
  return {to.add(types.at(operation.plain_name()), inputs)};
}

Names write_where(Emitter& to, const Operation& operation) {
  if (!operation.has("self")) refuse(operation, "what to choose among", "a condition alone");
  const at::ScalarType type = result_type(to, operation);
  return {to.add("Where", {to.operand(operation.tensor("condition"), at::kBool),
                           operand_or_number(to, operation, "self", type),
                           operand_or_number(to, operation, "other", type)})};
}

Names write_masked_fill(Emitter& to, const Operation& operation) {
  const at::ScalarType type = result_type(to, operation);
  return {to.add("Where", {to.operand(operation.tensor("mask"), at::kBool),
                           operand_or_number(to, operation, "value", type), self(to, operation)})};
}

Names write_to(Emitter& to, const Operation& operation) {
  const ValueId id = operation.tensor("self");
  const at::ScalarType from = to.value(id).type, type = result_type(to, operation);
  return {from == type ? to.operand(id) : to.cast(to.operand(id), type)};
}

Names write_filled(Emitter& to, const Operation& operation) {
  const Value& result = to.value(operation.results.front());
  double number = operation.name.find("ones") != std::string::npos ? 1 : 0;
  if (operation.has("fill_value")) {
    if (is_tensor(operation, "fill_value")) refuse(operation, "a number to fill with", "a tensor");
    number = operation.number("fill_value");
  }
  return {to.add("ConstantOfShape", {to.sizes(result.sizes)},
                 {{"value", at::full({1}, number, result.type)}})};
}

}  // namespace hourglass::formats::onnx
