#include "hourglass/datasets/condition.h"

#include "hourglass/core/error.h"
#include "hourglass/core/fields.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/column.h"

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

  void write(std::span<const int64_t> positions, int64_t epoch,
             const BatchMemory& to) const override {
    std::vector<int64_t> labels(positions.size());
    BatchMemory items = to;
    items.condition = nullptr;
    items.labels = labels.data();
    inner().write(positions, epoch, items);
    if (to.labels) std::copy(labels.begin(), labels.end(), to.labels);
    for (size_t i = 0; to.condition && i < labels.size(); ++i) {
      float* row = to.condition + static_cast<int64_t>(i) * to.condition_stride;
      std::fill_n(row, classes_, 0.0F);
      row[labels[i]] = 1;
    }
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

}  // namespace

std::string ConditionRule::expects() {
  return "none, label or columns:N,N,... (different ones, by number counted from 0 or by name)";
}

std::optional<ConditionRule> ConditionRule::parse(const std::string& text) {
  if (text == "none") return ConditionRule{};
  if (text == "label") return ConditionRule{Kind::Label};
  if (!text.starts_with(kColumnsPrefix)) return {};
  ConditionRule rule{Kind::Columns};
  for (const auto& part : split_text(text.substr(std::string_view(kColumnsPrefix).size()), ',')) {
    if (!can_name_column(part)) return {};
    rule.columns.push_back(part);
  }
  const std::set<std::string> different(rule.columns.begin(), rule.columns.end());
  if (rule.columns.empty() || different.size() != rule.columns.size()) return {};
  return rule;
}

std::string ConditionRule::text() const {
  switch (kind) {
    case Kind::None: return "none";
    case Kind::Label: return "label";
    case Kind::Columns: break;
  }
  return kColumnsPrefix + join_text(columns, ",");
}

std::vector<int64_t> condition_columns(const ConditionRule& rule,
                                       const std::vector<std::string>& column_names,
                                       const Shape& item_shape) {
  if (rule.kind != ConditionRule::Kind::Columns) return {};
  if (item_shape.size() != 1) {
    throw Error("`condition` columns: expected rows of a table, found items of {}",
                shape_text(item_shape));
  }
  const int64_t width = item_shape.front();
  std::vector<int64_t> columns;
  for (const auto& column : rule.columns) {
    const int64_t number = column_number(column, column_names, width, "`condition` columns");
    if (std::find(columns.begin(), columns.end(), number) != columns.end()) {
      throw Error("`condition` columns: expected different ones, found column {} twice", number);
    }
    columns.push_back(number);
  }
  if (std::ssize(columns) == width) {
    throw Error(
        "`condition` columns: expected to leave a column to reconstruct, found all {} named",
        width);
  }
  return columns;
}

DatasetPtr with_condition(DatasetPtr data, const ConditionRule& rule, int64_t classes,
                          const std::vector<std::string>& column_names) {
  switch (rule.kind) {
    case ConditionRule::Kind::None: return data;
    case ConditionRule::Kind::Label:
      if (!data->has_labels()) {
        throw Error("`condition` label: expected data with labels, found none");
      }
      return std::make_shared<ClassCondition>(std::move(data), classes);
    case ConditionRule::Kind::Columns: break;
  }
  auto columns = condition_columns(rule, column_names, data->item_shape());
  return std::make_shared<ColumnCondition>(std::move(data), std::move(columns));
}

at::Tensor class_condition(int64_t label, int64_t classes) {
  return at::one_hot(at::tensor({label}, at::kLong), classes).to(at::kFloat);
}

}  // namespace hourglass::datasets
