#include "hourglass/figures/canvas.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hourglass::figures {
namespace {

cv::Mat as_mat(Picture& picture) {
  return {picture.height(), picture.width(), CV_8UC3, picture.data()};
}

/// The whole pixels within `limits` that a shape reaching over these points, and `margin` further,
/// may touch.
cv::Rect pixels_around(std::span<const Point> points, double margin, const Picture& limits) {
  const auto [left, right] =
      std::minmax_element(points.begin(), points.end(), [](Point a, Point b) { return a.x < b.x; });
  const auto [top, bottom] =
      std::minmax_element(points.begin(), points.end(), [](Point a, Point b) { return a.y < b.y; });
  const cv::Point first(cvFloor(left->x - margin), cvFloor(top->y - margin));
  const cv::Point last(cvCeil(right->x + margin), cvCeil(bottom->y + margin));
  return cv::Rect(first, last) & cv::Rect(0, 0, limits.width(), limits.height());
}

/// Mixes `color` into the pixels of `area` by `coverage` (0 … 255 a pixel) times `opacity`.
void blend(Picture& picture, const cv::Rect& area, const cv::Mat& coverage, Color color,
           double opacity) {
  const auto mix = [](uint8_t under, uint8_t over, float share) {
    return static_cast<uint8_t>(cvRound(std::lerp<float>(under, over, share)));
  };
  for (int y = 0; y < area.height; ++y) {
    const uint8_t* covered = coverage.ptr<uint8_t>(y);
    Color* row = picture.data() + static_cast<ptrdiff_t>(area.y + y) * picture.width() + area.x;
    for (int x = 0; x < area.width; ++x) {
      const auto share = static_cast<float>(covered[x] * opacity / 255);
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
void cover_segment(cv::Mat& coverage, const cv::Rect& area, const cv::Rect& touched, Point a,
                   Point b, double width) {
  for (int y = touched.y; y < touched.y + touched.height; ++y) {
    uint8_t* row = coverage.ptr<uint8_t>(y - area.y);
    for (int x = touched.x; x < touched.x + touched.width; ++x) {
      const double outside = distance_to_segment({x + 0.5, y + 0.5}, a, b) - width / 2;
      const double share = std::clamp(0.5 - outside, 0.0, 1.0);
      row[x - area.x] = std::max(row[x - area.x], cv::saturate_cast<uint8_t>(255 * share));
    }
  }
}

cv::Rect whole_pixels(const Box& box, const Picture& limits) {
  const cv::Point first(cvRound(box.x), cvRound(box.y));
  const cv::Point last(cvRound(box.right()), cvRound(box.bottom()));
  return cv::Rect(first, last) & cv::Rect(0, 0, limits.width(), limits.height());
}

}  // namespace

Canvas::Canvas(double width, double height) : picture_(cvCeil(width), cvCeil(height)) {}

Box Canvas::box() const {
  return {0, 0, static_cast<double>(picture_.width()), static_cast<double>(picture_.height())};
}

void Canvas::fill(const Box& box, Color color) {
  as_mat(picture_)(whole_pixels(box, picture_)).setTo(cv::Scalar(color.r, color.g, color.b));
}

void Canvas::fill(const std::vector<Contour>& contours, Color color, double opacity) {
  // OpenCV's fill is drawn at eight times the size and averaged: exact to a 64th of a pixel's area.
  constexpr int kFiner = 8, kFractionBits = 4;
  std::vector<Point> corners;
  for (const Contour& contour : contours) {
    corners.insert(corners.end(), contour.begin(), contour.end());
  }
  if (corners.empty()) return;
  const cv::Rect area = pixels_around(corners, 0, picture_);
  if (area.empty()) return;

  std::vector<std::vector<cv::Point>> polygons;
  for (const Contour& contour : contours) {
    std::vector<cv::Point>& polygon = polygons.emplace_back();
    for (const Point& point : contour) {
      // OpenCV counts from the middle of a pixel, we from its corner.
      const double x = kFiner * (point.x - area.x) - 0.5, y = kFiner * (point.y - area.y) - 0.5;
      polygon.emplace_back(cvRound(x * (1 << kFractionBits)), cvRound(y * (1 << kFractionBits)));
    }
  }
  cv::Mat fine = cv::Mat::zeros(area.size() * kFiner, CV_8UC1), coverage;
  cv::fillPoly(fine, polygons, 255, cv::LINE_8, kFractionBits);
  cv::resize(fine, coverage, area.size(), 0, 0, cv::INTER_AREA);
  blend(picture_, area, coverage, color, opacity);
}

void Canvas::polyline(std::span<const Point> points, const Stroke& stroke) {
  if (points.empty()) return;
  const double reach = stroke.width / 2 + 0.5;
  const cv::Rect area = pixels_around(points, reach, picture_);
  if (area.empty()) return;
  // All segments go into one coverage: where two overlap, a see-through line is not drawn twice.
  cv::Mat coverage = cv::Mat::zeros(area.size(), CV_8UC1);
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
  const cv::Rect area = whole_pixels(box, picture_);
  const bool shrinks = area.width < picture.width() || area.height < picture.height();
  Picture source = picture;  // OpenCV wants pixels that it may change
  cv::Mat target = as_mat(picture_)(area);
  cv::resize(as_mat(source), target, area.size(), 0, 0,
             shrinks ? cv::INTER_AREA : cv::INTER_NEAREST);
}

}  // namespace hourglass::figures
