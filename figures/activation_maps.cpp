#include "hourglass/figures/activation_maps.h"

#include "hourglass/core/error.h"
#include "hourglass/figures/color_bar.h"
#include "hourglass/figures/image.h"
#include "hourglass/figures/page.h"
#include "hourglass/figures/tensor.h"
#include "hourglass/figures/ticks.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hourglass::figures {
namespace {

constexpr int kMostColumns = 4;
constexpr double kPanelWidth = 140 * kPoint, kHighestMap = 110 * kPoint;
constexpr double kPanelGap = 2 * kGap;
constexpr double kLineHeight = 1.4 * kSmallSize;
constexpr double kHeadHeight = 2 * kLineHeight + 0.2 * kSmallSize;  // two lines of text
constexpr double kLargestCell = 12 * kPoint;  // of few values: more would look clumsy
constexpr double kChannelGap = 4;

struct Arrangement {
  int columns = 1, rows = 1;
};

/// Arranges `count` cells in full rows, about square or wider than high, where their number allows
/// it.
Arrangement arrange(int count) {
  for (int rows = static_cast<int>(std::sqrt(count)); rows >= 1; --rows) {
    const int columns = count / rows;
    if (count % rows == 0 && columns <= std::max(8, 4 * rows)) return {columns, rows};
  }
  const int columns = static_cast<int>(std::ceil(std::sqrt(1.3 * count)));
  return {columns, (count + columns - 1) / columns};
}

/// [D] as a picture, a value a pixel; white where the last row is not full.
Picture fold_vector(const at::Tensor& values, const ValueRange& range, ColorMap map) {
  const Picture line = to_picture(values.unsqueeze(0), range, map);
  const Arrangement folding = arrange(line.width());
  Picture folded(folding.columns, folding.rows);
  std::copy(line.data(), line.data() + line.width(), folded.data());
  return folded;
}

/// A layer as it is drawn: one tile, or one a channel.
struct Panel {
  std::string name, shape;
  ValueRange range;
  std::vector<Picture> tiles;
  Arrangement arrangement;
  double tile_width = 0, tile_height = 0;

