#include "hourglass/sources/column_plan.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/column.h"
#include "hourglass/sources/csv_preamble.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace hourglass::sources {
namespace {

using ColumnTitles = std::vector<std::string>;

bool contains(const ColumnTitles& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// What columns are called, "column 3" where the file has no name.
ColumnTitles full_names(size_t width, const ColumnTitles& names) {
  ColumnTitles full = names;
  full.resize(width);
  for (size_t i = 0; i < width; ++i) {
    if (full[i].empty()) full[i] = fmt::format("column {}", i);
  }
  return full;
}

/// The columns of a file, and where to complain of them.
struct File {
  ColumnTitles names;
  bool named;
  const std::string& table;

  size_t find(const std::string& column, const char* option) const {
    return static_cast<size_t>(datasets::column_number(column, names, std::ssize(names),
                                                       fmt::format("{}: `{}`", table, option)));
  }

  std::set<size_t> find_all(const ColumnTitles& columns, const char* option) const {
    std::set<size_t> found;
    for (const auto& column : columns) found.insert(find(column, option));
    return found;
  }
};

/// The choice's id, else that of training where the file has it.
std::optional<size_t> find_id(const File& file, const CsvOptions& options) {
  if (!options.choice.id_column.empty()) return file.find(options.choice.id_column, "id_column");
  const auto& known = options.known;
  const bool same = known && !known->id_column.empty() && contains(file.names, known->id_column);
  if (!same) return {};
  return file.find(known->id_column, "id_column");
}

/// Of the columns at `left`, those that the model knows, in its order. It has seen others that were
/// dropped.
std::vector<size_t> find_known(const File& file, const std::vector<size_t>& left,
                               const datasets::TableSchema& known) {
  std::vector<size_t> found;
  ColumnTitles names;
  for (const size_t i : left) names.push_back(file.names[i]);
  for (const auto& column : known.columns) {
    const auto count = std::count(names.begin(), names.end(), column.name);
    if (count != 1) {
      throw Error("{}: expected {} column '{}', as in training, found {}{}", file.table,
                  count == 0 ? "a" : "one", column.name,
                  count == 0 ? datasets::first_names(names) : fmt::format("{}", count),
                  count == 0 ? suggestion(column.name, names) : "");
    }
    const auto at = std::find(names.begin(), names.end(), column.name) - names.begin();
    found.push_back(left[static_cast<size_t>(at)]);
  }
  for (const auto& name : names) {
    if (contains(known.names(), name) || contains(known.dropped, name)) continue;
    throw Error("{}: expected the columns of training, found another one, '{}': use `drop` {}",
                file.table, name, name);
  }
  return found;
}

std::vector<size_t> value_places(const File& file, const std::vector<size_t>& left,
                                 const CsvOptions& options) {
  if (!options.known) return left;
  const datasets::TableSchema& known = *options.known;
  if (file.named && known.named) return find_known(file, left, known);
  if (left.size() == known.columns.size()) return left;
  throw Error("{}: expected {} columns of values, as in training, found {}", file.table,
              known.columns.size(), left.size());
}

}  // namespace

ColumnPlan plan_columns(size_t width, const ColumnTitles& names, const CsvOptions& options,
                        const std::string& table) {
  const File file = {full_names(width, names), !names.empty(), table};
  const ColumnChoice& choice = options.choice;
  ColumnPlan plan = {.columns = csv_columns(width, names, options.label_column, table)};
  plan.id = find_id(file, options);
  const std::set<size_t> drop = file.find_all(choice.drop, "drop"),
                         only = file.find_all(choice.columns, "columns");
  auto& label = plan.columns.label;
  // The last column is the label unless it is asked for as something else.
  const bool by_default = options.label_column.kind == LabelColumn::Kind::Last;
  if (label &&
      (drop.contains(*label) || (by_default && (only.contains(*label) || plan.id == label)))) {
    label.reset();
  }
  std::vector<size_t> left;
  for (size_t i = 0; i < width; ++i) {
    if (i == label || i == plan.id) continue;
    const bool taken = !drop.contains(i) && (only.empty() || only.contains(i));
    if (taken) left.push_back(i);
    if (!taken) plan.dropped.push_back(file.names[i]);
  }
  plan.values = value_places(file, left, options);
  if (plan.values.empty()) throw Error("{}: expected columns of values, found none left", table);
  for (const size_t i : plan.values) plan.names.push_back(file.names[i]);
  for (const size_t i : file.find_all(choice.categories, "category_columns")) {
    plan.categories.push_back(file.names[i]);
  }
  return plan;
}

CsvOptions with_known_label(CsvOptions options, size_t width, const ColumnTitles& names) {
  const auto& known = options.known;
  if (!known || options.label_column.kind != LabelColumn::Kind::Last) return options;
  const bool by_name = known->named && !names.empty();
  if (by_name && !known->label_column.empty() && contains(names, known->label_column)) {
    options.label_column = {LabelColumn::Kind::Name, 0, known->label_column};
  } else if (by_name ? contains(known->names(), names.back()) : width == known->columns.size()) {
    options.label_column = {LabelColumn::Kind::None};
  }
  return options;
}

}  // namespace hourglass::sources
