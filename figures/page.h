#pragma once

#include "hourglass/figures/canvas.h"

#include <string>

// Private to the room: every picture is a page with the same margins and the same place for its
// title.

namespace hourglass::figures {

/// Content of a usual plot.
inline constexpr double kPlotWidth = 460 * kPoint;
inline constexpr double kPlotHeight = 340 * kPoint;

struct Page {
  Canvas canvas;
  Box content;  ///< what is left for the picture: as large as was asked for
};

/// A white page around `width` x `height` pixels of content. A title wider than the content widens
/// the page, up to a usual plot's width; beyond, it takes as many lines as it needs. The note
/// stands below the content, small and to the right.
Page make_page(double width, double height, const std::string& title, const std::string& note = "");

}  // namespace hourglass::figures
