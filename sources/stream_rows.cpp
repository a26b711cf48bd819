#include "hourglass/sources/stream_rows.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/column.h"
#include "hourglass/formats/json.h"
#include "hourglass/sources/table_cells.h"
#include "hourglass/sources/table_row.h"

#include <fmt/format.h>

#include <algorithm>

namespace hourglass::sources {
namespace {

bool has(const CsvCells& cells, const std::string& name) {
  return std::find(cells.begin(), cells.end(), name) != cells.end();
}

/// The number of the column with that name. Throws `Error` where there is none, or several.
size_t place_of(const std::string& name, const std::vector<std::string>& columns) {
  const auto count = std::count(columns.begin(), columns.end(), name);
  if (count == 1) {
    return static_cast<size_t>(std::find(columns.begin(), columns.end(), name) - columns.begin());
  }
  throw Error("header: expected one column '{}', found {}: {}{}", name,
              count == 0 ? "none" : std::to_string(count), datasets::first_names(columns),
              count == 0 ? suggestion(name, columns) : "");
}

std::string cell_of(const nlohmann::json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_structured())
    throw Error("expected a number or a text in each field, found a list or object");
  return value.dump();
}

nlohmann::json parsed(std::string_view line) { return formats::parse_json(line, "the row"); }

/// Where a row has a cell more than values. Throws `Error` where its label's place has no number.
size_t label_place(const LabelColumn& label, size_t cells) {
  switch (label.kind) {
    case LabelColumn::Kind::First: return 0;
    case LabelColumn::Kind::Last: return cells - 1;
    case LabelColumn::Kind::Index:
      if (label.index < static_cast<int64_t>(cells)) return static_cast<size_t>(label.index);
      break;
    default: break;
  }
  throw Error("expected {} cells, found {}", cells - 1, cells);
}

}  // namespace

StreamRows::Kind StreamRows::take(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return Kind::Blank;
  const bool first = std::exchange(first_, false);
  time_.clear();
  decimal_comma_ = false;
  if (line[begin] == '{') {
    take_object(line);
    return Kind::Row;
  }
  if (line[begin] == '[') {
    take_array(line);
    return Kind::Row;
  }
  const CsvReader reader(line, "the row");
  decimal_comma_ = reader.decimal_comma();
  if (is_header(reader.cells(), line, first)) {
    take_header(reader.cells(), line);
    return Kind::Header;
  }
  take_cells(texts_of(reader.cells()));
  return Kind::Row;
}

void StreamRows::resume(const std::string& header) {
  first_ = false;
  if (header.empty()) return;
  try {
    take_header(CsvReader(header, "the header").cells(), header);
  } catch (const Error&) {
    // Columns that it lacked then, it lacks now.
  }
}

bool StreamRows::holds_all_names(const CsvCells& cells) const {
  return std::all_of(form_.names.begin(), form_.names.end(),
                     [&](const std::string& name) { return has(cells, name); });
}

bool StreamRows::holds_a_name(const CsvCells& cells) const {
  return std::any_of(form_.names.begin(), form_.names.end(),
                     [&](const std::string& name) { return has(cells, name); });
}

/// Names that are numbers are a header in the first line alone: elsewhere they may be values. Words
/// that lack some names are a header where they are the first line, or hold another name.
bool StreamRows::is_header(const CsvCells& cells, std::string_view line, bool first) const {
  const bool words = std::all_of(cells.begin(), cells.end(), is_word);
  if (!header_.empty() && line == header_) return true;
  if (form_.names.empty()) return first && words;
  const bool named = std::any_of(form_.names.begin(), form_.names.end(),
                                 [](const std::string& name) { return is_word(name); });
  if (holds_all_names(cells)) return first || named;
  return words && (first || holds_a_name(cells));
}

void StreamRows::take_header(const CsvCells& cells, std::string_view line) {
  knows_columns_ = false;
  header_ = line;
  columns_.clear();
  for (const auto& cell : cells) columns_.push_back(as_name(cell));
  positions_.clear();
  for (const auto& name : form_.names) positions_.push_back(place_of(name, columns_));
  time_position_.reset();
  if (!form_.time_column.empty()) {
    time_position_ = static_cast<size_t>(datasets::column_number(
        form_.time_column, columns_, std::ssize(columns_), "`time_column`"));
  }
  knows_columns_ = true;
}

void StreamRows::take_cells(const std::vector<std::string>& cells) {
  if (!knows_columns_) {
    throw Error("which columns it has is not known since the last header, which lacks some");
  }
  if (header_.empty() || positions_.empty()) return take_in_order(cells);
  if (cells.size() != columns_.size()) {
    throw Error("expected {} cells, as the header has, found {}", columns_.size(), cells.size());
  }
  cells_.clear();
  for (const size_t position : positions_) cells_.push_back(cells[position]);
  if (time_position_) time_ = cells[*time_position_];
}

void StreamRows::take_in_order(const std::vector<std::string>& cells) {
  cells_ = cells;
  auto time = time_position_;
  if (!time && !form_.time_column.empty()) {
    const auto number = parse_integer(form_.time_column);
    if (!number || *number < 0) {
      knows_columns_ = false;
      throw Error("`time_column`: expected a header with '{}', or a number from 0, found neither",
                  form_.time_column);
    }
    time = static_cast<size_t>(*number);
  }
  const auto expected = static_cast<size_t>(form_.width) + (time ? 1 : 0);
  if (time && *time < cells_.size()) {
    time_ = cells_[*time];
    cells_.erase(cells_.begin() + static_cast<std::ptrdiff_t>(*time));
  }
  const auto width = static_cast<size_t>(form_.width);
  if (cells_.size() == width + 1 && form_.label.kind != LabelColumn::Kind::None) {
    const size_t label = label_place(form_.label, cells_.size());
    cells_.erase(cells_.begin() + static_cast<std::ptrdiff_t>(label));
  }
  if (cells_.size() != width) throw Error("expected {} cells, found {}", expected, cells.size());
}

void StreamRows::take_array(std::string_view line) {
  std::vector<std::string> cells;
  for (const auto& value : parsed(line)) cells.push_back(cell_of(value));
  take_in_order(cells);
}

void StreamRows::take_object(std::string_view line) {
  const nlohmann::json object = parsed(line);
  if (form_.names.empty()) {
    throw Error("expected a list of values, as the model's have no names, found an object");
  }
  const auto field = [&](const std::string& name) {
    if (object.contains(name)) return cell_of(object.at(name));
    throw Error("expected a field '{}', found none", name);
  };
  cells_.clear();
  for (const auto& name : form_.names) cells_.push_back(field(name));
  if (!form_.time_column.empty()) time_ = field(form_.time_column);
}

void StreamRows::parse(std::span<float> values) const {
  if (form_.schema) return parse_table_row(cells_, *form_.schema, decimal_comma_, values);
  for (size_t i = 0; i < cells_.size(); ++i) {
    if (const auto number = cell_number(cells_[i], decimal_comma_)) {
      values[i] = static_cast<float>(*number);
      continue;
    }
    const bool named = i < form_.names.size();
    throw Error("column {}: expected a number, found {}",
                named ? fmt::format("'{}'", shown(form_.names[i])) : std::to_string(i),
                cells_[i].empty() ? "an empty cell" : fmt::format("'{}'", shown(cells_[i])));
  }
}

}  // namespace hourglass::sources