  double height() const { return kHeadHeight + arrangement.rows * (tile_height + kChannelGap); }
};

/// Enlarges the tiles as far as the panel allows, or shrinks them to fit. Only a small factor may
/// be broken: there the difference in size counts for more than that some values get a pixel more.
void fit_tiles(Panel& panel) {
  const Picture& tile = panel.tiles.front();
  panel.arrangement = arrange(static_cast<int>(panel.tiles.size()));
  const double widest = kPanelWidth / panel.arrangement.columns - kChannelGap;
  const double highest = kHighestMap / panel.arrangement.rows - kChannelGap;
  double factor = std::min({widest / tile.width(), highest / tile.height(), kLargestCell});
  if (factor > 3) factor = std::floor(factor);
  panel.tile_width = std::max(1.0, std::floor(factor * tile.width()));
  panel.tile_height = std::max(1.0, std::floor(factor * tile.height()));
}

Panel make_panel(const ActivationMap& activation, const ActivationOptions& options) {
  const ColorMap map = options.map;
  const std::string expected = fmt::format(
      "activation maps: expected layer '{}' as [D], [T, F] or [C, H, W]", activation.name);
  const at::Tensor values = host_values(activation.value, expected, {1, 2, 3});
  const ValueRange range = options.around_zero ? symmetric_range_of(values) : range_of(values);
  Panel panel{.name = activation.name, .shape = shape_text(values), .range = range};
  if (values.dim() == 1) panel.tiles.push_back(fold_vector(values, range, map));
  if (values.dim() == 2) panel.tiles.push_back(to_picture(values, range, map));
  if (values.dim() == 3) {
    for (const at::Tensor& channel : values.unbind()) {
      panel.tiles.push_back(to_picture(channel, range, map));
    }
  }
  fit_tiles(panel);
  return panel;
}

/// The layer's shape, and its scale: the ends' values with the colours between them.
void draw_scale(Canvas& canvas, const Panel& panel, ColorMap map, Point top_left) {
  constexpr double kLongestRamp = 36 * kPoint, kShortestRamp = 12 * kPoint;
  const TextStyle style = {.size = kSmallSize,
                           .horizontal = Horizontal::Left,
                           .vertical = Vertical::Top,
                           .color = kFrameColor};
  const double space = 0.6 * kSmallSize;
  const std::string low = number_text(panel.range.low, 2), high = number_text(panel.range.high, 2);
  const double numbers = text_width(low, kSmallSize) + text_width(high, kSmallSize) + 3 * space;
  const std::string shape =
      shorten_text(panel.shape, kSmallSize, kPanelWidth - numbers - kShortestRamp);
  const double ramp = std::clamp(kPanelWidth - numbers - text_width(shape, kSmallSize),
                                 kShortestRamp, kLongestRamp);
  double x = top_left.x;
  const auto write = [&](const std::string& text) {
    canvas.text(text, {x, top_left.y}, style);
    x += text_width(text, kSmallSize) + space;
  };
  write(shape);
  write(low);
  draw_ramp(canvas,
            {std::round(x), std::round(top_left.y), ramp, std::round(kCapitalHeight * kSmallSize)},
            map);
  x += ramp + space;
  write(high);
}

void draw_panel(Canvas& canvas, const Panel& panel, ColorMap map, Point top_left) {
  const TextStyle style = {
      .size = kSmallSize, .horizontal = Horizontal::Left, .vertical = Vertical::Top};
  canvas.text(shorten_text(panel.name, style.size, kPanelWidth), top_left, style);
  draw_scale(canvas, panel, map, {top_left.x, top_left.y + kLineHeight});

  const double left = std::round(top_left.x), top = std::round(top_left.y + kHeadHeight);
  for (int i = 0; i < static_cast<int>(panel.tiles.size()); ++i) {
    const int row = i / panel.arrangement.columns, column = i % panel.arrangement.columns;
    const Box box = {left + column * (panel.tile_width + kChannelGap),
                     top + row * (panel.tile_height + kChannelGap), panel.tile_width,
                     panel.tile_height};
    // White values would be lost on the white page without a frame.
    canvas.fill(box.inset(-1), kGridColor);
    canvas.image(panel.tiles[static_cast<size_t>(i)], box);
  }
}

}  // namespace

Picture activation_maps(const std::vector<ActivationMap>& activations,
                        const ActivationOptions& options) {
  if (activations.empty()) throw Error("activation maps: expected at least one layer, found none");
  std::vector<Panel> panels;
  panels.reserve(activations.size());
  for (const auto& activation : activations) panels.push_back(make_panel(activation, options));

  const size_t columns = std::min<size_t>(panels.size(), kMostColumns);
  std::vector<double> row_heights((panels.size() + columns - 1) / columns);
  for (size_t i = 0; i < panels.size(); ++i) {
    row_heights[i / columns] = std::max(row_heights[i / columns], panels[i].height());
  }
  double height = (static_cast<double>(row_heights.size()) - 1) * kPanelGap;
  for (const double row_height : row_heights) height += row_height;

  const auto column_count = static_cast<double>(columns);
  auto [canvas, content] =
      make_page(column_count * kPanelWidth + (column_count - 1) * kPanelGap, height, options.title,
                panels.size() > 1 ? "each panel has a scale of its own" : "");
  double top = content.y;
  for (size_t i = 0; i < panels.size(); ++i) {
    if (i > 0 && i % columns == 0) top += row_heights[i / columns - 1] + kPanelGap;
    draw_panel(canvas, panels[i], options.map,
               {content.x + static_cast<double>(i % columns) * (kPanelWidth + kPanelGap), top});
  }
  return canvas.take();
}

}  // namespace hourglass::figures
