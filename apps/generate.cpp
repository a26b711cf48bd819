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
//   generate vae.pt rae.pt vq.pt --samples 12         a row of samples for each model

#include "hourglass/apps/tools/generated_items.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/printable.h"
#include "hourglass/formats/npy.h"

#include <fmt/format.h>

#include <vector>

namespace hourglass::apps {

using namespace formats;
using namespace evaluation;
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

/// One model's codes and items, in files and a picture.
int generate(const GenerateOptions& options, const CommandLine& line) {
  const std::string& kept = options.codes.save_sampler;
  const fs::path folder =
      output_folder(options.output, "generated", {"generated.png", "items.npy", "codes.npy"});
  further_file(kept, "--save-sampler", options.output);
  ExportedModel model = open_model(line.positional.front(), options.model);
  const GeneratedItems all =
      generate_items(options.codes, {model, options.rows, line, options.output}, options.look);
  const std::string& title = all.generated.title;
  if (!kept.empty() && !all.generated.fitted.distribution) {
    throw Error("--save-sampler: nothing was fitted ({}): use --sampler maf, say", title);
  }
  if (!kept.empty()) write_sampler(kept, all.generated.fitted, model);
  write_npy(folder / "codes.npy", all.codes);
  write_npy(folder / "items.npy", all.items);
  if (figures::figures_available()) {
    draw_generated(all, options.codes, options.look).save(folder / "generated.png");
    const size_t rows = all.generated.row_labels.size();
    if (rows > kMostDrawnRows) {
      note(options.output,
           fmt::format("the picture shows the first {} of {} rows", kMostDrawnRows, rows));
    }
  }
  if (options.output.json) {
    fmt::print("{}\n", nlohmann::json({{"folder", folder.string()},
                                       {"title", title},
                                       {"codes", all.codes.sizes().vec()},
                                       {"items", all.items.sizes().vec()}})
                           .dump(2));
  } else {
    fmt::print("{}\n", printable(title));
    print_path(folder);
  }
  return kDone;
}

/// Samples of several models in one picture.
int compare(const GenerateOptions& options, const CommandLine& line) {
  check_for_several(options.codes);
  const fs::path folder = output_folder(options.output, "generated", {"generated.png"});
  std::vector<GeneratedItems> models;
  nlohmann::json titles = nlohmann::json::array();
  for (const auto& path : line.positional) {
    ExportedModel model = open_model(path, options.model);
    models.push_back(
        generate_items(options.codes, {model, options.rows, line, options.output}, options.look));
    expect_same_items(models.front(), models.back());
    titles.push_back(models.back().generated.title);
    if (!options.output.json) fmt::print("{}\n", printable(models.back().generated.title));
  }
  draw_beside(models, fmt::format("{} samples of each model", options.codes.samples))
      .save(folder / "generated.png");
  if (options.output.json) {
    fmt::print("{}\n", nlohmann::json({{"folder", folder.string()}, {"titles", titles}}).dump(2));
  } else {
    print_path(folder);
  }
  return kDone;
}

int run(const GenerateOptions& options, const CommandLine& line) {
  check(options.codes, options.rows.condition, line);
  if (line.has("indices") && !options.codes.traverse) {
    throw UsageError("--indices: the rows of --traverse, found without it");
  }
  return line.positional.size() > 1 ? compare(options, line) : generate(options, line);
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
      .positional = "CKPT...",
      .examples = {"generate best.pt --at \"0.3,-1.2;1,0\"",
                   "generate best.pt --samples 25 --seed 3", "generate best.pt --manifold 15",
                   "generate best.pt --interpolate 3,17 --steps 8",
                   "generate best.pt --traverse 1 --indices 0-4",
                   "generate best.pt --samples 10 --condition all",
                   "generate vae.pt rae.pt vq.pt --samples 12"}};
  return run_tool(program, table, argc, argv, 1, kMostDrawnRows,
                  [&](const CommandLine& line) { return run(options, line); });
}
