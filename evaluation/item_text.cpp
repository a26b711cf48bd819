#include "hourglass/evaluation/item_text.h"

#include "hourglass/core/item_kind.h"
#include "hourglass/core/printable.h"
#include "hourglass/core/text_table.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace hourglass::evaluation {
namespace {

/// How the numbers of an item are written, all alike.
enum class Digits { Hexadecimal, Whole, Real };

Digits digits_of(const at::Tensor& item) {
  if (!item.equal(item.round())) return Digits::Real;
  const bool small = item.min().item<double>() >= 0 && item.max().item<double>() <= 16;
  return small ? Digits::Hexadecimal : Digits::Whole;
}

std::string cell_text(double value, Digits digits) {
  switch (digits) {
    case Digits::Hexadecimal: return fmt::format("{:2X}", static_cast<int64_t>(value));
    case Digits::Whole: return fmt::format("{:4}", static_cast<int64_t>(value));
    case Digits::Real: return fmt::format("{:9.4g}", value);
  }
  return "";
}

/// Lines of an image [C, H, W] or a sequence [T, F].
std::string numbers_text(const at::Tensor& item) {
  const at::Tensor rows = item.reshape({-1, item.size(-1)}).to(at::kDouble).contiguous();
  const Digits digits = digits_of(rows);
  const auto* value = rows.const_data_ptr<double>();
  std::string text;
  for (int64_t r = 0; r < rows.size(0); ++r) {
    for (int64_t c = 0; c < rows.size(1); ++c) {
      text += (c == 0 ? "" : " ") + cell_text(*value++, digits);
    }
    text += "\n";
  }
  return text;
}

/// `items` is [N, D].
std::string lines_of_table(const at::Tensor& items, const ItemNames& names,
                           const std::vector<std::string>& labels,
                           const std::vector<std::string>& column_names) {
  std::vector<std::string> header = {"row"};
  const bool named = std::ssize(column_names) == items.size(1);
  for (int64_t d = 0; d < items.size(1); ++d) {
    header.push_back(named ? column_names[static_cast<size_t>(d)] : fmt::format("column {}", d));
  }
  if (!labels.empty()) header.emplace_back("class");
  TextTable table(header);
  for (size_t i = 0; i < names.size(); ++i) {
    std::vector<std::string> cells = {names.text(i)};
    const at::Tensor item = items[static_cast<int64_t>(i)];
    for (int64_t d = 0; d < item.size(0); ++d) {
      cells.push_back(fmt::format("{:.6g}", item[d].item<float>()));
    }
    if (!labels.empty()) cells.push_back(labels[i]);
    table.add(cells);
  }
  return table.text("");
}

}  // namespace

std::string items_text(const at::Tensor& items, const ItemNames& names,
                       const std::vector<std::string>& labels,
                       const std::vector<std::string>& column_names) {
  if (item_kind(items.sizes().slice(1)) == ItemKind::Vector) {
    return lines_of_table(items.flatten(1), names, labels, column_names);
  }
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    text += printable(fmt::format("row {}{}{}", names.text(i),
                                  names.files.empty() ? "" : ", " + names.files[i],
                                  labels.empty() ? "" : ": " + labels[i])) +
            "\n";
    text += numbers_text(items[static_cast<int64_t>(i)]);
  }
  return text;
}

nlohmann::json items_json(const at::Tensor& items, const ItemNames& names,
                          const std::vector<std::string>& labels, bool with_values) {
  nlohmann::json list = nlohmann::json::array();
  for (size_t i = 0; i < names.size(); ++i) {
    nlohmann::json item = {{"row", names.rows[i]}};
    if (!names.files.empty()) item["file"] = names.files[i];
    if (!labels.empty()) item["label"] = labels[i];
    if (with_values) {
      const at::Tensor values = items[static_cast<int64_t>(i)].flatten();
      const float* first = values.data_ptr<float>();
      item["values"] = std::vector<float>(first, first + values.numel());
    }
    list.push_back(item);
  }
  return list;
}

}  // namespace hourglass::evaluation
