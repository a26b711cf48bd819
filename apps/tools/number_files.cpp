#include "hourglass/apps/tools/number_files.h"

#include "hourglass/apps/tools/tool.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/npy.h"
#include "hourglass/models/layers.h"
#include "hourglass/sources/csv.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <iostream>
#include <iterator>

namespace hourglass::apps {

using namespace formats;
using namespace sources;

namespace {

std::string csv_header(const std::string& column, int64_t columns, bool labelled) {
  std::vector<std::string> names;
  for (int64_t c = 1; c <= columns; ++c) names.push_back(column + std::to_string(c));
  if (labelled) names.emplace_back("label");
  return join_text(names, ",") + "\n";
}

std::string csv_text(const at::Tensor& rows, const std::string& column,
                     const std::vector<std::string>& labels) {
  const at::Tensor table = rows.flatten(1).to(at::kFloat).contiguous();
  std::string text = csv_header(column, table.size(1), !labels.empty());
  const float* value = table.data_ptr<float>();
  for (int64_t r = 0; r < table.size(0); ++r) {
    for (int64_t c = 0; c < table.size(1); ++c) {
      fmt::format_to(std::back_inserter(text), "{}{}", c == 0 ? "" : ",", *value++);
    }
    if (!labels.empty()) text += "," + csv_cell(labels[static_cast<size_t>(r)]);
    text += "\n";
  }
  return text;
}

std::string read_stream(std::istream& stream) {
  return {std::istreambuf_iterator<char>(stream), {}};
}

at::Tensor parse_numbers(const std::string& bytes, const std::string& name) {
  if (bytes.starts_with("\x93NUMPY")) return parse_npy(bytes, name).to(at::kFloat);
  std::string first_line = bytes.substr(0, bytes.find('\n'));
  if (first_line.ends_with('\r')) first_line.pop_back();
  const bool labelled = first_line.ends_with("label");
  return parse_csv(bytes, name,
                   {.label_column = {labelled ? LabelColumn::Kind::Last : LabelColumn::Kind::None}})
      .values;
}

}  // namespace

void expect_number_file(const std::string& path, const std::string& option) {
  if (path == "-" || path.ends_with(".csv") || path.ends_with(".npy")) return;
  throw UsageError("{}: expected a name that ends in .csv or .npy, or -, found '{}'", option, path);
}

void write_numbers(const std::filesystem::path& path, const at::Tensor& rows,
                   const std::string& column, const std::vector<std::string>& labels) {
  if (path.extension() == ".npy") return write_npy(path, rows);
  write_output(path, csv_text(rows, column, labels));
}

at::Tensor read_numbers(const std::string& path) {
  const std::string name = path == "-" ? "standard input" : path;
  const std::string bytes = path == "-" ? read_stream(std::cin) : read_file(path);
  const at::Tensor rows = parse_numbers(bytes, name);
  if (rows.dim() < 2 || rows.numel() == 0) {
    throw Error("{}: expected rows of numbers, found an array of shape [{}]", name,
                shape_text(rows.sizes().vec()));
  }
  const at::Tensor finite = at::isfinite(rows.flatten(1)).all(1);
  if (!finite.all().item<bool>()) {
    throw Error("{}: expected finite numbers, found another in row {}", name,
                at::nonzero(finite.logical_not())[0].item<int64_t>());
  }
  return rows;
}

}  // namespace hourglass::apps
