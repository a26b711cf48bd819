#pragma once

#include "hourglass/core/error.h"
#include "hourglass/core/fields.h"
#include "hourglass/datasets/table_schema.h"
#include "hourglass/sources/column_choice.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hourglass::sources {

/// Which CSV column holds the class.
struct LabelColumn {
  enum class Kind { Last, First, None, Index, Name };
  Kind kind = Kind::Last;
  int64_t index = 0;      ///< 0-based, for Index
  std::string name = {};  ///< for Name

  /// "last", "first", "none", "4", "species".
  static std::string expects();
  static std::optional<LabelColumn> parse(const std::string& text);
  std::string text() const;
};

/// Whether a CSV file's first line names its columns.
enum class Header { Auto, Yes, No };
constexpr auto names_of(Header) {
  return std::to_array<EnumName<Header>>(
      {{Header::Auto, "auto"}, {Header::Yes, "yes"}, {Header::No, "no"}});
}

struct CsvOptions {
  LabelColumn label_column;
  Header header = Header::Auto;
  ColumnChoice choice = {};
  /// What the columns are, where a model knows it; null: what the cells look like.
  std::shared_ptr<const datasets::TableSchema> known = nullptr;
};

/// A cell is no finite number, in a table that was taken for one of numbers alone.
class NoNumberError : public Error {
 public:
  using Error::Error;
};

struct CsvTable {
  at::Tensor values;  ///< float32 [rows, columns without the label]
  at::Tensor labels;  ///< int64 [rows], or undefined with LabelColumn::Kind::None
  std::vector<std::string> class_names;  ///< by label
  /// Of the values, in their order; empty where the file names none. A column without a name is
  /// called by its number among them, "column 0".
  std::vector<std::string> column_names;
  std::string label_name;          ///< of the label's column; empty where it has none
  std::vector<std::string> notes;  ///< what was skipped or may be misread, and why
};

/// Reads rows of numbers from `text` as `CsvReader` splits them; `name` stands for it in errors and
/// notes.
///
/// The first line is skipped, with a note, where it names the columns or where it is metadata in
/// scikit-learn's form, "150,4,setosa,versicolor,virginica": number of rows and columns, then the
/// names of the classes. With Header::Auto it names them where one of its cells differs in kind
/// (number, word, nothing) from the cells below: a word where numbers belong, "0,1,2,label" over
/// numbers, or, as pandas writes an index, an empty first cell. An empty cell elsewhere is a missing
/// value. A note says so, too, where a first line of numbers counts 0, 1, 2, … and was taken for
/// values.
///
/// Classes are numbered from 0: whole numbers in numeric order, words as people sort
/// them, class2 before class10.
///
/// Choice and known columns are not looked at: see `parse_mixed_table`. Throws `NoNumberError` with line
/// (from 1) and column (by name, else from 0) for a cell that is empty or not a finite number, `Error`
/// for a row that is longer or shorter than the first, and for a label column
/// that does not exist or holds fractions.
CsvTable parse_csv(std::string_view text, const std::string& name, const CsvOptions& options = {});

/// Where rows go as they are read.
class CsvSink {
 public:
  virtual ~CsvSink() = default;

  /// A row's values, and the number of its label's cell: different cells are numbered from 0 in the
  /// order in which they come first; 0 where there is no label.
  virtual void take(std::span<const float> values, uint32_t label_cell) = 0;
};

/// What is known of a table when all its rows were read, beside the rows.
struct CsvSummary {
  int64_t rows = 0, values = 0;  ///< and values of a row
  std::vector<int64_t> labels;   ///< by the number of the cell; empty where there is no label
  std::vector<std::string> class_names, column_names;
  std::string label_name;
  std::vector<std::string> notes;
};

/// Reads as `parse_csv` does, a row at a time, and keeps none. Throws what it throws.
CsvSummary stream_csv(std::string_view text, const std::string& name, const CsvOptions& options,
                      CsvSink& sink);

}  // namespace hourglass::sources
