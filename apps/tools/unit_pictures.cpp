#include "hourglass/apps/tools/unit_pictures.h"

#include "hourglass/core/error.h"
#include "hourglass/core/item_kind.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace hourglass::apps {
namespace {

DrawnItems named_items(const std::string& dataset, const RowOptions& options,
                       const SelectedRows& own) {
  if (dataset.empty()) {
    const auto& info = own.splits.info;
    return {own.rows, {info.lowest, info.highest}};
  }
  const auto splits = sources::open_data({.dataset = dataset,
                                          .data_dir = options.data.data_dir,
                                          .validation = {datasets::Validation::Kind::None}},
                                         1);
  return {splits.training, {splits.info.lowest, splits.info.highest}};
}

}  // namespace

DrawnItems items_to_draw(const std::string& dataset, const RowOptions& options,
                         const SelectedRows& own) {
  DrawnItems items = named_items(dataset, options, own);
  if (item_kind(items.rows->item_shape()) != ItemKind::Vector) return items;
  throw Error(
      "expected items that can be drawn, found rows of numbers; --items names the images that they "
      "are the activations of, and --item-shape gives numbers a shape");
}

figures::Picture draw_units(const evaluation::StrongestItems& found,
                            const std::vector<int64_t>& units, const DrawnItems& items,
                            const at::Tensor& places, const std::string& title,
                            const ItemStyle& style) {
  std::vector<ItemRow> rows;
  for (const int64_t unit : units) {
    const at::Tensor numbers = places[unit];
    if (numbers.max().item<int64_t>() >= items.rows->size()) {
      throw Error("--items: expected a row for each of the model's, found {} and row {}",
                  items.rows->size(), numbers.max().item<int64_t>());
    }
    rows.push_back({fmt::format("{} ({:.1f} %)", unit, 100 * found.share[unit].item<double>()),
                    items.rows->batch(numbers).input, items.range});
  }
  return draw_items(rows, {}, title, static_cast<int>(found.rows.size(1)), style);
}

}  // namespace hourglass::apps
