#pragma once

#include "hourglass/figures/canvas.h"
#include "hourglass/figures/marker.h"

#include <limits>
#include <span>
#include <string>
#include <vector>

// Private to the room: which colour means what.

namespace hourglass::figures {

enum class Swatch { Line, Dashes, Dot, Patch };

struct LegendEntry {
  std::string name;
  Color color;
  Swatch swatch = Swatch::Line;
  Marker marker = Marker::Disc;  ///< of a dot
};

/// An entry for each series, group … : whatever has a `name`.
template <class Named>
std::vector<LegendEntry> legend_entries(const std::vector<Named>& series,
                                        const std::vector<Color>& colors, Swatch swatch) {
  std::vector<LegendEntry> entries;
  for (size_t i = 0; i < series.size(); ++i) {
    entries.push_back({series[i].name, colors[i], swatch});
  }
  return entries;
}

/// Entries under each other, in a frame; in several columns where one would be higher than asked.
class Legend {
 public:
  explicit Legend(std::vector<LegendEntry> entries,
                  double most_height = std::numeric_limits<double>::infinity());

  double width() const;
  double height() const;

  void draw(Canvas& canvas, Point top_left) const;

  /// Draws in the corner, or the middle of a side, of `box` that hides the fewest of the points
  /// `data`.
  void draw_clear_of(Canvas& canvas, const Box& box, std::span<const Point> data) const;

 private:
  std::vector<LegendEntry> entries_;
  size_t rows_;
  double column_width_;
};

/// Pixels that `draw_class_bar` takes from left to right.
double class_bar_width(const std::vector<std::string>& names);

/// A bar of one step a class, the first at the bottom, with the names beside the middles of the
/// steps.
void draw_class_bar(Canvas& canvas, const Box& space, const std::vector<Color>& colors,
                    const std::vector<std::string>& names);

}  // namespace hourglass::figures
