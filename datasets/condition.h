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
  std::vector<std::string> columns = {};  ///< names, or numbers from 0, without the label's

  /// "none", "label", "columns:0,3", "columns:age,3".
  static std::string expects();
  static std::optional<ConditionRule> parse(const std::string& text);
  std::string text() const;
};

/// The numbers of the rule's columns among an item's values; none of another rule. `column_names` has
/// a name a value, or is empty where they have none. Throws `Error` where items are no rows of a
/// table, and for columns that are not there, come twice, or leave none.
std::vector<int64_t> condition_columns(const ConditionRule& rule,
                                       const std::vector<std::string>& column_names,
                                       const Shape& item_shape);

/// `data` with the condition that the rule says; `classes` is the number of classes. Throws `Error`
/// where there are no labels, and as `condition_columns` does.
DatasetPtr with_condition(DatasetPtr data, const ConditionRule& rule, int64_t classes,
                          const std::vector<std::string>& column_names = {});

/// The condition of one class: float32 [1, classes].
at::Tensor class_condition(int64_t label, int64_t classes);

}  // namespace hourglass::datasets
