#pragma once

#include "hourglass/figures/legend.h"
#include "hourglass/figures/page.h"
#include "hourglass/figures/scatter.h"

#include <array>
#include <string>
#include <vector>

// Private to the room: what scatter plots in the plane and in space share.

namespace hourglass::figures {

struct CloudPoint {
  std::array<double, 3> place = {};  ///< the last is 0 in the plane
  Color color;
  Marker marker = Marker::Disc;
};

struct PointCloud {
  std::vector<CloudPoint> points;    ///< in drawing order
  std::vector<LegendEntry> classes;  ///< empty without labels
  bool key_is_bar = false;           ///< rather than a legend
  double dot_radius = 0;             ///< pixels
  std::string note;                  ///< on points that are left out; empty when all are there

  std::vector<double> coordinates(size_t dimension) const;
};

/// Checks and orders the points [N, `dimensions`]; throws `Error` in the name of `picture`.
PointCloud make_point_cloud(const char* picture, const at::Tensor& points, int64_t dimensions,
                            const ScatterOptions& options);

/// The legend or bar that names the classes.
class CloudKey {
 public:
  /// For a plot of that height.
  CloudKey(const PointCloud& cloud, double plot_height);

  /// Pixels from left to right with the gap before it; 0 without classes.
  double width() const;

  /// At the right of the plot's box.
  void draw(Canvas& canvas, const Box& plot) const;

 private:
  std::vector<LegendEntry> classes_;
  bool as_bar_;
  Legend legend_;
};

/// A page for plots of `width` x `height` pixels, with room for the key beside them and the note
/// written below; the content is the plots' alone.
Page make_cloud_page(const PointCloud& cloud, const CloudKey& key, double width, double height,
                     const std::string& title);

}  // namespace hourglass::figures
