#include "hourglass/evaluation/item_errors.h"

#include "hourglass/core/text.h"
#include "hourglass/evaluation/errors.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <iterator>

namespace hourglass::evaluation {

std::vector<ErrorColumn> item_errors(const at::Tensor& reconstructions, const at::Tensor& targets,
                                     ValueRange range) {
  std::vector<ErrorColumn> columns = {
      {"mse", item_mse(reconstructions, targets)},
      {"mae", item_mae(reconstructions, targets)},
      {"psnr", item_psnr(reconstructions, targets, range.high - range.low)}};
  if (has_bce(reconstructions, targets)) {
    columns.push_back({"bce", item_bce(reconstructions, targets)});
  }
  return columns;
}

std::string errors_csv(const std::vector<ErrorColumn>& columns, const ItemNames& names,
                       const std::vector<std::string>& labels) {
  std::string text = names.csv_header() + (labels.empty() ? "" : ",label");
  for (const auto& column : columns) text += "," + column.name;
  text += "\n";
  for (size_t i = 0; i < names.size(); ++i) {
    text += names.csv_cells(i);
    if (!labels.empty()) text += "," + csv_cell(labels[i]);
    for (const auto& column : columns) {
      fmt::format_to(std::back_inserter(text), ",{:.9g}", column.values.data_ptr<double>()[i]);
    }
    text += "\n";
  }
  return text;
}

nlohmann::json mean_errors(const std::vector<ErrorColumn>& columns) {
  nlohmann::json means = nlohmann::json::object();
  for (const auto& column : columns) means[column.name] = column.values.mean().item<double>();
  return means;
}

}  // namespace hourglass::evaluation
