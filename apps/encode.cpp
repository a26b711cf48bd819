// Writes the codes of a data set as numbers, and draws them: codes of two or three values as they
// are, wider ones by their first two principal components, indices of a codebook as maps.
//
//   encode best.pt                                  codes.csv and codes.png
//   encode best.pt --dataset mnist --split train --out train_codes.npy
//   encode best.pt --out - | head

#include "hourglass/apps/tools/item_pictures.h"
#include "hourglass/apps/tools/number_files.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/codebook.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/evaluation/generation.h"
#include "hourglass/evaluation/pca.h"
#include "hourglass/figures/index_maps.h"
#include "hourglass/figures/scatter.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

namespace hourglass::apps {

using namespace datasets;
using namespace evaluation;
using namespace figures;
using namespace cli;

namespace {

namespace fs = std::filesystem;

struct EncodeOptions {
  ModelOptions model;
  RowOptions rows;
  bool no_picture = false;
  OutputOptions output;

  void describe(FieldTable& table);
};

void EncodeOptions::describe(FieldTable& table) {
  table.begin_group("Results");
  table.add("no_picture", no_picture, "write the numbers alone");
  model.describe(table);
  rows.describe(table);
  output.describe(table);
}

/// Codes of one value are drawn over their row numbers; `note` says what the axes are.
struct DrawnCodes {
  at::Tensor points;  // [N, 2] or [N, 3]
  std::array<std::string, 3> axes = {"component 1", "component 2", "component 3"};
  std::string note;
};

DrawnCodes drawn_codes(const at::Tensor& codes) {
  const at::Tensor flat = codes.flatten(1);  // [N, D]
  const int64_t width = flat.size(1);
  if (width == 1) {
    const at::Tensor numbers = at::arange(flat.size(0), at::kFloat).unsqueeze(1);
    return {at::cat({numbers, flat}, 1), {"row", "component 1", ""}, ""};
  }
  if (width <= 3) return {flat};
  const TensorDataset rows(flat, at::Tensor(), Scaling());
  const Pca pca = fit_pca(rows, 2);
  const at::Tensor points = pca.encode(flat);
  const double share =
      (points.var(0, false).sum() / flat.to(at::kDouble).var(0, false).sum()).item<double>();
  return {points,
          {"principal component 1", "principal component 2", ""},
          fmt::format(", PCA of {} values: {:.0f} % of their variance", width, 100 * share)};
}

Picture draw_index_maps(ExportedModel& model, const at::Tensor& codes, const SelectedRows& rows) {
  const int64_t shown = std::min(kMostDrawnItems, codes.size(0)), size = codebook(model).size(0);
  const std::string part = shown < codes.size(0) ? fmt::format("the first {} of ", shown) : "";
  const std::string title =
      fmt::format("Indices, 0 to {}, of {}{}", size - 1, part, row_text(rows));
  return image_grid({index_map_row("", codes.narrow(0, 0, shown), size)}, {.title = title});
}

Picture draw(const Codes& codes, const SelectedRows& rows) {
  const DrawnCodes drawn = drawn_codes(codes.values);
  const ScatterOptions look = {.title = fmt::format("Codes of {}{}", row_text(rows), drawn.note),
                               .axis_labels = drawn.axes,
                               .labels = codes.labels,
                               .class_names = class_names(rows)};
  return drawn.points.size(1) == 3 ? scatter_3d(drawn.points, look) : scatter(drawn.points, look);
}

int encode(const EncodeOptions& options, const CommandLine& line) {
  const std::string name = options.output.out.empty() ? "codes.csv" : options.output.out;
  expect_number_file(name, "--out");
  fs::path picture;
  if (name != "-" && !options.no_picture && figures_available()) {
    picture = output_file(
        {.out = fs::path(name).replace_extension(".png"), .force = options.output.force}, "");
  }
  const fs::path file = output_file(options.output, name);

  ExportedModel model = open_model(line.positional.front(), options.model);
  const SelectedRows rows = select_rows(model, options.rows, line, RecordedNoise::Leave);
  const Codes codes = encode_rows(model, *rows.rows, "encoding", options.output);
  write_numbers(file, shaped_codes(model, codes.values, "codes"), "code",
                label_names(codes.labels, class_names(rows)));
  if (!picture.empty()) {
    (has_index_codes(model) ? draw_index_maps(model, codes.values, rows) : draw(codes, rows))
        .save(picture);
  }
  if (file == "-") return kDone;

  if (options.output.json) {
    fmt::print("{}\n", nlohmann::json({{"file", file.string()},
                                       {"picture", picture.string()},
                                       {"shape", codes.values.sizes().vec()},
                                       {"labelled", codes.labels.defined()}})
                           .dump(2));
  } else {
    fmt::print("{} codes of {} values\n{}\n{}", with_thousands(codes.values.size(0)),
               codes.values[0].numel(), file.string(),
               picture.empty() ? "" : picture.string() + "\n");
  }
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  EncodeOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "encode",
      .summary = "Writes the codes of a data set as CSV (with labels) or NPY, and draws them.",
      .positional = "CKPT",
      .examples = {"encode best.pt", "encode best.pt --split train --out train_codes.npy",
                   "encode best.pt --out - | head"}};
  return run_tool(program, table, argc, argv, 1, 1,
                  [&](const CommandLine& line) { return encode(options, line); });
}
