#include "hourglass/figures/image_grid.h"

#include "hourglass/core/error.h"
#include "hourglass/figures/color_bar.h"
#include "hourglass/figures/page.h"
#include "hourglass/figures/tensor.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace hourglass::figures {
namespace {

constexpr double kTileGap = 2 * kPoint;
constexpr double kCaptionHeight = 1.5 * kSmallSize;
constexpr double kLongestCaption = 9 * kSmallSize;

void check_rows(const std::vector<ImageRow>& rows) {
  if (rows.empty()) throw Error("image grid: expected at least one row, found none");
  for (const auto& row : rows) {
    host_values(row.images, "image grid: expected images [N, C, H, W] or [N, H, W]", {3, 4});
    const int64_t count = row.images.size(0), expected = rows.front().images.size(0);
    if (count != expected) {
      throw Error("image grid: expected {} images in row '{}' as in row '{}', found {}", expected,
                  row.label, rows.front().label, count);
    }
    if (!row.captions.empty() && static_cast<int64_t>(row.captions.size()) != count) {
      throw Error("image grid: expected a caption for each of {} images in row '{}', found {}",
                  count, row.label, row.captions.size());
    }
  }
}

/// Rows that belong together stay short enough to compare; a single row becomes a grid that is
/// about square.
int choose_columns(int count, size_t rows) {
  if (rows > 1 || count <= 5) return std::min(count, 10);
  return static_cast<int>(std::ceil(std::sqrt(count)));
}

/// Side of the square that a tile should about fill.
double tile_side(int columns) {
  constexpr double kWidth = 480 * kPoint;
  return std::clamp(kWidth / columns - kTileGap, 28 * kPoint, 150 * kPoint);
}

struct Extent {
  double width = 0, height = 0;
};

/// Size of a row's images when drawn: enlarged by a whole factor, or shrunk to fit.
Extent drawn_extent(const at::Tensor& images, double side) {
  const auto height = static_cast<double>(images.size(-2));
  const auto width = static_cast<double>(images.size(-1));
  const double factor = side / std::max(width, height);
  const double used = factor >= 1 ? std::floor(factor) : factor;
  return {std::max(1.0, std::round(width * used)), std::max(1.0, std::round(height * used))};
}

/// Where everything of a grid goes.
struct GridLayout {
  int count = 0, columns = 0;
  std::vector<Extent> tiles;     // by row
  std::vector<double> row_tops;  // of the tiles, from the top of a block
  double label_width = 0;        // left of the first column
  double cell_width = 0;         // of a tile or its caption, whichever is wider
  double block_height = 0;       // all rows once

