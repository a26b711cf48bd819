#include "hourglass/formats/raw_input.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>

#include <utility>

namespace hourglass::formats {
namespace {

namespace jit = torch::jit;

/// What scaling takes away and multiplies by, shaped as one item, or as one number for all.
struct Pair {
  at::Tensor offset, factor;
  at::Tensor inverse;  ///< 1 / factor, and 0 where the factor is: such a value is the offset

  Pair(const datasets::Scaling& scaling, const Shape& item)
      : offset(shaped(scaling.offset, item)),
        factor(shaped(scaling.factor, item)),
        inverse(shaped(inverses(scaling.factor), item)) {}

 private:
  static std::vector<double> inverses(std::vector<double> factors) {
    for (double& factor : factors) factor = factor == 0 ? 0 : 1 / factor;
    return factors;
  }

  static at::Tensor shaped(const std::vector<double>& numbers, const Shape& item) {
    const at::Tensor values = at::tensor(numbers, at::kFloat);
    if (values.numel() == 1) return values;
    Shape shape = item;
    shape.insert(shape.begin(), 1);
    return values.view(shape);
  }
};

bool gives_items(const std::string& method) { return method == "forward" || method == "decode"; }

/// The method of the wrapped model between scaling and its inverse, as TorchScript source, in which
/// 6 is float32.
std::string source_of(const models::TensorMethod& method) {
  std::vector<std::string> names = {"self"}, told;
  for (const auto& argument : method.arguments) {
    names.push_back(argument.name);
    told.push_back(argument.name == "x" ? "(x.to(6) - self.input_offset) * self.input_factor"
                                        : argument.name);
  }
  std::string result = fmt::format("self.wrapped_model.{}({})", method.name, join_text(told, ", "));
  if (gives_items(method.name)) {
    result = fmt::format("{} * self.output_factor + self.output_offset", result);
  }
  return fmt::format("def {}({}):\n    return {}\n", method.name, join_text(names, ", "), result);
}

models::TensorMethod raw_method(const models::TensorMethod& method, bool is_bytes,
                                jit::Module module) {
  models::TensorMethod raw = {.name = method.name, .arguments = method.arguments};
  for (auto& argument : raw.arguments) argument.is_bytes = is_bytes && argument.name == "x";
  raw.run = script_runner(std::move(module), method.name);
  return raw;
}

}  // namespace

Script with_raw_input(const Script& script) {
  if (!script.card.data) {
    throw Error(
        "`raw_input`: expected a model whose card records how its data were scaled, found none");
  }
  const DataCard& data = *script.card.data;
  const Pair input(data.scaling, script.card.input_shape);
  const Pair output(data.targets ? data.targets->scaling : data.scaling, script.card.target_shape);
  Script raw = {.module = jit::Module(c10::QualifiedName("__torch__.hourglass.raw_input"),
                                      script.module._ivalue()->compilation_unit()),
                .card = script.card,
                .methods = {}};
  raw.module.register_module("wrapped_model", script.module);
  raw.module.register_buffer("input_offset", input.offset);
  raw.module.register_buffer("input_factor", input.factor);
  raw.module.register_buffer("output_offset", output.offset);
  raw.module.register_buffer("output_factor", output.inverse);
  raw.module.register_attribute("training", c10::BoolType::get(), false);
  std::string source;
  for (const auto& method : script.methods) source += source_of(method);
  raw.module.define(source);
  for (const auto& method : script.methods) {
    raw.methods.push_back(raw_method(method, data.stored_type == "uint8", raw.module));
  }
  raw.card.data->scaling = {};
  if (raw.card.data->targets) raw.card.data->targets->scaling = {};
  const auto stored = [&](double value) {
    return (at::tensor(value) * output.inverse + output.offset);
  };
  raw.card.data->lowest =
      at::minimum(stored(data.lowest), stored(data.highest)).min().item<double>();
  raw.card.data->highest =
      at::maximum(stored(data.lowest), stored(data.highest)).max().item<double>();
  if (raw.card.value_range) raw.card.value_range = {raw.card.data->lowest, raw.card.data->highest};
  return raw;
}

}  // namespace hourglass::formats
