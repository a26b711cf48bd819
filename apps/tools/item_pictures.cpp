#include "hourglass/apps/tools/item_pictures.h"

#include "hourglass/core/item_kind.h"
#include "hourglass/figures/image_grid.h"
#include "hourglass/figures/vector_grid.h"
#include "hourglass/runs/run_title.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

namespace hourglass::apps {

using namespace evaluation;
using namespace figures;

namespace {

/// Values that a rounding error away from the range are still in it.
constexpr double kRangeTolerance = 1e-3;

/// Sequences are drawn as grey images, a line a step.
bool are_images(const at::Tensor& items) {
  return item_kind(items.sizes().slice(1)) != ItemKind::Vector;
}

Picture draw_images(const std::vector<ItemRow>& rows, const std::vector<std::string>& captions,
                    const std::string& title, int columns, const ItemStyle& style) {
  std::vector<ImageRow> images;
  for (const auto& row : rows) {
    const ColorMap map = row.map == ColorMap::Gray ? style.map.value_or(row.map) : row.map;
    images.push_back({row.label, row.items, {}, row.range, map});
  }
  images.front().captions = captions;
  return image_grid(images, {.title = title, .columns = columns});
}

}  // namespace

Picture draw_items(const std::vector<ItemRow>& rows, const std::vector<std::string>& captions,
                   const std::string& title, int columns, const ItemStyle& style) {
  if (are_images(rows.front().items)) return draw_images(rows, captions, title, columns, style);
  std::vector<VectorRow> vectors;
  vectors.reserve(rows.size());
  for (const auto& row : rows) vectors.push_back({row.label, row.items.flatten(1)});
  const bool fits = std::ssize(style.column_names) == vectors.front().values.size(1);
  return vector_grid(vectors,
                     {.title = title,
                      .captions = captions,
                      .feature_names = fits ? style.column_names : std::vector<std::string>()});
}

ItemStyle item_style(const ExportedModel& model, const recipes::PictureLook& look) {
  check_value_map(look);
  return {look.value_map(), column_names(model)};
}

std::string model_name(const ExportedModel& model) {
  const auto& card = model.card();
  if (card && !card->variant.empty()) return runs::model_title(*card);
  return model.path().filename().string();
}

std::vector<std::string> column_names(const ExportedModel& model) {
  const auto& card = model.card();
  if (!card || !card->data) return {};
  return formats::target_columns(*card->data, card->target_shape);
}

ValueRange value_range(const ExportedModel& model, const at::Tensor& items) {
  if (!model.card() || !model.card()->value_range) return range_of(items);
  return *model.card()->value_range;
}

ItemRow output_row(std::string label, const at::Tensor& items, ValueRange range) {
  const ValueRange found = range_of(items);
  const double slack = kRangeTolerance * (range.high - range.low);
  const bool inside = found.low >= range.low - slack && found.high <= range.high + slack;
  if (inside || !are_images(items)) return {std::move(label), items, range};
  return {std::move(label) + ", scaled", items, std::nullopt};
}

Picture draw_reconstructions(const Reconstructions& all, const std::vector<std::string>& captions,
                             const std::string& title, ValueRange range, bool absolute_error,
                             const ItemStyle& style) {
  const int64_t count = std::min(kMostDrawnItems, all.outputs.size(0));
  const auto first = [&](const at::Tensor& rows) { return rows.narrow(0, 0, count); };
  std::vector<ItemRow> rows = {{"original", first(all.items.target), range}};
  if (all.inputs_differ()) rows.push_back({"input", first(all.items.input), range});
  rows.push_back(output_row("reconstruction", first(all.outputs), range));
  if (absolute_error) {
    const at::Tensor errors = (first(all.outputs) - first(all.items.target)).abs();
    rows.push_back({"absolute error", errors, std::nullopt, ColorMap::Viridis});
  }
  return draw_items(rows, {captions.begin(), captions.begin() + count}, title, 0, style);
}

}  // namespace hourglass::apps
