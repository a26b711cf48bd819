#include "hourglass/datasets/condition.h"

#include "hourglass/core/error.h"
#include "hourglass/core/fields.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>
#include <utility>

namespace hourglass::datasets {
namespace {

constexpr const char* kColumnsPrefix = "columns:";

/// The class of each item as its condition.
class ClassCondition : public DatasetDecorator {
 public:
  ClassCondition(DatasetPtr data, int64_t classes)
      : DatasetDecorator(std::move(data)), classes_(classes) {}

  int64_t condition_width() const override { return classes_; }

  Batch batch(const at::Tensor& positions, int64_t epoch) const override {
    Batch batch = inner().batch(positions, epoch);
    batch.condition = at::one_hot(batch.labels, classes_).to(at::kFloat);  // [B, classes]
    return batch;
  }

  DatasetPtr to(at::Device device) const override {
    return std::make_shared<ClassCondition>(inner().to(device), classes_);
  }

 private:
  int64_t classes_;
};

/// Some columns of a table as the condition, the others as the item.
class ColumnCondition : public DatasetDecorator {
 public:
  ColumnCondition(DatasetPtr data, std::vector<int64_t> columns)
      : DatasetDecorator(std::move(data)), columns_(std::move(columns)) {
    const int64_t width = inner().item_shape().front();
    const std::set<int64_t> taken(columns_.begin(), columns_.end());
    for (int64_t column = 0; column < width; ++column) {
      if (!taken.contains(column)) others_.push_back(column);
    }
  }

  Shape item_shape() const override { return {std::ssize(others_)}; }
  Shape target_shape() const override { return item_shape(); }
  int64_t condition_width() const override { return std::ssize(columns_); }

  Batch batch(const at::Tensor& positions, int64_t epoch) const override {
    Batch batch = inner().batch(positions, epoch);
    const auto chosen = [&](const std::vector<int64_t>& columns) {
      const at::Tensor index = at::tensor(columns, at::kLong).to(batch.target.device());
      return batch.target.index_select(1, index);  // [B, columns]
    };
    batch.condition = chosen(columns_);
    batch.input = batch.target = chosen(others_);
    return batch;
  }

  DatasetPtr to(at::Device device) const override {
    return std::make_shared<ColumnCondition>(inner().to(device), columns_);
  }

 private:
  std::vector<int64_t> columns_, others_;
};

void check_columns(const std::vector<int64_t>& columns, const Shape& item_shape) {
  if (item_shape.size() != 1) {
    throw Error("`condition` columns: expected rows of a table, found items of {}",
                shape_text(item_shape));
  }
  const int64_t width = item_shape.front();
  for (const int64_t column : columns) {
    if (column >= width) {
      throw Error("`condition` columns: expected columns of 0 to {}, found {}", width - 1, column);
    }
  }
  if (std::ssize(columns) == width) {
    throw Error(
        "`condition` columns: expected to leave a column to reconstruct, found all {} named",
        width);
  }
}

}  // namespace

std::string ConditionRule::expects() {
  return "none, label or columns:N,N,... (different ones, counted from 0)";
}

std::optional<ConditionRule> ConditionRule::parse(const std::string& text) {
  if (text == "none") return ConditionRule{};
  if (text == "label") return ConditionRule{Kind::Label};
  if (!text.starts_with(kColumnsPrefix)) return {};
  ConditionRule rule{Kind::Columns};
  for (const auto& part : split_text(text.substr(std::string_view(kColumnsPrefix).size()), ',')) {
    const auto column = parse_integer(part);
    if (!column || *column < 0) return {};
    rule.columns.push_back(*column);
  }
  const std::set<int64_t> different(rule.columns.begin(), rule.columns.end());
  if (rule.columns.empty() || different.size() != rule.columns.size()) return {};
  return rule;
}

std::string ConditionRule::text() const {
  switch (kind) {
    case Kind::None: return "none";
    case Kind::Label: return "label";
    case Kind::Columns: break;
  }
  std::vector<std::string> parts;
  for (const int64_t column : columns) parts.push_back(std::to_string(column));
  return kColumnsPrefix + join_text(parts, ",");
}

DatasetPtr with_condition(DatasetPtr data, const ConditionRule& rule, int64_t classes) {
  switch (rule.kind) {
    case ConditionRule::Kind::None: return data;
    case ConditionRule::Kind::Label:
      if (!data->has_labels()) {
        throw Error("`condition` label: expected data with labels, found none");
      }
      return std::make_shared<ClassCondition>(std::move(data), classes);
    case ConditionRule::Kind::Columns: break;
  }
  check_columns(rule.columns, data->item_shape());
  return std::make_shared<ColumnCondition>(std::move(data), rule.columns);
}

at::Tensor class_condition(int64_t label, int64_t classes) {
  return at::one_hot(at::tensor({label}, at::kLong), classes).to(at::kFloat);
}

}  // namespace hourglass::datasets
