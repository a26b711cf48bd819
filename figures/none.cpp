// Stands in for the whole room where the project is built without OpenCV: every picture is an error
// that says so.

#include "hourglass/core/error.h"
#include "hourglass/figures/activation_maps.h"
#include "hourglass/figures/bar_chart.h"
#include "hourglass/figures/filter_grid.h"
#include "hourglass/figures/heat_overlay.h"
#include "hourglass/figures/histogram.h"
#include "hourglass/figures/image_file.h"
#include "hourglass/figures/image_grid.h"
#include "hourglass/figures/index_maps.h"
#include "hourglass/figures/line_plot.h"
#include "hourglass/figures/manifold.h"
#include "hourglass/figures/scatter.h"
#include "hourglass/figures/vector_grid.h"

namespace hourglass::figures {
namespace {

[[noreturn]] void no_figures() {
  throw Error("this build draws no pictures (HOURGLASS_FIGURES=OFF): build with OpenCV for them");
}

[[noreturn]] void no_images() {
  throw Error("this build reads no images (HOURGLASS_FIGURES=OFF): build with OpenCV for them");
}

}  // namespace

bool figures_available() { return false; }

Picture::Picture(int width, int height, Color /*background*/) : width_(width), height_(height) {
  no_figures();
}
bool is_picture_name(const std::filesystem::path& /*path*/) { no_figures(); }

Color Picture::at(int /*x*/, int /*y*/) const { no_figures(); }
bool Picture::has_color() const { no_figures(); }
void Picture::save(const std::filesystem::path& /*path*/) const { no_figures(); }

at::Tensor decode_image(std::string_view /*bytes*/, const std::string& /*name*/) { no_images(); }
at::Tensor read_image(const std::filesystem::path& /*path*/) { no_images(); }
at::Tensor adapt_image(const at::Tensor& /*image*/, const Shape& /*shape*/) { no_images(); }
ImagesRead read_images(const std::vector<std::filesystem::path>& /*paths*/,
                       const std::optional<Shape>& /*item_shape*/) {
  no_images();
}

Picture to_picture(const at::Tensor& /*image*/, ValueRange /*range*/, ColorMap /*map*/) {
  no_figures();
}
Picture activation_maps(const std::vector<ActivationMap>& /*activations*/,
                        const ActivationOptions& /*options*/) {
  no_figures();
}
Picture bar_chart(const std::vector<std::string>& /*categories*/,
                  const std::vector<BarSeries>& /*series*/, const BarChartOptions& /*options*/) {
  no_figures();
}
Picture filter_grid(const at::Tensor& /*filters*/, const ImageGridOptions& /*options*/) {
  no_figures();
}
at::Tensor heat_overlay(const at::Tensor& /*image*/, const ValueRange& /*image_range*/,
                        const at::Tensor& /*heat*/, const HeatOptions& /*options*/) {
  no_figures();
}
Picture histogram(const std::vector<HistogramGroup>& /*groups*/,
                  const HistogramOptions& /*options*/) {
  no_figures();
}
Picture image_grid(const std::vector<ImageRow>& /*rows*/, const ImageGridOptions& /*options*/) {
  no_figures();
}
ImageRow index_map_row(const std::string& /*label*/, const at::Tensor& /*indices*/,
                       int64_t /*size*/) {
  no_figures();
}
Picture line_plot(const std::vector<Series>& /*series*/, const LinePlotOptions& /*options*/) {
  no_figures();
}
Picture manifold(const at::Tensor& /*images*/, const std::vector<double>& /*x_values*/,
                 const std::vector<double>& /*y_values*/, const ManifoldOptions& /*options*/) {
  no_figures();
}
Picture scatter(const at::Tensor& /*points*/, const ScatterOptions& /*options*/) { no_figures(); }
Picture scatter_3d(const at::Tensor& /*points*/, const ScatterOptions& /*options*/) {
  no_figures();
}
Picture vector_grid(const std::vector<VectorRow>& /*rows*/, const VectorGridOptions& /*options*/) {
  no_figures();
}

}  // namespace hourglass::figures
