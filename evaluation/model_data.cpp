#include "hourglass/evaluation/model_data.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/model_condition.h"
#include "hourglass/formats/field_json.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <utility>

namespace hourglass::evaluation {
namespace {

using datasets::ConditionRule;

/// Whether data were stored as bytes; the name tells where an older card does not.
bool holds_bytes(const std::string& stored_type, const std::string& dataset) {
  if (!stored_type.empty()) return stored_type == "uint8";
  return dataset.ends_with("mnist") || dataset.starts_with("idx:") ||
         dataset.starts_with("images:");
}

/// Of a card of data or of targets.
template <class Card>
std::optional<datasets::Scaling> scaling_for(at::ScalarType type, const Card& trained_on) {
  const bool bytes = holds_bytes(trained_on.stored_type, trained_on.name);
  if (bytes != (type == at::kByte)) return {};
  return trained_on.scaling;
}

sources::GivenScaling scaling_of_training(const ExportedModel& model,
                                          const sources::ReadData& data) {
  sources::GivenScaling scaling;
  scaling.inputs = recorded_scaling(model, data.inputs.rows.type());
  if (!data.targets || !model.card() || !model.card()->data || !model.card()->data->targets) {
    return scaling;
  }
  scaling.targets = scaling_for(data.targets->rows.type(), *model.card()->data->targets);
  return scaling;
}

/// What items will have once shape and condition of the options are taken into account.
Shape item_shape_of(const sources::ReadData& data, const sources::DataOptions& options) {
  Shape shape = options.item_shape.empty() ? data.inputs.rows.item_shape() : options.item_shape;
  const bool loses_columns = options.condition.kind == ConditionRule::Kind::Columns;
  if (loses_columns && shape.size() == 1) shape.front() -= std::ssize(options.condition.columns);
  return shape;
}

/// What makes images of a folder fit; empty for other data.
std::string image_hint(const std::string& dataset, const Shape& expected) {
  if (!dataset.starts_with("images:") || expected.size() != 3) return "";
  return fmt::format(": use `resize` {},{} and `color` {}", expected[1], expected[2],
                     expected[0] == 1 ? "grey" : "rgb");
}

void fit_item_shape(const ExportedModel& model, const sources::ReadData& data,
                    sources::DataOptions& options) {
  const auto expected = model.input_shape();
  const Shape found = item_shape_of(data, options);
  if (!expected || found == *expected) return;
  if (element_count(found) != element_count(*expected)) {
    throw Error("{}: expected items of {}, as {} takes them, found {}{}", options.dataset,
                shape_text(*expected), model.path().string(), shape_text(found),
                image_hint(options.dataset, *expected));
  }
  options.item_shape = *expected;
}

void expect_labels(const ExportedModel& model, const sources::ReadData& data,
                   const sources::DataOptions& options) {
  const bool needs_labels =
      options.condition.kind == ConditionRule::Kind::Label && model.condition_width() > 0;
  if (!needs_labels || data.labelled().rows.labels.defined()) return;
  throw Error(
      "{}: expected labels, as {} is told the class of each item, found none: use "
      "`condition` with one of {}",
      options.dataset, model.path().string(), join_text(model.card()->condition->names));
}

}  // namespace

std::optional<sources::DataOptions> recorded_data(const ExportedModel& model) {
  if (!model.card() || model.card()->options.dataset().empty()) return {};
  const auto& recorded = model.card()->options;
  sources::DataOptions data;
  FieldTable table;
  data.describe(table);
  nlohmann::json known = nlohmann::json::object();
  for (const auto& row : table.rows()) {
    if (recorded.as_json().contains(row.name)) known[row.name] = recorded.as_json().at(row.name);
  }
  if (!std::filesystem::exists(recorded.data_dir())) known.erase("data_dir");
  formats::from_json(table, known, model.path().string());
  data.known_columns = known_columns(model);
  return data;
}

std::shared_ptr<const datasets::TableSchema> known_columns(const ExportedModel& model) {
  auto numbers = std::make_shared<const datasets::TableSchema>();
  if (!model.card() || !model.card()->data) return numbers;
  const formats::DataCard& data = *model.card()->data;
  if (data.schema) return std::make_shared<const datasets::TableSchema>(*data.schema);
  if (data.column_names.empty() || is_told_columns(model)) return numbers;
  datasets::TableSchema schema{.label_column = data.label_name};
  for (const auto& name : data.column_names) schema.columns.push_back({.name = name});
  return std::make_shared<const datasets::TableSchema>(std::move(schema));
}

std::optional<datasets::Scaling> recorded_scaling(const ExportedModel& model, at::ScalarType type) {
  if (!model.card() || !model.card()->data) return {};
  return scaling_for(type, *model.card()->data);
}

sources::DataSplits split_for(const ExportedModel& model, const sources::ReadData& data,
                              sources::DataOptions options, ScaleValues scale) {
  fit_item_shape(model, data, options);
  expect_labels(model, data, options);
  const uint64_t seed = model.card() ? model.card()->options.seed() : 1;
  const bool as_in_training = scale == ScaleValues::AsInTraining;
  auto splits = sources::split_data(
      data, options, seed,
      as_in_training ? scaling_of_training(model, data) : sources::GivenScaling{});
  if (options.condition.kind == ConditionRule::Kind::None) return splits;
  for (auto* part : {&splits.training, &splits.validation, &splits.test}) {
    if (*part) *part = with_model_condition(*part, splits.condition_names, model);
  }
  return splits;
}

}  // namespace hourglass::evaluation