  int blocks() const { return (count + columns - 1) / columns; }
  double width() const { return label_width + columns * cell_width + (columns - 1) * kTileGap; }
  double height() const { return blocks() * block_height + (blocks() - 1) * kTileGap; }
};

GridLayout lay_out(const std::vector<ImageRow>& rows, int columns) {
  GridLayout layout;
  layout.count = static_cast<int>(rows.front().images.size(0));
  layout.columns =
      columns > 0 ? std::min(columns, layout.count) : choose_columns(layout.count, rows.size());
  const double side = tile_side(layout.columns);
  double y = 0;
  for (const auto& row : rows) {
    const Extent tile = drawn_extent(row.images, side);
    layout.tiles.push_back(tile);
    layout.cell_width = std::max(layout.cell_width, tile.width);
    for (const auto& caption : row.captions) {
      const double width = text_width(caption, kSmallSize) + kTileGap;
      layout.cell_width = std::max(layout.cell_width, std::min(width, kLongestCaption));
    }
    if (!row.label.empty()) {
      layout.label_width = std::max(layout.label_width, text_width(row.label, kTextSize) + kGap);
    }
    if (!row.captions.empty()) y += kCaptionHeight;
    layout.row_tops.push_back(y);
    y += tile.height + kTileGap;
  }
  // Blocks of several rows stand further apart than the rows.
  layout.block_height = rows.size() > 1 ? y : y - kTileGap;
  layout.cell_width = std::ceil(layout.cell_width);
  return layout;
}

ValueRange range_of_row(const ImageRow& row) {
  return row.range ? *row.range : range_of(row.images);
}

bool is_in_color(const ImageRow& row) {
  const bool one_channel = row.images.dim() == 3 || row.images.size(1) == 1;
  return one_channel && !is_gray(row.map);
}

/// A bar beside a block of the grid, or the whole of it.
struct PlacedBar {
  double left = 0, top = 0;  // from the block's upper right corner
  bool once = true;
  ColorBar bar;
};

/// A bar for each group of neighbouring rows in the same colours.
std::vector<PlacedBar> place_bars(const std::vector<ImageRow>& rows, const GridLayout& layout,
                                  const std::vector<ColorScale>& scales) {
  std::vector<PlacedBar> bars;
  for (const auto& scale : scales) {
    const double left = bars.empty() ? 0 : bars.back().left + bars.back().bar.width();
    bars.push_back({.left = left, .bar = {scale, layout.height()}});
  }
  if (!bars.empty()) return bars;
  for (size_t first = 0, next = 0; first < rows.size(); first = next) {
    const ValueRange range = range_of_row(rows[first]);
    for (next = first + 1; next < rows.size(); ++next) {
      const ValueRange other = range_of_row(rows[next]);
      if (rows[next].map != rows[first].map || other.low != range.low || other.high != range.high)
        break;
    }
    if (!is_in_color(rows[first])) continue;
    const bool all = first == 0 && next == rows.size();
    const double bottom = layout.row_tops[next - 1] + layout.tiles[next - 1].height;
    const double top = all ? 0 : layout.row_tops[first];
    const ColorScale found = {.map = rows[first].map,
                              .range = range,
                              .whole = !at::isFloatingType(rows[first].images.scalar_type())};
    bars.push_back({0, top, all, {found, all ? layout.height() : bottom - top}});
  }
  return bars;
}

void draw_row(Canvas& canvas, const ImageRow& row, const Extent& tile, const GridLayout& layout,
              Point top_left, int first, int last) {
  const ValueRange range = range_of_row(row);
  canvas.text(row.label, {top_left.x + layout.label_width - kGap, top_left.y + tile.height / 2},
              {.horizontal = Horizontal::Right});
  double x = top_left.x + layout.label_width;
  for (int i = first; i < last; ++i) {
    const Box box = {std::round(x + (layout.cell_width - tile.width) / 2), top_left.y, tile.width,
                     tile.height};
    canvas.image(to_picture(row.images[i], range, row.map), box);
    if (!row.captions.empty()) {
      canvas.text(shorten_text(row.captions[static_cast<size_t>(i)], kSmallSize, kLongestCaption),
                  {box.center().x, box.y - 0.4 * kSmallSize},
                  {.size = kSmallSize, .vertical = Vertical::Baseline});
    }
    x += layout.cell_width + kTileGap;
  }
}

}  // namespace

Picture image_grid(const std::vector<ImageRow>& rows, const ImageGridOptions& options) {
  check_rows(rows);
  const GridLayout layout = lay_out(rows, options.columns);
  const std::vector<PlacedBar> bars = place_bars(rows, layout, options.scales);
  double bar_width = 0;
  for (const auto& placed : bars) bar_width = std::max(bar_width, placed.left + placed.bar.width());
  auto [canvas, content] = make_page(layout.width() + bar_width, layout.height(), options.title);
  for (int block = 0; block < layout.blocks(); ++block) {
    const double top = content.y + block * (layout.block_height + kTileGap);
    const int first = block * layout.columns, last = std::min(first + layout.columns, layout.count);
    for (size_t r = 0; r < rows.size(); ++r) {
      draw_row(canvas, rows[r], layout.tiles[r], layout,
               {content.x, std::round(top + layout.row_tops[r])}, first, last);
    }
    for (const auto& placed : bars) {
      if (placed.once && block > 0) continue;
      placed.bar.draw(canvas, {content.x + layout.width() + placed.left, top + placed.top});
    }
  }
  return canvas.take();
}

}  // namespace hourglass::figures
