#include "hourglass/formats/raw_input.h"

#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/scaled_values.h"

#include <ATen/ATen.h>

#include <string>
#include <utility>
#include <vector>

namespace hourglass::formats {
namespace {

namespace jit = torch::jit;

/// A function of items as TorchScript source, and the buffers that it uses.
struct Mapping {
  std::vector<std::pair<std::string, at::Tensor>> buffers;
  std::string source;  ///< of its body, in which 6 is float32
};

/// Numbers shaped as one item of a batch, or one number for all.
at::Tensor shaped(const std::vector<double>& numbers, const Shape& item) {
  const at::Tensor values = at::tensor(numbers, at::kFloat);
  return values.numel() == 1 ? values : values.view(with_batch(1, item));
}

/// The same of lists, padded with zeros at their ends: [1, shape…, longest].
at::Tensor shaped(const std::vector<std::vector<double>>& lists, const Shape& item) {
  std::vector<at::Tensor> rows;
  rows.reserve(lists.size());
  for (const auto& list : lists) rows.push_back(at::tensor(list, at::kFloat));
  Shape shape = with_batch(1, item);
  shape.push_back(-1);
  return at::pad_sequence(rows, /*batch_first=*/true).view(shape);
}

/// Along straight pieces. Each adds the part of it that lies below the value, so that no comparison
/// chooses one of them.
Mapping along_curves(const std::vector<datasets::ScalingCurve>& curves, bool backwards,
                     const Shape& item) {
  std::vector<std::vector<double>> begins, per_width, heights;
  std::vector<double> first, last, base, slope;
  for (const auto& curve : curves) {
    const auto& from = backwards ? curve.scaled : curve.stored;
    const auto& to = backwards ? curve.stored : curve.scaled;
    // A curve of one point has one piece without a width.
    begins.push_back({from.front()}), per_width.push_back({0}), heights.push_back({0});
    for (size_t i = 1; i < from.size(); ++i) {
      begins.back().push_back(from[i - 1]);
      per_width.back().push_back(1 / (from[i] - from[i - 1]));
      heights.back().push_back(to[i] - to[i - 1]);
    }
    first.push_back(from.front()), last.push_back(from.back()), base.push_back(to.front());
    const double range = curve.range();
    slope.push_back(backwards ? range : 1 / range);
  }
  return {
      {{"begin", shaped(begins, item)},
       {"per_width", shaped(per_width, item)},
       {"height", shaped(heights, item)},
       {"first", shaped(first, item)},
       {"last", shaped(last, item)},
       {"base", shaped(base, item)},
       {"slope", shaped(slope, item)}},
      "    x = x.to(6)\n"
      "    part = torch.clamp((x.unsqueeze(-1) - self.{0}_begin) * self.{0}_per_width, 0.0, 1.0)\n"
      "    within = torch.sum(part * self.{0}_height, [-1])\n"
      "    beyond = torch.relu(x - self.{0}_last) - torch.relu(self.{0}_first - x)\n"
      "    return self.{0}_base + within + beyond * self.{0}_slope\n"};
}

/// From stored values to those of the model.
Mapping scaling_of(const datasets::Scaling& scaling, const Shape& item) {
  if (!scaling.curves.empty()) return along_curves(scaling.curves, /*backwards=*/false, item);
  return {{{"offset", shaped(scaling.offset, item)}, {"factor", shaped(scaling.factor, item)}},
          "    return (x.to(6) - self.{0}_offset) * self.{0}_factor\n"};
}

/// And back. A value whose factor is 0 is the offset.
Mapping inverse_of(const datasets::Scaling& scaling, const Shape& item) {
  if (!scaling.curves.empty()) return along_curves(scaling.curves, /*backwards=*/true, item);
  std::vector<double> inverses = scaling.factor;
  for (double& factor : inverses) factor = factor == 0 ? 0 : 1 / factor;
  return {{{"offset", shaped(scaling.offset, item)}, {"factor", shaped(inverses, item)}},
          "    return x * self.{0}_factor + self.{0}_offset\n"};
}

/// Adds the mapping as the method `NAME_scaling`.
std::string add_mapping(jit::Module& module, const std::string& name, const Mapping& mapping) {
  for (const auto& [part, values] : mapping.buffers) {
    module.register_buffer(fmt::format("{}_{}", name, part), values);
  }
  return fmt::format("def {}_scaling(self, x):\n", name) +
         fmt::format(fmt::runtime(mapping.source), name);
}

/// The extremes of all features as they are stored, of model values between `low` and `high`.
ValueRange stored_range(const datasets::Scaling& scaling, int64_t features, double low,
                        double high) {
  std::vector<at::Tensor> stored;
  for (int64_t i = 0; i < features; ++i) {
    stored.push_back(datasets::to_stored(scaling, i, at::tensor({low, high}, at::kDouble)));
  }
  const at::Tensor all = at::cat(stored);
  return {all.min().item<double>(), all.max().item<double>()};
}

bool gives_items(const std::string& method) { return method == "forward" || method == "decode"; }

/// The method of the wrapped model between scaling and its inverse, as TorchScript source.
std::string source_of(const models::TensorMethod& method) {
  std::vector<std::string> names = {"self"}, told;
  for (const auto& argument : method.arguments) {
    names.push_back(argument.name);
    told.push_back(argument.name == "x" ? "self.input_scaling(x)" : argument.name);
  }
  std::string result = fmt::format("self.wrapped_model.{}({})", method.name, join_text(told, ", "));
  if (gives_items(method.name)) result = fmt::format("self.output_scaling({})", result);
  return fmt::format("def {}({}):\n    return {}\n", method.name, join_text(names, ", "), result);
}

models::TensorMethod raw_method(const models::TensorMethod& method, bool is_bytes,
                                const jit::Module& module) {
  models::TensorMethod raw = {.name = method.name, .arguments = method.arguments};
  for (auto& argument : raw.arguments) argument.is_bytes = is_bytes && argument.name == "x";
  raw.run = script_runner(module, method.name);
  return raw;
}

/// Columns that a model is told were scaled with the others, and what it is told is not scaled
/// here.
void check_scaled_columns(const ModelCard& card, const datasets::Scaling& target_scaling) {
  const datasets::Scaling& scaling = card.data->scaling;
  const std::string told = card.options.find<std::string>("condition").value_or("");
  if (told.starts_with("columns") && !scaling.changes_nothing()) {
    throw Error(
        "`raw_input`: expected a model that is told no scaled columns, found `condition` {}: leave "
        "`raw_input` out and scale as its card says",
        told);
  }
  if (datasets::is_of_values(scaling, element_count(card.input_shape)) &&
      datasets::is_of_values(target_scaling, element_count(card.target_shape))) {
    return;
  }
  throw Error(
      "`raw_input`: expected a scaling of the model's items, {} -> {}, found one of another number "
      "of values in its card",
      shape_text(card.input_shape), shape_text(card.target_shape));
}

}  // namespace

Script with_raw_input(const Script& script) {
  if (!script.card.data) {
    throw Error(
        "`raw_input`: expected a model whose card records how its data were scaled, found none");
  }
  const DataCard& data = *script.card.data;
  const datasets::Scaling& target_scaling = data.targets ? data.targets->scaling : data.scaling;
  check_scaled_columns(script.card, target_scaling);
  Script raw = {.module = jit::Module(c10::QualifiedName("__torch__.hourglass.raw_input"),
                                      script.module._ivalue()->compilation_unit()),
                .card = script.card,
                .methods = {}};
  raw.module.register_module("wrapped_model", script.module);
  raw.module.register_attribute("training", c10::BoolType::get(), false);
  std::string source =
      add_mapping(raw.module, "input", scaling_of(data.scaling, script.card.input_shape)) +
      add_mapping(raw.module, "output", inverse_of(target_scaling, script.card.target_shape));
  std::vector<models::TensorMethod> methods = script.methods;
  // A likelihood is of scaled values.
  std::erase_if(methods, [](const auto& method) { return method.name == kDecodeParameters; });
  for (const auto& method : methods) source += source_of(method);
  raw.module.define(source);
  for (const auto& method : methods) {
    raw.methods.push_back(raw_method(method, data.stored_type == "uint8", raw.module));
  }
  const ValueRange range = stored_range(target_scaling, element_count(script.card.target_shape),
                                        data.lowest, data.highest);
  raw.card.data->lowest = range.low;
  raw.card.data->highest = range.high;
  raw.card.data->scaling = {};
  if (raw.card.data->targets) raw.card.data->targets->scaling = {};
  if (raw.card.value_range) raw.card.value_range = {raw.card.data->lowest, raw.card.data->highest};
  return raw;
}

}  // namespace hourglass::formats
