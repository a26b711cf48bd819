#include "hourglass/figures/vector_grid.h"

#include "hourglass/core/error.h"
#include "hourglass/figures/axes.h"
#include "hourglass/figures/colormap.h"
#include "hourglass/figures/legend.h"
#include "hourglass/figures/page.h"
#include "hourglass/figures/tensor.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace hourglass::figures {
namespace {

constexpr double kCellWidth = 140 * kPoint, kCellHeight = 110 * kPoint;
constexpr int64_t kMostDots = 30;  // a line through more features is clearer without
constexpr AxesStyle kCellStyle = {.grid = Grid::Horizontal, .text_size = 7.5 * kPoint};
constexpr double kCellCaption = 1.6 * kSmallSize;

void check_names(const std::vector<std::string>& names, int64_t expected, const char* what) {
  if (!names.empty() && static_cast<int64_t>(names.size()) != expected) {
    throw Error("vector grid: expected {} {}, found {}", expected, what, names.size());
  }
}

/// The rows' values on the CPU, checked.
std::vector<at::Tensor> checked_values(const std::vector<VectorRow>& rows,
                                       const VectorGridOptions& options) {
  if (rows.empty()) throw Error("vector grid: expected at least one row, found none");
  std::vector<at::Tensor> values;
  for (const auto& row : rows) {
    values.push_back(host_values(row.values, "vector grid: expected values [N, D]", {2}));
    if (values.back().sizes() != values.front().sizes()) {
      throw Error("vector grid: expected {} in row '{}' as in row '{}', found {}",
                  shape_text(values.front()), row.name, rows.front().name,
                  shape_text(values.back()));
    }
  }
  check_names(options.captions, values.front().size(0), "captions, one an item");
  check_names(options.feature_names, values.front().size(1), "names, one a feature");
  return values;
}

Axis feature_axis(const std::vector<std::string>& names, int64_t features) {
  if (!names.empty()) return named_axis("", names);
  return {.label = "", .low = -0.5, .high = static_cast<double>(features) - 0.5, .whole = true};
}

Axis value_axis(const std::vector<at::Tensor>& values) {
  std::vector<double> all;
  for (const auto& row : values) {
    all.insert(all.end(), row.data_ptr<float>(), row.data_ptr<float>() + row.numel());
  }
  return fit_axis("", all);
}

void draw_vector(Canvas& canvas, const PlotArea& area, const at::Tensor& vector, Color color) {
  const auto values = vector.accessor<float, 1>();
  std::vector<Point> line;
  for (int64_t d = 0; d < values.size(0); ++d) {
    if (!std::isfinite(values[d])) continue;
    line.push_back(area.at(static_cast<double>(d), values[d]));
    if (values.size(0) <= kMostDots) canvas.disc(line.back(), 2 * kPoint, color);
  }
  canvas.polyline(line, {.color = color, .width = kPoint});
}

}  // namespace

Picture vector_grid(const std::vector<VectorRow>& rows, const VectorGridOptions& options) {
  const std::vector<at::Tensor> values = checked_values(rows, options);
  const int64_t count = values.front().size(0);
  const int64_t columns = count <= 4 ? count : std::min<int64_t>(4, (count + 1) / 2);
  const int64_t lines = (count + columns - 1) / columns;

  const std::vector<Color> colors = distinct_colors(rows.size());
  // A single line needs none.
  const Legend legend(rows.size() > 1 ? legend_entries(rows, colors, Swatch::Line)
                                      : std::vector<LegendEntry>());

  const double beside = rows.size() > 1 ? legend.width() + kGap : 0;
  const auto width = static_cast<double>(columns) * (kCellWidth + kGap) - kGap;
  const double caption_height = options.captions.empty() ? 0 : kCellCaption;
  const double cell_height = caption_height + kCellHeight;
  auto [canvas, content] = make_page(
      width + beside, static_cast<double>(lines) * (cell_height + kGap) - kGap, options.title);
  if (rows.size() > 1) {
    legend.draw(canvas, {content.right() - legend.width(), content.y + caption_height});
  }

  const Axis x = feature_axis(options.feature_names, values.front().size(1)),
             y = value_axis(values);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t column = i % columns, row = i / columns;
    const Box cell = {content.x + static_cast<double>(column) * (kCellWidth + kGap),
                      content.y + static_cast<double>(row) * (cell_height + kGap), kCellWidth,
                      cell_height};
    const PlotArea area = draw_axes(canvas, cell.without_top(caption_height), x, y, kCellStyle);
    if (!options.captions.empty()) {
      canvas.text(
          shorten_text(options.captions[static_cast<size_t>(i)], kSmallSize, area.box.width),
          {area.box.center().x, cell.y + 0.3 * kSmallSize},
          {.size = kSmallSize, .vertical = Vertical::Top});
    }
    for (size_t r = 0; r < rows.size(); ++r) draw_vector(canvas, area, values[r][i], colors[r]);
  }
  return canvas.take();
}

}  // namespace hourglass::figures
