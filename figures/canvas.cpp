#include "hourglass/figures/canvas.h"

#include "hourglass/figures/opencv.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hourglass::figures {
namespace {

/// Whole pixels of a picture.
struct PixelArea {
  int x = 0, y = 0, width = 0, height = 0;

  bool empty() const { return width <= 0 || height <= 0; }
  size_t size() const { return static_cast<size_t>(width) * static_cast<size_t>(height); }
};

/// Those from the first to the last column and row, the last excluded, that the picture has.
PixelArea area_within(const Picture& limits, double left, double top, double right, double bottom) {
  const auto clip = [](double at, int limit) {
    return static_cast<int>(std::clamp(at, 0.0, static_cast<double>(limit)));
  };
  const int x = clip(std::min(left, right), limits.width());
  const int y = clip(std::min(top, bottom), limits.height());
  return {x, y, clip(std::max(left, right), limits.width()) - x,
          clip(std::max(top, bottom), limits.height()) - y};
}

Color* row_of(Picture& picture, const PixelArea& area, int y) {
  return picture.data() + static_cast<ptrdiff_t>(area.y + y) * picture.width() + area.x;
}

/// The whole pixels within `limits` that a shape reaching over these points, and `margin` further,
/// may touch.
PixelArea pixels_around(std::span<const Point> points, double margin, const Picture& limits) {
  const auto [left, right] =
      std::minmax_element(points.begin(), points.end(), [](Point a, Point b) { return a.x < b.x; });
  const auto [top, bottom] =
      std::minmax_element(points.begin(), points.end(), [](Point a, Point b) { return a.y < b.y; });
  return area_within(limits, std::floor(left->x - margin), std::floor(top->y - margin),
                     std::ceil(right->x + margin), std::ceil(bottom->y + margin));
}

/// Mixes `color` into the pixels of `area` by `coverage` (0 … 255 a pixel) times `opacity`.
void blend(Picture& picture, const PixelArea& area, const std::vector<uint8_t>& coverage,
           Color color, double opacity) {
  const auto mix = [](uint8_t under, uint8_t over, float share) {
    return static_cast<uint8_t>(std::lrint(std::lerp<float>(under, over, share)));
  };
  const uint8_t* covered = coverage.data();
  for (int y = 0; y < area.height; ++y) {
    Color* row = row_of(picture, area, y);
    for (int x = 0; x < area.width; ++x) {
      const auto share = static_cast<float>(*covered++ * opacity / 255);
      row[x] = {mix(row[x].r, color.r, share), mix(row[x].g, color.g, share),
                mix(row[x].b, color.b, share)};
    }
  }
}

double distance_to_segment(Point p, Point a, Point b) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  const double length_squared = dx * dx + dy * dy;
  const double along =
      length_squared > 0 ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / length_squared : 0;
  const double t = std::clamp(along, 0.0, 1.0);
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

/// Raises the coverage of the pixels within half a stroke's width of the segment. OpenCV's own
/// thick lines are visibly ragged, and its filled circles half a pixel too large.
void cover_segment(std::vector<uint8_t>& coverage, const PixelArea& area, const PixelArea& touched,
                   Point a, Point b, double width) {
  for (int y = touched.y; y < touched.y + touched.height; ++y) {
    uint8_t* row = coverage.data() + static_cast<ptrdiff_t>(y - area.y) * area.width;
    for (int x = touched.x; x < touched.x + touched.width; ++x) {
      const double outside = distance_to_segment({x + 0.5, y + 0.5}, a, b) - width / 2;
      const double share = std::clamp(0.5 - outside, 0.0, 1.0);
      row[x - area.x] = std::max(row[x - area.x], static_cast<uint8_t>(std::lrint(255 * share)));
    }
  }
}

PixelArea whole_pixels(const Box& box, const Picture& limits) {
  return area_within(limits, std::rint(box.x), std::rint(box.y), std::rint(box.right()),
                     std::rint(box.bottom()));
}

}  // namespace

Canvas::Canvas(double width, double height)
    : picture_(static_cast<int>(std::ceil(width)), static_cast<int>(std::ceil(height))) {}

Box Canvas::box() const {
  return {0, 0, static_cast<double>(picture_.width()), static_cast<double>(picture_.height())};
}

