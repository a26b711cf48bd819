#include "hourglass/evaluation/model_condition.h"

#include "hourglass/core/error.h"
#include "hourglass/core/fields.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/condition.h"
#include "hourglass/datasets/item_scaling.h"
#include "hourglass/evaluation/model_data.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace hourglass::evaluation {
namespace {

class SameCondition : public datasets::DatasetDecorator {
 public:
  SameCondition(datasets::DatasetPtr data, at::Tensor condition)
      : DatasetDecorator(std::move(data)), condition_(std::move(condition)) {}

  int64_t condition_width() const override { return condition_.size(1); }

  Batch batch(const at::Tensor& positions, int64_t epoch) const override {
    Batch batch = inner().batch(positions, epoch);
    batch.condition = condition_.expand({batch.input.size(0), -1});  // [B, K]
    return batch;
  }

  datasets::DatasetPtr to(at::Device device) const override {
    return std::make_shared<SameCondition>(inner().to(device), condition_.to(device));
  }

 private:
  at::Tensor condition_;  // [1, K]
};

/// Each number of the condition moved to another place.
class MovedCondition : public datasets::DatasetDecorator {
 public:
  /// `places` [width of the data's condition, K]: a 1 where a number goes.
  MovedCondition(datasets::DatasetPtr data, at::Tensor places)
      : DatasetDecorator(std::move(data)), places_(std::move(places)) {}

  int64_t condition_width() const override { return places_.size(1); }

  Batch batch(const at::Tensor& positions, int64_t epoch) const override {
    Batch batch = inner().batch(positions, epoch);
    batch.condition = at::matmul(batch.condition, places_);
    return batch;
  }

  datasets::DatasetPtr to(at::Device device) const override {
    return std::make_shared<MovedCondition>(inner().to(device), places_.to(device));
  }

 private:
  at::Tensor places_;
};

std::optional<int64_t> place_of(const std::string& name, const std::vector<std::string>& names) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return {};
  return found - names.begin();
}

/// Whether columns are called by their numbers, "column 0", as those of a file without names are.
bool are_numbers(const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(),
                     [](const auto& name) { return name.starts_with("column "); });
}

at::Tensor condition_of_numbers(const ExportedModel& model, const std::string& text) {
  const auto numbers = TextCodec<std::vector<double>>::parse(text);
  const int64_t width = model.condition_width();
  if (!numbers || std::ssize(*numbers) != width) {
    throw Error("{}: expected `condition` as {} in the units of the data ({}), found {}",
                model.path().string(), width == 1 ? "a number" : fmt::format("{} numbers", width),
                join_text(model.card()->condition->names),
                text.empty() ? "none" : "'" + text + "'");
  }
  return at::tensor(*numbers, at::kFloat).unsqueeze(0);
}

/// Where the columns that a model is told stood among the `width` values of a row.
const std::vector<int64_t>& places_in_row(const ExportedModel& model, int64_t width) {
  const formats::ConditionCard& condition = *model.card()->condition;
  if (condition.columns.empty()) {
    throw Error(
        "{}: expected a card that says which columns {} were, by which they are scaled, found one "
        "of an earlier version: train the model again",
        model.path().string(), join_text(condition.names));
  }
  const int64_t last = *std::max_element(condition.columns.begin(), condition.columns.end());
  if (last < width) return condition.columns;
  throw Error("{}: expected a condition of columns 0 to {}, as there are scalings, found {}",
              model.path().string(), width - 1, last);
}

/// Numbers of columns [N, K] in the units of the data, scaled as the columns were in training. As they
/// are for a model whose card says nothing of its data.
at::Tensor scaled_as_columns(const ExportedModel& model, const at::Tensor& numbers) {
  if (!numbers.defined() || !is_told_columns(model) || !model.card()->data) return numbers;
  const datasets::Scaling& scaling = model.card()->data->scaling;
  const auto width = std::max(std::ssize(scaling.factor), std::ssize(scaling.curves));
  // The same for all columns, whichever are told.
  if (width == 1) return datasets::ItemScaling(scaling, {numbers.size(1)}).apply(numbers.clone());
  const at::Tensor places = at::tensor(places_in_row(model, width), at::kLong);
  at::Tensor rows = at::zeros({numbers.size(0), width});
  rows.index_copy_(1, places, numbers);
  return datasets::ItemScaling(scaling, {width}).apply(std::move(rows)).index_select(1, places);
}

