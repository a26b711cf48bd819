#pragma once

#include "hourglass/figures/colormap.h"
#include "hourglass/figures/picture.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::figures {

/// How classes are told: by names beside dots, by a bar in steps, or by names as long as their
/// colours are told apart (sixty classes, or twenty along a map of even steps) and a bar beyond.
/// Where names stand beside more than ten distinct colours, every ten classes have a marker of their
/// own.
enum class ClassKey { Auto, Legend, Bar };

struct ScatterOptions {
  std::string title;
  std::array<std::string, 3> axis_labels = {"component 0", "component 1", "component 2"};
  at::Tensor labels;  ///< [N] integers from 0; undefined: one colour for all points
  std::vector<std::string> class_names;  ///< of labels 0, 1, …; empty: the numbers
  std::optional<ColorMap> map;           ///< none: Distinct, or NipySpectral beside a bar
  ClassKey key = ClassKey::Auto;
  std::optional<double> dot_area;  ///< in points² (1/72 inch); none: from the number of points
  double opacity = 0.9;            ///< 0 … 1
};

/// The area of a dot that is `size` points across.
inline std::optional<double> dot_area(std::optional<double> size) {
  return size ? std::optional<double>(*size * *size) : std::nullopt;
}

/// Points [N, 2] in a plane, coloured by class. They are drawn in a shuffled order (the same in
/// every run), so that no class lies on top of the others. Points with a coordinate that is not
/// finite are left out, and a line below says so. Throws `Error` on other shapes, labels that are
/// not one a point, and more labels than class names.
Picture scatter(const at::Tensor& points, const ScatterOptions& options = {});

/// Points [N, 3] in space, seen from two sides.
Picture scatter_3d(const at::Tensor& points, const ScatterOptions& options = {});

}  // namespace hourglass::figures
