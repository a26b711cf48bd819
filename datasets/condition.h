#pragma once

#include "hourglass/datasets/dataset.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::datasets {

/// What a model is told beside each item.
struct ConditionRule {
  enum class Kind {
    None,
    Label,    ///< the class, as one number a class of which one is 1
    Columns,  ///< columns of a table, which the item then lacks
  };
  Kind kind = Kind::None;
  std::vector<int64_t> columns = {};  ///< 0-based, without the label's

  /// "none", "label", "columns:0,3".
  static std::string expects();
  static std::optional<ConditionRule> parse(const std::string& text);
  std::string text() const;
};

/// `data` with the condition that the rule says; `classes` is the number of classes. Throws `Error`
/// where there are no labels, or no such columns, or none that would be left.
DatasetPtr with_condition(DatasetPtr data, const ConditionRule& rule, int64_t classes);

/// The condition of one class: float32 [1, classes].
at::Tensor class_condition(int64_t label, int64_t classes);

}  // namespace hourglass::datasets
