#include "hourglass/figures/axes.h"
#include "hourglass/figures/point_cloud.h"
#include "hourglass/figures/scatter.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hourglass::figures {
namespace {

constexpr double kViewWidth = 320 * kPoint, kViewHeight = 300 * kPoint;
constexpr double kCubeSide = 0.57 * kViewHeight;
constexpr size_t kUpright = 2;  // the axis that stands on the floor
constexpr Color kWallColor = {246, 246, 246};

using Place = std::array<double, 3>;

double dot(const Place& a, const Place& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// The cube -½ … ½ in each direction, seen from afar: parallel lines stay parallel.
class View {
 public:
  /// `azimuth` turns the viewer around the upright third axis, `elevation` (> 0) lifts them; in
  /// degrees.
  View(Point center, double scale, double azimuth, double elevation)
      : center_(center), scale_(scale) {
    const double a = azimuth * std::numbers::pi / 180, e = elevation * std::numbers::pi / 180;
    right_ = {-std::sin(a), std::cos(a), 0};
    up_ = {-std::sin(e) * std::cos(a), -std::sin(e) * std::sin(a), std::cos(e)};
    towards_viewer_ = {std::cos(e) * std::cos(a), std::cos(e) * std::sin(a), std::sin(e)};
  }

  Point project(const Place& place) const {
    return {center_.x + scale_ * dot(place, right_), center_.y - scale_ * dot(place, up_)};
  }

  double nearness(const Place& place) const { return dot(place, towards_viewer_); }

  /// The end of an axis at which the viewer stands, and the opposite one.
  double near_end(size_t axis) const { return towards_viewer_[axis] > 0 ? 0.5 : -0.5; }
  double far_end(size_t axis) const { return -near_end(axis); }

 private:
  Point center_;
  double scale_;
  Place right_, up_, towards_viewer_;
};

Place with(Place place, size_t axis, double value) {
  place[axis] = value;
  return place;
}

/// The three faces behind the data, with a grid at the axes' marks.
void draw_walls(Canvas& canvas, const View& view, const std::array<Axis, 3>& axes) {
  for (size_t normal = 0; normal < 3; ++normal) {
    const size_t across = (normal + 1) % 3, along = (normal + 2) % 3;
    const auto on_wall = [&](double u, double v) {
      return view.project(with(with(with({}, normal, view.far_end(normal)), across, u), along, v));
    };
    canvas.fill({{on_wall(-0.5, -0.5), on_wall(0.5, -0.5), on_wall(0.5, 0.5), on_wall(-0.5, 0.5)}},
                kWallColor);
    const auto line = [&](Point from, Point to) { canvas.line(from, to, {.color = kGridColor}); };
    line(on_wall(-0.5, 0.5), on_wall(0.5, 0.5));
    line(on_wall(0.5, -0.5), on_wall(0.5, 0.5));
    for (const double tick : axes[across].ticks.values) {
      const double u = axes[across].share(tick) - 0.5;
      line(on_wall(u, -0.5), on_wall(u, 0.5));
    }
    for (const double tick : axes[along].ticks.values) {
      const double v = axes[along].share(tick) - 0.5;
      line(on_wall(-0.5, v), on_wall(0.5, v));
    }
  }
}

/// Where the other two coordinates of an axis lie on the edge of the cube that carries it: one of
/// the floor's nearer edges, or the left one of those that stand on its sides.
Place edge_of(size_t axis, const View& view) {
  const Place nearest = {view.near_end(0), view.near_end(1), view.far_end(kUpright)};
  if (axis != kUpright) return nearest;
  const Place sides[] = {with(nearest, 0, view.far_end(0)), with(nearest, 1, view.far_end(1))};
  return view.project(sides[0]).x < view.project(sides[1]).x ? sides[0] : sides[1];
}

/// Line, marks and label of one axis along its edge, written away from the cube's middle.
void draw_edge(Canvas& canvas, const View& view, const std::array<Axis, 3>& axes, size_t which) {
  const Axis& axis = axes[which];
  const auto along_edge = [&, edge = edge_of(which, view)](double share) {
    return view.project(with(edge, which, share - 0.5));
  };
  const Point middle = along_edge(0.5);
  const Point inside = view.project({0, 0, which == kUpright ? 0 : view.far_end(kUpright)});
  const double distance = std::hypot(middle.x - inside.x, middle.y - inside.y);
  const auto outwards = [&](Point from, double length) {
    return Point{from.x + length * (middle.x - inside.x) / distance,
                 from.y + length * (middle.y - inside.y) / distance};
  };

  /// How far from the edge a text's middle has to stand for the text to be clear of it.
  const auto clearance = [&](double width, double height) {
    return (std::abs(middle.x - inside.x) * width + std::abs(middle.y - inside.y) * height) /
           (2 * distance);
  };

  const Point start = along_edge(0), end = along_edge(1);
  canvas.line(start, end);
  double widest = 0;
  for (size_t i = 0; i < axis.ticks.values.size(); ++i) {
    const Point mark = along_edge(axis.share(axis.ticks.values[i]));
    const double width = text_width(axis.ticks.labels[i], kSmallSize);
    widest = std::max(widest, width);
    canvas.line(mark, outwards(mark, 3 * kPoint));
    canvas.text(axis.ticks.labels[i],
                outwards(mark, 6 * kPoint + clearance(width, kCapitalHeight * kSmallSize)),
                {.size = kSmallSize});
  }
  const std::string label =
      axis.ticks.factor.empty() ? axis.label : axis.label + " (" + axis.ticks.factor + ")";
  const double slope = std::atan((start.y - end.y) / (end.x - start.x)) * 180 / std::numbers::pi;
  canvas.text(label,
              outwards(middle, 17 * kPoint + 2 * clearance(widest, kCapitalHeight * kSmallSize)),
              {.turn = which == kUpright ? kUpward : slope});
}

void draw_view(Canvas& canvas, const View& view, const PointCloud& cloud,
               const std::array<Axis, 3>& axes, double opacity) {
  struct Dot {
    Place place;  // in the cube
    Color color;
    Marker marker;
  };
  std::vector<Dot> dots;
  for (const auto& point : cloud.points) {
    Dot& dot = dots.emplace_back(Dot{{}, point.color, point.marker});
    for (size_t d = 0; d < 3; ++d) dot.place[d] = axes[d].share(point.place[d]) - 0.5;
  }
  std::stable_sort(dots.begin(), dots.end(), [&](const Dot& a, const Dot& b) {
    return view.nearness(a.place) < view.nearness(b.place);
  });

  draw_walls(canvas, view, axes);
  for (size_t axis = 0; axis < 3; ++axis) draw_edge(canvas, view, axes, axis);
  for (const auto& dot : dots) {
    draw_marker(canvas, dot.marker, view.project(dot.place), cloud.dot_radius, dot.color, opacity);
  }
}

}  // namespace

Picture scatter_3d(const at::Tensor& points, const ScatterOptions& options) {
  const PointCloud cloud = make_point_cloud("scatter in space", points, 3, options);
  const CloudKey key(cloud, kViewHeight);
  std::array<Axis, 3> axes;
  for (size_t d = 0; d < 3; ++d) {
    axes[d] = fit_axis(options.axis_labels[d], cloud.coordinates(d));
    axes[d].ticks = linear_ticks(axes[d].low, axes[d].high, 6);
  }

  auto [canvas, content] = make_cloud_page(cloud, key, 2 * kViewWidth, kViewHeight, options.title);
  // The cube stands a little high, for its labels below.
  const Point left = {content.x + 0.5 * kViewWidth, content.y + 0.48 * kViewHeight};
  const Point right = {left.x + kViewWidth, left.y};
  draw_view(canvas, View(left, kCubeSide, -60, 25), cloud, axes, options.opacity);
  draw_view(canvas, View(right, kCubeSide, 30, 25), cloud, axes, options.opacity);
  key.draw(canvas, content);
  return canvas.take();
}

}  // namespace hourglass::figures
