#include "hourglass/datasets/table_schema.h"

#include "hourglass/core/error.h"
#include "hourglass/core/quantile.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <set>

namespace hourglass::datasets {
namespace {

/// The cells of some rows that are not missing, in their order.
std::vector<double> known_values(const TableColumn& column, const at::Tensor& rows) {
  const at::Tensor values = rows.defined() ? column.values.index_select(0, rows) : column.values;
  const double* cells = values.const_data_ptr<double>();
  std::vector<double> known;
  for (int64_t i = 0; i < values.size(0); ++i) {
    if (!std::isnan(cells[i])) known.push_back(cells[i]);
  }
  if (known.empty()) {
    throw Error(
        "column '{}': expected a cell in some training row, found all missing: use `drop` {}",
        column.name, column.name);
  }
  return known;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::vector<std::string> categories_among(const TableColumn& column,
                                          const std::vector<double>& places) {
  std::vector<std::string> categories;
  for (const double place : std::set<double>(places.begin(), places.end())) {
    categories.push_back(column.words[static_cast<size_t>(place)]);
  }
  std::sort(categories.begin(), categories.end(), natural_less);
  return categories;
}

/// Whether the phase is another in some of the rows.
bool varies(DatePart part, const std::vector<double>& moments) {
  const double first = phase_of(part, moments.front());
  return std::any_of(moments.begin(), moments.end(),
                     [&](double moment) { return phase_of(part, moment) != first; });
}

SchemaColumn fit_column(const TableColumn& column, const at::Tensor& rows, Imputation imputation) {
  const std::vector<double> known = known_values(column, rows);
  SchemaColumn fitted{.name = column.name, .kind = column.kind};
  const int64_t count = rows.defined() ? rows.size(0) : column.values.size(0);
  fitted.has_missing = std::ssize(known) < count;
  switch (column.kind) {
    case ColumnKind::Category: fitted.categories = categories_among(column, known); break;
    case ColumnKind::Date:
      for (const auto& [part, name] : names_of(DatePart{})) {
        if (varies(part, known)) fitted.parts.push_back(part);
      }
      break;
    default: fitted.fill = imputation == Imputation::Mean ? mean_of(known) : median_of(known);
  }
  return fitted;
}

/// Where the values of one column stand in the rows of all.
struct Place {
  float* values;
  bool* missing;
  int64_t stride;
};

/// A number or a boolean, and its indicator.
void encode_value(const TableColumn& column, const SchemaColumn& schema, const Place& to) {
  const double* cells = column.values.const_data_ptr<double>();
  for (int64_t row = 0; row < column.values.size(0); ++row) {
    float* values = to.values + row * to.stride;
    const bool missing = std::isnan(cells[row]);
    if (missing && !schema.fill) {
      throw Error("row {}, column '{}': expected a number, as all training rows have, found none",
                  row, column.name);
    }
    values[0] = static_cast<float>(missing ? *schema.fill : cells[row]);
    to.missing[row * to.stride] = missing;
    if (schema.has_missing) values[1] = missing ? 1 : 0;
  }
}

/// The place of each word among a category's values.
std::vector<int64_t> category_places(const TableColumn& column, const SchemaColumn& schema) {
  std::vector<int64_t> places;
  for (const auto& word : column.words) {
    const auto found = std::find(schema.categories.begin(), schema.categories.end(), word);
    places.push_back(found == schema.categories.end() ? schema.width() - 1
                                                      : found - schema.categories.begin());
  }
  return places;
}

void encode_category(const TableColumn& column, const SchemaColumn& schema, const Place& to) {
  const std::vector<int64_t> places = category_places(column, schema);
  const int64_t for_missing =
      schema.has_missing ? std::ssize(schema.categories) : schema.width() - 1;
  const double* cells = column.values.const_data_ptr<double>();
  for (int64_t row = 0; row < column.values.size(0); ++row) {
    const int64_t place =
        std::isnan(cells[row]) ? for_missing : places[static_cast<size_t>(cells[row])];
    to.values[row * to.stride + place] = 1;
  }
}

void encode_date(const TableColumn& column, const SchemaColumn& schema, const Place& to) {
  const double* cells = column.values.const_data_ptr<double>();
  for (int64_t row = 0; row < column.values.size(0); ++row) {
    float* value = to.values + row * to.stride;
    const bool missing = std::isnan(cells[row]);
    for (const DatePart part : schema.parts) {
      const double angle = missing ? 0 : 2 * std::numbers::pi * phase_of(part, cells[row]);
      *value++ = missing ? 0.5F : static_cast<float>((1 + std::sin(angle)) / 2);
      *value++ = missing ? 0.5F : static_cast<float>((1 + std::cos(angle)) / 2);
    }
    if (schema.has_missing) *value = missing ? 1 : 0;
  }
}

/// "'violet' (3), 'pink' (1)": words that training rows lack, with their numbers of cells.
std::string unknown_words(const TableColumn& column, const SchemaColumn& schema) {
  constexpr size_t kShown = 5;
  const std::vector<int64_t> places = category_places(column, schema);
  std::vector<std::string> texts;
  size_t words = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i] != schema.width() - 1) continue;
    const auto cells = column.values.eq(static_cast<double>(i)).sum().item<int64_t>();
    if (cells > 0 && ++words <= kShown) {
      texts.push_back(
          fmt::format("'{}' ({})", shortened(column.words[i], 40), with_thousands(cells)));
    }
  }
  if (words > kShown) texts.push_back(fmt::format("{} more", words - kShown));
  return join_text(texts);
}

