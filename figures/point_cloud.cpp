#include "hourglass/figures/point_cloud.h"

#include "hourglass/core/error.h"
#include "hourglass/core/random.h"
#include "hourglass/core/text.h"
#include "hourglass/figures/tensor.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hourglass::figures {
namespace {

constexpr size_t kMostSteps = 20;    // in a legend, of a map of even steps
constexpr size_t kOfOneMarker = 10;  // distinct colours are told apart surely
constexpr size_t kMostNames =
    kOfOneMarker * kMarkers.size();     // each a colour and marker of its own
constexpr int64_t kMostClasses = 1000;  // of labels without names: more are hardly classes

/// The labels as int64 on the CPU, checked; undefined where there are none.
at::Tensor checked_labels(const char* picture, int64_t count, const ScatterOptions& options) {
  const at::Tensor& labels = options.labels;
  if (!labels.defined()) return labels;
  if (labels.dim() != 1 || labels.size(0) != count || at::isFloatingType(labels.scalar_type())) {
    throw Error("{}: expected a whole number as label for each of {} points, found {} {}", picture,
                count, c10::toString(labels.scalar_type()), shape_text(labels));
  }
  at::Tensor host = labels.detach().to(at::kCPU, at::kLong).contiguous();
  const auto limit =
      options.class_names.empty() ? kMostClasses : static_cast<int64_t>(options.class_names.size());
  for (const int64_t found : {host.min().item<int64_t>(), host.max().item<int64_t>()}) {
    if (found < 0 || found >= limit) {
      throw Error("{}: expected labels 0 … {}, found {}", picture, limit - 1, found);
    }
  }
  return host;
}

std::vector<std::string> class_names_of(const at::Tensor& labels, const ScatterOptions& options) {
  std::vector<std::string> names = options.class_names;
  if (!names.empty()) return names;
  const auto largest = labels.max().item<int64_t>();
  for (int64_t i = 0; i <= largest; ++i) names.push_back(std::to_string(i));
  return names;
}

/// Whether the map's colours are chosen to be told apart, rather than steps on a way.
bool is_of_single_colors(ColorMap map) {
  return map == ColorMap::Distinct || map == ColorMap::Tab10;
}

/// The classes' names and looks, and the kind of key that tells them.
void find_classes(const at::Tensor& labels, const ScatterOptions& options, PointCloud& cloud) {
  if (!labels.defined()) return;
  const auto names = class_names_of(labels, options);
  const bool single = is_of_single_colors(options.map.value_or(ColorMap::Distinct));
  cloud.key_is_bar =
      options.key == ClassKey::Bar ||
      (options.key == ClassKey::Auto && names.size() > (single ? kMostNames : kMostSteps));
  const auto usual = cloud.key_is_bar && names.size() > kDistinctColors ? ColorMap::NipySpectral
                                                                        : ColorMap::Distinct;
  const auto colors = class_colors(options.map.value_or(usual), names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    const Marker marker =
        single && !cloud.key_is_bar ? kMarkers[i / kOfOneMarker % kMarkers.size()] : Marker::Disc;
    cloud.classes.push_back({names[i], colors[i], Swatch::Dot, marker});
  }
}

/// 0 … count-1, shuffled alike in every run.
std::vector<int64_t> drawing_order(int64_t count) {
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  const auto key = [](int64_t i) { return philox(0, 0, static_cast<uint64_t>(i)); };
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return key(a) < key(b); });
  return order;
}

/// 20 square points for the 1,797 digits, down to dots that leave 60,000 apart, up to dots that
/// make a few seen.
double automatic_area(int64_t count) {
  return std::clamp(20.0 * 1797 / static_cast<double>(count), 2.0, 36.0);
}

std::vector<std::string> names_of(const std::vector<LegendEntry>& classes) {
  std::vector<std::string> names;
  names.reserve(classes.size());
  for (const auto& entry : classes) names.push_back(entry.name);
  return names;
}

}  // namespace

std::vector<double> PointCloud::coordinates(size_t dimension) const {
  std::vector<double> values;
  for (const auto& point : points) values.push_back(point.place[dimension]);
  return values;
}

PointCloud make_point_cloud(const char* picture, const at::Tensor& points, int64_t dimensions,
                            const ScatterOptions& options) {
  const std::string expected = fmt::format("{}: expected points [N, {}]", picture, dimensions);
  const at::Tensor host = host_values(points, expected, {2});
  if (host.size(1) != dimensions) throw Error("{}, found {}", expected, shape_text(points));
  if (!(options.opacity >= 0 && options.opacity <= 1)) {
    throw Error("{}: expected an opacity in 0 … 1, found {}", picture, options.opacity);
  }
  const int64_t count = host.size(0);
  const at::Tensor labels = checked_labels(picture, count, options);

  PointCloud cloud;
  find_classes(labels, options, cloud);
  cloud.dot_radius = std::sqrt(options.dot_area.value_or(automatic_area(count))) / 2 * kPoint;

  const auto values = host.accessor<float, 2>();
  const int64_t* label = labels.defined() ? labels.data_ptr<int64_t>() : nullptr;
  for (const int64_t i : drawing_order(count)) {
    CloudPoint point{.color = distinct_colors(1).front()};
    bool finite = true;
    for (int64_t d = 0; d < dimensions; ++d) {
      point.place[static_cast<size_t>(d)] = values[i][d];
      finite = finite && std::isfinite(values[i][d]);
    }
    if (!finite) continue;
    if (label != nullptr) {
      const LegendEntry& its_class = cloud.classes[static_cast<size_t>(label[i])];
      point.color = its_class.color;
      point.marker = its_class.marker;
    }
    cloud.points.push_back(point);
  }
  const auto left_out = count - static_cast<int64_t>(cloud.points.size());
  if (left_out > 0) {
    cloud.note = fmt::format("{} of {} points are not finite and left out",
                             with_thousands(left_out), with_thousands(count));
  }
  return cloud;
}

CloudKey::CloudKey(const PointCloud& cloud, double plot_height)
    : classes_(cloud.classes), as_bar_(cloud.key_is_bar), legend_(cloud.classes, plot_height) {}

double CloudKey::width() const {
  if (classes_.empty()) return 0;
  return 1.5 * kGap + (as_bar_ ? class_bar_width(names_of(classes_)) : legend_.width());
}

void CloudKey::draw(Canvas& canvas, const Box& plot) const {
  if (classes_.empty()) return;
  const double x = plot.right() + 1.5 * kGap;
  if (as_bar_) {
    std::vector<Color> colors;
    for (const auto& entry : classes_) colors.push_back(entry.color);
    draw_class_bar(canvas, {x, plot.y, 0, plot.height}, colors, names_of(classes_));
  } else {
    legend_.draw(canvas, {x, plot.y});
  }
}

Page make_cloud_page(const PointCloud& cloud, const CloudKey& key, double width, double height,
                     const std::string& title) {
  Page page = make_page(width + key.width(), height, title, cloud.note);
  page.content = page.content.without_right(key.width());
  return page;
}

}  // namespace hourglass::figures
