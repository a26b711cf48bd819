#pragma once

#include "hourglass/figures/canvas.h"
#include "hourglass/figures/color_scale.h"
#include "hourglass/figures/ticks.h"

#include <string>
#include <vector>

// Private to the room: a scale of colours as an upright bar.

namespace hourglass::figures {

class ColorBar {
 public:
  ColorBar(const ColorScale& scale, double height);

  /// Pixels from left to right, with the gap before it.
  double width() const;

  void draw(Canvas& canvas, Point top_left) const;

 private:
  struct Mark {
    double share = 0;  // 0 at the lower end … 1
    std::string text;
  };

  ColorMap map_;
  double height_;
  std::vector<Mark> marks_;
  std::string factor_;                    // above the bar
  std::vector<std::string> label_lines_;  // from bottom to top

  void choose_marks(const ColorScale& scale);
};

/// The map from left to right, in a frame.
void draw_ramp(Canvas& canvas, const Box& box, ColorMap map);

}  // namespace hourglass::figures