void Canvas::fill(const Box& box, Color color) {
  const PixelArea area = whole_pixels(box, picture_);
  for (int y = 0; y < area.height; ++y) std::fill_n(row_of(picture_, area, y), area.width, color);
}

void Canvas::fill(const std::vector<Contour>& contours, Color color, double opacity) {
  std::vector<Point> corners;
  for (const Contour& contour : contours) {
    corners.insert(corners.end(), contour.begin(), contour.end());
  }
  if (corners.empty()) return;
  const PixelArea area = pixels_around(corners, 0, picture_);
  if (area.empty()) return;

  std::vector<Contour> within = contours;
  for (Contour& contour : within) {
    for (Point& point : contour) point = {point.x - area.x, point.y - area.y};
  }
  const Pixels coverage = opencv().coverage(within, area.height, area.width);
  blend(picture_, area, coverage.bytes, color, opacity);
}

void Canvas::polyline(std::span<const Point> points, const Stroke& stroke) {
  if (points.empty()) return;
  const double reach = stroke.width / 2 + 0.5;
  const PixelArea area = pixels_around(points, reach, picture_);
  if (area.empty()) return;
  // All segments go into one coverage: where two overlap, a see-through line is not drawn twice.
  std::vector<uint8_t> coverage(area.size());
  for (size_t i = 0; i < points.size(); ++i) {
    const Point ends[] = {points[i], points[std::min(i + 1, points.size() - 1)]};
    cover_segment(coverage, area, pixels_around(ends, reach, picture_), ends[0], ends[1],
                  stroke.width);
  }
  blend(picture_, area, coverage, stroke.color, stroke.opacity);
}

void Canvas::line(Point from, Point to, const Stroke& stroke) {
  const Point ends[] = {from, to};
  polyline(ends, stroke);
}

void Canvas::disc(Point center, double radius, Color color, double opacity) {
  polyline({&center, 1}, {.color = color, .width = 2 * radius, .opacity = opacity});
}

void Canvas::rule(Point from, Point to, const Stroke& stroke) {
  const auto first_pixel = [&](double at) { return std::round(at - stroke.width / 2); };
  const double left = first_pixel(std::min(from.x, to.x));
  const double right = first_pixel(std::max(from.x, to.x));
  const double top = first_pixel(std::min(from.y, to.y));
  const double bottom = first_pixel(std::max(from.y, to.y));
  fill({left, top, right - left + stroke.width, bottom - top + stroke.width}, stroke.color);
}

void Canvas::frame(const Box& box, const Stroke& stroke) {
  rule({box.x, box.y}, {box.right(), box.y}, stroke);
  rule({box.x, box.bottom()}, {box.right(), box.bottom()}, stroke);
  rule({box.x, box.y}, {box.x, box.bottom()}, stroke);
  rule({box.right(), box.y}, {box.right(), box.bottom()}, stroke);
}

void Canvas::text(const std::string& text, Point at, const TextStyle& style) {
  double x = 0, y = 0;
  if (style.horizontal != Horizontal::Left) x = -text_width(text, style.size);
  if (style.horizontal == Horizontal::Center) x /= 2;
  if (style.vertical != Vertical::Baseline) y = kCapitalHeight * style.size;
  if (style.vertical == Vertical::Middle) y /= 2;

  const double angle = style.turn * std::numbers::pi / 180;
  const double sine = std::sin(angle), cosine = std::cos(angle);
  std::vector<Contour> outlines = text_outlines(text, style.size);
  for (Contour& contour : outlines) {
    for (Point& point : contour) {
      const double right = point.x + x, down = point.y + y;
      point = {at.x + cosine * right + sine * down, at.y - sine * right + cosine * down};
    }
  }
  fill(outlines, style.color);
}

void Canvas::image(const Picture& picture, const Box& box) {
  const PixelArea area = whole_pixels(box, picture_);
  if (area.empty()) return;
  const bool shrinks = area.width < picture.width() || area.height < picture.height();
  const Pixels scaled = opencv().resize(view(picture), area.height, area.width,
                                        shrinks ? Resizing::Area : Resizing::Nearest);
  const auto* row = reinterpret_cast<const Color*>(scaled.bytes.data());
  for (int y = 0; y < area.height; ++y, row += area.width) {
    std::copy_n(row, area.width, row_of(picture_, area, y));
  }
}

}  // namespace hourglass::figures
