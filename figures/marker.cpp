#include "hourglass/figures/marker.h"

#include <cmath>
#include <numbers>
#include <vector>

namespace hourglass::figures {
namespace {

/// Corners around (0, 0), of any size.
Contour corners_of(Marker marker) {
  switch (marker) {
    case Marker::Disc: return {};
    case Marker::Square: return {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
    case Marker::Triangle: return {{0, -2}, {std::sqrt(3.0), 1}, {-std::sqrt(3.0), 1}};
    case Marker::Diamond: return {{0, -1.3}, {1, 0}, {0, 1.3}, {-1, 0}};
    case Marker::Plus:
      return {{-1, -3}, {1, -3}, {1, -1}, {3, -1}, {3, 1},   {1, 1},
              {1, 3},   {-1, 3}, {-1, 1}, {-3, 1}, {-3, -1}, {-1, -1}};
    case Marker::Hourglass: return {{-1, -1}, {1, -1}, {0.2, 0}, {1, 1}, {-1, 1}, {-0.2, 0}};
  }
  return {};
}

double area_of(const Contour& corners) {
  double doubled = 0;
  for (size_t i = 0; i < corners.size(); ++i) {
    const Point a = corners[i], b = corners[(i + 1) % corners.size()];
    doubled += a.x * b.y - b.x * a.y;
  }
  return std::abs(doubled) / 2;
}

}  // namespace

void draw_marker(Canvas& canvas, Marker marker, Point center, double radius, Color color,
                 double opacity) {
  Contour corners = corners_of(marker);
  if (corners.empty()) return canvas.disc(center, radius, color, opacity);
  const double scale = radius * std::sqrt(std::numbers::pi / area_of(corners));
  for (Point& corner : corners) {
    corner = {center.x + scale * corner.x, center.y + scale * corner.y};
  }
  canvas.fill({corners}, color, opacity);
}

}  // namespace hourglass::figures
