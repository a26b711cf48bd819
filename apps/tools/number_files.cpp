#include "hourglass/apps/tools/number_files.h"

#include "hourglass/apps/tools/tool.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/npy.h"
#include "hourglass/sources/csv.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <iostream>
#include <iterator>

namespace hourglass::apps {

using namespace formats;
using namespace sources;

namespace {

std::string csv_header(std::vector<std::string> columns, bool labelled) {
  if (labelled) columns.emplace_back("label");
  return csv_line(std::move(columns));
}

template <class Number>
std::string csv_rows(const at::Tensor& table, const std::vector<std::string>& labels) {
  std::string text;
  const Number* value = table.data_ptr<Number>();
  for (int64_t r = 0; r < table.size(0); ++r) {
    for (int64_t c = 0; c < table.size(1); ++c) {
      fmt::format_to(std::back_inserter(text), "{}{}", c == 0 ? "" : ",", *value++);
    }
    if (!labels.empty()) text += "," + csv_cell(labels[static_cast<size_t>(r)]);
    text += "\n";
  }
  return text;
}

std::string csv_text(const at::Tensor& rows, const std::vector<std::string>& columns,
                     const std::vector<std::string>& labels) {
  const at::Tensor table = rows.flatten(1).contiguous();
  const std::string header = csv_header(columns, !labels.empty());
  if (table.scalar_type() == at::kLong) return header + csv_rows<int64_t>(table, labels);
  return header + csv_rows<float>(table.to(at::kFloat), labels);
}

std::string read_stream(std::istream& stream) {
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> names_of_labels(const CsvTable& table) {
  std::vector<std::string> names;
  if (!table.labels.defined()) return names;
  const auto* label = table.labels.data_ptr<int64_t>();
  for (int64_t r = 0; r < table.labels.size(0); ++r) {
    names.push_back(table.class_names[static_cast<size_t>(label[r])]);
  }
  return names;
}

NumberRows parse_numbers(const std::string& bytes, const std::string& name) {
  if (bytes.starts_with("\x93NUMPY")) {
    const at::Tensor values = parse_npy(bytes, name);
    return {values.scalar_type() == at::kLong ? values : values.to(at::kFloat), {}};
  }
  std::string first_line = bytes.substr(0, bytes.find('\n'));
  if (first_line.ends_with('\r')) first_line.pop_back();
  const bool labelled = first_line.ends_with("label");
  const CsvTable table =
      parse_csv(bytes, name,
                {.label_column = {labelled ? LabelColumn::Kind::Last : LabelColumn::Kind::None}});
  return {table.values, names_of_labels(table), table.column_names};
}

}  // namespace

void expect_number_file(const std::string& path, const std::string& option) {
  if (path == "-" || path.ends_with(".csv") || path.ends_with(".npy")) return;
  throw UsageError("{}: expected a name that ends in .csv or .npy, or -, found '{}'", option, path);
}

std::vector<std::string> numbered_columns(const std::string& column, int64_t count) {
  std::vector<std::string> names;
  for (int64_t c = 0; c < count; ++c) names.push_back(column + std::to_string(c));
  return names;
}

void write_numbers(const std::filesystem::path& path, const at::Tensor& rows,
                   const std::vector<std::string>& columns,
                   const std::vector<std::string>& labels) {
  if (path.extension() == ".npy") return write_npy(path, rows);
  write_output(path, csv_text(rows, columns, labels));
}

NumberRows read_numbers(const std::string& path) {
  const std::string name = path == "-" ? "standard input" : path;
  const std::string bytes = path == "-" ? read_stream(std::cin) : read_file(path);
  NumberRows rows = parse_numbers(bytes, name);
  if (rows.values.dim() < 2 || rows.values.numel() == 0) {
    throw Error("{}: expected rows of numbers, found an array of shape [{}]", name,
                shape_text(rows.values.sizes().vec()));
  }
  const at::Tensor finite = at::isfinite(rows.values.flatten(1)).all(1);
  if (!finite.all().item<bool>()) {
    throw Error("{}: expected finite numbers, found another in row {}", name,
                at::nonzero(finite.logical_not())[0].item<int64_t>());
  }
  return rows;
}

}  // namespace hourglass::apps
