#include "hourglass/apps/tools/generated_items.h"

#include "hourglass/core/error.h"
#include "hourglass/core/item_kind.h"
#include "hourglass/core/shape.h"
#include "hourglass/figures/manifold.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace hourglass::apps {
namespace {

using namespace figures;

constexpr int64_t kMostBeside = 12;

/// Items in the first rows that their codes are said to have, labels beside them.
std::vector<ItemRow> rows_of(const GeneratedItems& all, const std::vector<std::string>& labels) {
  const int64_t per_row = all.items.size(0) / std::ssize(labels);
  const int64_t shown = std::min(kMostDrawnItems, per_row);
  std::vector<ItemRow> drawn;
  for (size_t r = 0; r < std::min(kMostDrawnRows, labels.size()); ++r) {
    const at::Tensor items = all.items.narrow(0, static_cast<int64_t>(r) * per_row, shown);
    drawn.push_back(output_row(labels[r], items, all.range));
  }
  return drawn;
}

}  // namespace

GeneratedItems generate_items(const CodeOptions& options, const CodeSurroundings& surroundings,
                              const recipes::PictureLook& look) {
  evaluation::ExportedModel& model = surroundings.model;
  GeneratedItems all;
  // The style first: a wrong one is said before anything is read or fitted.
  all.style = item_style(model, look);
  all.model = model_name(model);
  all.generated = make_codes(options, surroundings);
  all.generated.title = fmt::format("{}: {}", all.model, all.generated.title);
  all.codes = evaluation::shaped_codes(model, all.generated.codes, "--at");
  all.items = model.decode(all.codes, all.generated.conditions);
  all.range = value_range(model, all.items);
  return all;
}

Picture draw_generated(const GeneratedItems& all, const CodeOptions& options,
                       const recipes::PictureLook& look) {
  const GeneratedCodes& generated = all.generated;
  if (!generated.grid.first.empty() && holds_images(all.items)) {
    return manifold(all.items, generated.grid.first, generated.grid.second,
                    {.title = generated.title,
                     .x_label = fmt::format("component {}", options.dims[0]),
                     .y_label = fmt::format("component {}", options.dims[1]),
                     .range = all.range,
                     .map = all.style.map.value_or(ColorMap::Gray),
                     .downward = look.manifold_downward});
  }
  return draw_items(rows_of(all, generated.row_labels), generated.captions, generated.title,
                    generated.columns, all.style);
}

void expect_same_items(const GeneratedItems& one, const GeneratedItems& other) {
  const Shape expected = one.items.sizes().slice(1).vec(),
              found = other.items.sizes().slice(1).vec();
  if (expected == found) return;
  throw Error("several checkpoints: expected models of the same items, found {} of {} and {} of {}",
              one.model, shape_text(expected), other.model, shape_text(found));
}

Picture draw_beside(const std::vector<GeneratedItems>& models, const std::string& title) {
  std::vector<ItemRow> rows;
  for (const auto& one : models) {
    std::vector<std::string> labels = one.generated.row_labels;
    for (auto& label : labels) label.insert(0, label.empty() ? one.model : one.model + ", ");
    for (auto& row : rows_of(one, labels)) rows.push_back(std::move(row));
  }
  // Blocks of the same width.
  const int64_t items = rows.front().items.size(0),
                blocks = (items + kMostBeside - 1) / kMostBeside;
  const auto columns = static_cast<int>((items + blocks - 1) / blocks);
  return draw_items(rows, {}, title, columns, models.front().style);
}

}  // namespace hourglass::apps
