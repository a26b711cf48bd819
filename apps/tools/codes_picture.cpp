#include "hourglass/apps/tools/codes_picture.h"

#include "hourglass/apps/tools/item_pictures.h"
#include "hourglass/evaluation/codebook.h"
#include "hourglass/evaluation/pca.h"
#include "hourglass/figures/index_maps.h"
#include "hourglass/figures/scatter.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace hourglass::apps {

using namespace datasets;
using namespace evaluation;
using namespace figures;

namespace {

/// Codes of one value are drawn over their row numbers; `note` says what the axes are.
struct DrawnCodes {
  at::Tensor points;  // [N, 2] or [N, 3]
  std::array<std::string, 3> axes = {"component 0", "component 1", "component 2"};
  std::string note;
};

DrawnCodes drawn_codes(const at::Tensor& codes) {
  const at::Tensor flat = codes.flatten(1);  // [N, D]
  const int64_t width = flat.size(1);
  if (width == 1) {
    const at::Tensor numbers = at::arange(flat.size(0), at::kFloat).unsqueeze(1);
    return {at::cat({numbers, flat}, 1), {"row", "component 0", ""}, ""};
  }
  if (width <= 3) return {flat};
  if (flat.size(0) == 1) {
    return {flat.narrow(1, 0, 2), {"component 0", "component 1", ""}, ", two of its values"};
  }
  const TensorDataset rows(flat, at::Tensor(), Scaling());
  const Pca pca = fit_pca(rows, 2);
  const at::Tensor points = pca.encode(flat);
  const double share =
      (points.var(0, false).sum() / flat.to(at::kDouble).var(0, false).sum()).item<double>();
  return {points,
          {"principal component 0", "principal component 1", ""},
          fmt::format(", PCA of {} values: {:.0f} % of their variance", width, 100 * share)};
}

Picture draw_index_maps(ExportedModel& model, const at::Tensor& codes, const SelectedRows& rows) {
  const int64_t shown = std::min(kMostDrawnItems, codes.size(0)), size = codebook(model).size(0);
  const std::string part = shown < codes.size(0) ? fmt::format("the first {} of ", shown) : "";
  const std::string title =
      fmt::format("Indices, 0 to {}, of {}{}", size - 1, part, row_text(rows));
  std::vector<ImageRow> drawn;
  const auto maps = maps_of_codebooks(codes.narrow(0, 0, shown));
  for (size_t i = 0; i < maps.size(); ++i) {
    const std::string label = maps.size() == 1 ? "" : fmt::format("codebook {}", i);
    drawn.push_back(index_map_row(label, maps[i], size));
  }
  return image_grid(drawn, {.title = title});
}

}  // namespace

Picture draw_codes(ExportedModel& model, const Codes& codes, const SelectedRows& rows,
                   const recipes::PictureLook& look) {
  if (has_index_codes(model)) return draw_index_maps(model, codes.values, rows);
  const DrawnCodes drawn = drawn_codes(codes.values);
  const ScatterOptions options = {.title = fmt::format("Codes of {}{}", row_text(rows), drawn.note),
                                  .axis_labels = drawn.axes,
                                  .labels = codes.labels,
                                  .class_names = class_names(rows),
                                  .map = look.class_map(),
                                  .dot_area = dot_area(look.point_size),
                                  .opacity = look.opacity};
  return (drawn.points.size(1) == 3 ? scatter_3d : scatter)(drawn.points, options);
}

}  // namespace hourglass::apps
