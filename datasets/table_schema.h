#pragma once

#include "hourglass/datasets/dates.h"
#include "hourglass/datasets/table.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::datasets {

/// What a missing number or boolean becomes, by the training rows that have one.
enum class Imputation { Median, Mean };
constexpr auto names_of(Imputation) {
  return std::to_array<EnumName<Imputation>>(
      {{Imputation::Median, "median"}, {Imputation::Mean, "mean"}});
}

/// How the cells of a column become values of an item. A number is one value, scaled like those of any
/// table. What follows is in 0 … 1 and never scaled: a boolean is one value; a category is 1 at its
/// place and 0 at all others; a date has the sine and the cosine of each part, as (1 + sin) / 2. Where
/// training rows have missing cells, an indicator stands behind the values.
struct SchemaColumn {
  std::string name;
  ColumnKind kind = ColumnKind::Number;
  /// Of a category: those of training rows, as people sort them. Behind them come a place for missing
  /// cells, where training rows have some, and one for all other words, which is 0 in training.
  std::vector<std::string> categories = {};
  bool has_missing = false;  ///< whether training rows have missing cells
  /// What a missing number or boolean becomes; none where missing cells are an error. The parts of a
  /// missing date are 1/2, the middle of the circle.
  std::optional<double> fill = {};
  std::vector<DatePart> parts = {};  ///< of a date: those that differ among training rows

  int64_t width() const;                                         ///< values of an item
  bool is_scaled() const { return kind == ColumnKind::Number; }  ///< the first of them
  std::vector<std::string> value_names() const;
};

/// What the columns of a table are, learned from training rows, and needed to read other rows alike.
struct TableSchema {
  std::vector<SchemaColumn> columns;
  bool named = true;              ///< whether the names are the file's
  std::string id_column = {};     ///< names the rows, and is no value; empty: none
  std::string label_column = {};  ///< its name; empty where there is none
  std::vector<std::string> dropped = {};

  int64_t width() const;
  std::vector<std::string> value_names() const;
  std::vector<bool> scaled() const;           ///< of each value, whether scaling applies to it
  std::vector<std::string> names() const;     ///< of the columns
  std::vector<int64_t> first_values() const;  ///< where each column's begin
};

/// Learned from the rows at `rows` (int64 [M]; undefined: all). Throws `Error` for a column of which
/// they have no cell, and where no value is left.
TableSchema fit_schema(const Table& table, const at::Tensor& rows, Imputation imputation);

/// The values of a table whose columns are those of a schema, in its order.
struct TableValues {
  at::Tensor values;   ///< float32 [N, width]
  at::Tensor missing;  ///< bool [N, width], true where a number stands for a missing cell
};
TableValues encode(const Table& table, const TableSchema& schema);

/// A sentence for each column in which `table` has what training rows did not have: words that they
/// lack, and missing cells where they have none.
std::vector<std::string> unknown_cells(const Table& table, const TableSchema& schema);

/// "4 numbers, 2 categories (colour: 3, kind: 5), 1 date; 12 missing cells in 2 columns": what a table
/// was taken for.
std::string schema_text(const Table& table, const TableSchema& schema);

}  // namespace hourglass::datasets
