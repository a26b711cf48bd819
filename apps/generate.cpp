// Decodes codes that no item has: points given by hand, samples, a grid, a way between two items,
// steps along one component. Components, as in the columns of `encode`, and rows are counted
// from 0.
//
//   generate best.pt --at "0.3,-1.2;1,0"
//   generate best.pt --samples 25 --seed 3
//   generate best.pt --samples 25 --sampler maf --save-sampler codes.safetensors
//   generate best.pt --manifold 15
//   generate best.pt --interpolate 3,17 --steps 8 --spherical
//   generate best.pt --traverse 1 --indices 0-4
//   generate best.pt --samples 10 --condition all     a row of samples for each class
//   generate best.pt --at "3,7,1,0"                   of a model whose codes are indices

#include "hourglass/apps/tools/generated_codes.h"
#include "hourglass/apps/tools/item_pictures.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/item_kind.h"
#include "hourglass/figures/manifold.h"
#include "hourglass/formats/npy.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

namespace hourglass::apps {

using namespace formats;
using namespace evaluation;
using namespace figures;
using namespace cli;

namespace {

namespace fs = std::filesystem;

struct GenerateOptions {
  CodeOptions codes;
  recipes::PictureLook look;
  ModelOptions model;
  RowOptions rows;
  OutputOptions output;

  void describe(FieldTable& table);
};

void GenerateOptions::describe(FieldTable& table) {
  codes.describe(table);
  look.describe_manifold(table);
  model.describe(table);
  rows.describe(table);
  output.describe(table);
}

Picture draw(const GeneratedCodes& generated, const at::Tensor& items, ValueRange range,
             const ItemStyle& style, const GenerateOptions& options) {
  if (!generated.grid.first.empty() && holds_images(items)) {
    return manifold(items, generated.grid.first, generated.grid.second,
                    {.title = generated.title,
                     .x_label = fmt::format("component {}", options.codes.dims[0]),
                     .y_label = fmt::format("component {}", options.codes.dims[1]),
                     .range = range,
                     .map = style.map.value_or(ColorMap::Gray),
                     .downward = options.look.manifold_downward});
  }
  const auto rows = static_cast<int64_t>(generated.row_labels.size());
  const int64_t columns = std::min(kMostDrawnItems, items.size(0) / rows);
  std::vector<ItemRow> drawn;
  for (int64_t r = 0; r < rows; ++r) {
    drawn.push_back(output_row(generated.row_labels[static_cast<size_t>(r)],
                               items.narrow(0, r * (items.size(0) / rows), columns), range));
  }
  return draw_items(drawn, generated.captions, generated.title, generated.columns, style);
}

int generate(const GenerateOptions& options, const CommandLine& line) {
  check(options.codes, options.rows.condition, line);
  if (line.has("indices") && !options.codes.traverse) {
    throw UsageError("--indices: the rows of --traverse, found without it");
  }
  const fs::path folder =
      output_folder(options.output, "generated", {"generated.png", "items.npy", "codes.npy"});
  const std::string& kept = options.codes.save_sampler;
  if (!kept.empty()) output_file({.out = kept, .force = options.output.force}, "");
  ExportedModel model = open_model(line.positional.front(), options.model);
  const ItemStyle style = item_style(model, options.look);
  GeneratedCodes generated = make_codes(options.codes, {model, options.rows, line, options.output});
  generated.title = fmt::format("{}: {}", model_name(model), generated.title);
  const at::Tensor codes = shaped_codes(model, generated.codes, "--at");
  const at::Tensor items = model.decode(codes, generated.conditions);
  if (!kept.empty() && !generated.fitted.distribution) {
    throw Error("--save-sampler: nothing was fitted ({}): use --sampler maf, say", generated.title);
  }
  if (!kept.empty()) write_sampler(kept, generated.fitted, model);
  write_npy(folder / "codes.npy", codes);
  write_npy(folder / "items.npy", items);
  if (figures_available()) {
    draw(generated, items, value_range(model, items), style, options)
        .save(folder / "generated.png");
  }
  if (options.output.json) {
    fmt::print("{}\n", nlohmann::json({{"folder", folder.string()},
                                       {"title", generated.title},
                                       {"codes", codes.sizes().vec()},
                                       {"items", items.sizes().vec()}})
                           .dump(2));
  } else {
    fmt::print("{}\n{}\n", generated.title, folder.string());
  }
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  GenerateOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "generate",
      .summary = "Decodes points, samples, grids and ways between items of a checkpoint's code.",
      .positional = "CKPT",
      .examples = {"generate best.pt --at \"0.3,-1.2;1,0\"",
                   "generate best.pt --samples 25 --seed 3", "generate best.pt --manifold 15",
                   "generate best.pt --interpolate 3,17 --steps 8",
                   "generate best.pt --traverse 1 --indices 0-4",
                   "generate best.pt --samples 10 --condition all"}};
  return run_tool(program, table, argc, argv, 1, 1,
                  [&](const CommandLine& line) { return generate(options, line); });
}