/// What a user names, numbers of columns as they are.
at::Tensor unscaled_condition(const ExportedModel& model, const std::string& name) {
  const int64_t width = model.condition_width();
  if (width == 0) {
    if (name.empty()) return {};
    throw Error("{}: expected a model that takes a `condition` for {}, found one that takes none",
                model.path().string(), name);
  }
  const auto classes = told_classes(model);
  if (classes.empty()) return condition_of_numbers(model, name);
  auto place = place_of(name, classes);
  if (!place) place = parse_integer(name);
  if (!place || *place < 0 || *place >= width) {
    throw Error("{}: expected a class for `condition`, {}, or its number, found {}{}",
                model.path().string(), join_text(classes), name.empty() ? "none" : "'" + name + "'",
                name.empty() ? "" : suggestion(name, classes));
  }
  return datasets::class_condition(*place, width);
}

}  // namespace

bool is_told_columns(const ExportedModel& model) {
  return model.condition_width() > 0 &&
         model.card()->options.find<std::string>("condition").value_or("").starts_with("columns:");
}

std::vector<std::string> told_classes(const ExportedModel& model) {
  if (model.condition_width() == 0 || is_told_columns(model)) return {};
  std::vector<std::string> names = model.card()->condition->names;
  for (int64_t label = std::ssize(names); label < model.condition_width(); ++label) {
    names.push_back(std::to_string(label));
  }
  return names;
}

at::Tensor class_conditions(const ExportedModel& model) {
  return at::eye(model.condition_width(), at::kFloat);
}

at::Tensor condition_named(const ExportedModel& model, const std::string& name) {
  return scaled_as_columns(model, unscaled_condition(model, name));
}

at::Tensor conditions_named(const ExportedModel& model, const std::vector<std::string>& names) {
  std::map<std::string, at::Tensor> known;
  std::vector<at::Tensor> rows;
  for (const auto& name : names) {
    at::Tensor& condition = known[name];
    if (!condition.defined()) condition = unscaled_condition(model, name);
    rows.push_back(condition);
  }
  return scaled_as_columns(model, at::cat(rows));
}

datasets::DatasetPtr with_same_condition(datasets::DatasetPtr data, const at::Tensor& condition) {
  return std::make_shared<SameCondition>(std::move(data), condition);
}

datasets::DatasetPtr with_model_condition(datasets::DatasetPtr data,
                                          const std::vector<std::string>& names,
                                          const ExportedModel& model) {
  const int64_t width = model.condition_width();
  if (width == 0) return data;
  const auto& known = model.card()->condition->names;
  if (names.empty() || known.empty()) {
    if (data->condition_width() == width) return data;
    throw Error("{}: expected a condition of {} numbers an item, found {}", model.path().string(),
                width, data->condition_width());
  }
  if (names == known) return data;
  const bool in_order = is_told_columns(model) && std::ssize(names) == width;
  if (in_order && (are_numbers(names) || are_numbers(known))) return data;
  at::Tensor places = at::zeros({std::ssize(names), width});
  for (int64_t i = 0; i < std::ssize(names); ++i) {
    const std::string& name = names[static_cast<size_t>(i)];
    const auto place = place_of(name, known);
    if (!place) {
      throw Error("{}: expected a condition of {}, as in training, found '{}'",
                  model.path().string(), join_text(known), name);
    }
    places[i][*place] = 1;
  }
  return std::make_shared<MovedCondition>(std::move(data), places);
}

}  // namespace hourglass::evaluation