std::string counted(size_t count, const std::string& one, const std::string& many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace

int64_t SchemaColumn::width() const {
  const int64_t indicator = has_missing ? 1 : 0;
  switch (kind) {
    case ColumnKind::Category: return std::ssize(categories) + indicator + 1;
    case ColumnKind::Date: return parts.empty() ? 0 : 2 * std::ssize(parts) + indicator;
    default: return 1 + indicator;
  }
}

std::vector<std::string> SchemaColumn::value_names() const {
  std::vector<std::string> names;
  if (kind == ColumnKind::Number || kind == ColumnKind::Boolean) names.push_back(name);
  for (const auto& category : categories) names.push_back(name + "=" + category);
  for (const DatePart part : parts) {
    names.push_back(fmt::format("{} {} sine", name, enum_name(part)));
    names.push_back(fmt::format("{} {} cosine", name, enum_name(part)));
  }
  if (has_missing && width() > 0) names.push_back(name + " missing");
  if (kind == ColumnKind::Category) names.push_back(name + " other");
  return names;
}

int64_t TableSchema::width() const {
  int64_t width = 0;
  for (const auto& column : columns) width += column.width();
  return width;
}

std::vector<std::string> TableSchema::value_names() const {
  std::vector<std::string> names;
  for (const auto& column : columns) {
    for (auto& name : column.value_names()) names.push_back(std::move(name));
  }
  return names;
}

std::vector<bool> TableSchema::scaled() const {
  std::vector<bool> scaled;
  for (const auto& column : columns) {
    for (int64_t i = 0; i < column.width(); ++i) scaled.push_back(i == 0 && column.is_scaled());
  }
  return scaled;
}

std::vector<std::string> TableSchema::names() const {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

std::vector<int64_t> TableSchema::first_values() const {
  std::vector<int64_t> firsts;
  int64_t first = 0;
  for (const auto& column : columns) {
    firsts.push_back(first);
    first += column.width();
  }
  return firsts;
}

TableSchema fit_schema(const Table& table, const at::Tensor& rows, Imputation imputation) {
  TableSchema schema;
  for (const auto& column : table.columns) {
    schema.columns.push_back(fit_column(column, rows, imputation));
  }
  schema.id_column = table.id_column;
  if (schema.width() == 0) throw Error("expected a column that differs among rows, found none");
  return schema;
}

TableValues encode(const Table& table, const TableSchema& schema) {
  const int64_t width = schema.width();
  TableValues encoded = {at::zeros({table.rows(), width}, at::kFloat),
                         at::zeros({table.rows(), width}, at::kBool)};
  Place place = {encoded.values.mutable_data_ptr<float>(), encoded.missing.mutable_data_ptr<bool>(),
                 width};
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    const SchemaColumn& column = schema.columns[i];
    switch (column.kind) {
      case ColumnKind::Category: encode_category(table.columns[i], column, place); break;
      case ColumnKind::Date:
        if (column.width() > 0) encode_date(table.columns[i], column, place);
        break;
      default: encode_value(table.columns[i], column, place);
    }
    place.values += column.width();
    place.missing += column.width();
  }
  return encoded;
}

std::vector<std::string> unknown_cells(const Table& table, const TableSchema& schema) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    const TableColumn& column = table.columns[i];
    const SchemaColumn& known = schema.columns[i];
    if (known.kind == ColumnKind::Category) {
      const std::string words = unknown_words(column, known);
      if (!words.empty()) {
        texts.push_back(
            fmt::format("column '{}' has words that training rows lack: {}", column.name, words));
      }
    }
    const int64_t missing = column.missing();
    if (missing > 0 && !known.has_missing) {
      texts.push_back(
          fmt::format("column '{}' has {} missing cell{}, of which training rows have none{}",
                      column.name, with_thousands(missing), missing == 1 ? "" : "s",
                      known.fill ? fmt::format(": they become {:.6g}", *known.fill) : ""));
    }
  }
  return texts;
}

std::string schema_text(const Table& table, const TableSchema& schema) {
  std::array<size_t, 4> counts = {};
  std::vector<std::string> categories, texts;
  int64_t missing = 0;
  size_t columns_that_miss = 0;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    const auto& column = schema.columns[i];
    ++counts[static_cast<size_t>(column.kind)];
    if (column.kind == ColumnKind::Category) {
      categories.push_back(fmt::format("{}: {}", column.name, column.categories.size()));
    }
    const int64_t of_column = table.columns[i].missing();
    if (of_column > 0) ++columns_that_miss;
    missing += of_column;
  }
  const auto add = [&](ColumnKind kind, const std::string& one, const std::string& many,
                       const std::string& more = "") {
    const size_t count = counts[static_cast<size_t>(kind)];
    if (count > 0) texts.push_back(counted(count, one, many) + more);
  };
  add(ColumnKind::Number, "number", "numbers");
  add(ColumnKind::Category, "category", "categories", " (" + join_text(categories) + ")");
  add(ColumnKind::Boolean, "boolean", "booleans");
  add(ColumnKind::Date, "date", "dates");
  std::string text = fmt::format("{} in {} values", join_text(texts), schema.width());
  if (missing == 0) return text;
  return text + fmt::format("; {} missing cells in {} have indicators", with_thousands(missing),
                            counted(columns_that_miss, "column", "columns"));
}

}  // namespace hourglass::datasets
