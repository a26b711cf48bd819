#include "figures/point_cloud.h"

#include "core/error.h"
#include "core/random.h"
#include "core/text.h"
#include "figures/legend.h"
#include "figures/tensor.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hourglass {
namespace {

constexpr size_t kMostNamesInLegend = 20;

/// The labels as int64 on the CPU, checked; undefined where there are none.
at::Tensor checked_labels(const char* picture, const at::Tensor& labels, int64_t count) {
  if (!labels.defined()) return labels;
  if (labels.dim() != 1 || labels.size(0) != count || at::isFloatingType(labels.scalar_type())) {
    throw Error("{}: expected a whole number as label for each of {} points, found {} {}", picture,
                count, c10::toString(labels.scalar_type()), shape_text(labels));
  }
  at::Tensor host = labels.detach().to(at::kCPU, at::kLong).contiguous();
  if (host.min().item<int64_t>() < 0) {
    throw Error("{}: expected labels from 0, found {}", picture, host.min().item<int64_t>());
  }
  return host;
}

std::vector<NamedColor> classes_of(const char* picture, const at::Tensor& labels,
                                   const ScatterOptions& options) {
  if (!labels.defined()) return {};
  const auto found = static_cast<int>(labels.max().item<int64_t>()) + 1;
  const int count =
      options.class_names.empty() ? found : static_cast<int>(options.class_names.size());
  if (found > count) {
    throw Error("{}: expected labels below {}, the number of class names, found {}", picture, count,
                found - 1);
  }
  const auto colors = class_colors(options.map.value_or(best_class_map(count)), count);
  std::vector<NamedColor> classes;
  for (size_t i = 0; i < colors.size(); ++i) {
    classes.push_back(
        {options.class_names.empty() ? std::to_string(i) : options.class_names[i], colors[i]});
  }
  return classes;
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

std::vector<std::string> names_of(const std::vector<NamedColor>& classes) {
  std::vector<std::string> names;
  for (const auto& entry : classes) names.push_back(entry.name);
  return names;
}

Legend legend_of(const std::vector<NamedColor>& classes) {
  std::vector<LegendEntry> entries;
  for (const auto& entry : classes) entries.push_back({entry.name, entry.color, Swatch::Dot});
  return Legend(std::move(entries));
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
  const at::Tensor labels = checked_labels(picture, options.labels, count);

  PointCloud cloud;
  cloud.classes = classes_of(picture, labels, options);
  cloud.dot_radius = std::sqrt(options.dot_area.value_or(automatic_area(count))) / 2 * kPoint;

  const auto values = host.accessor<float, 2>();
  const int64_t* label = labels.defined() ? labels.data_ptr<int64_t>() : nullptr;
  for (const int64_t i : drawing_order(count)) {
    CloudPoint point{.color = class_colors(ColorMap::Tab10, 1).front()};
    bool finite = true;
    for (int64_t d = 0; d < dimensions; ++d) {
      point.place[static_cast<size_t>(d)] = values[i][d];
      finite = finite && std::isfinite(values[i][d]);
    }
    if (!finite) continue;
    if (label != nullptr) point.color = cloud.classes[static_cast<size_t>(label[i])].color;
    cloud.points.push_back(point);
  }
  const auto left_out = count - static_cast<int64_t>(cloud.points.size());
  if (left_out > 0) {
    cloud.note = fmt::format("{} of {} points are not finite and left out",
                             with_thousands(left_out), with_thousands(count));
  }
  return cloud;
}

CloudKey::CloudKey(const PointCloud& cloud, ClassKey kind)
    : classes_(cloud.classes),
      as_bar_(kind == ClassKey::Bar ||
              (kind == ClassKey::Auto && classes_.size() > kMostNamesInLegend)) {}

double CloudKey::width() const {
  if (classes_.empty()) return 0;
  return 1.5 * kGap + (as_bar_ ? class_bar_width(names_of(classes_)) : legend_of(classes_).width());
}

void CloudKey::draw(Canvas& canvas, const Box& plot) const {
  if (classes_.empty()) return;
  const double x = plot.right() + 1.5 * kGap;
  if (as_bar_) {
    std::vector<Color> colors;
    for (const auto& entry : classes_) colors.push_back(entry.color);
    draw_class_bar(canvas, {x, plot.y, 0, plot.height}, colors, names_of(classes_));
  } else {
    legend_of(classes_).draw(canvas, {x, plot.y});
  }
}

}  // namespace hourglass
