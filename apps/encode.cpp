// Writes the codes of a data set as numbers, and draws them: codes of two or three values as they
// are, wider ones by their first two principal components, indices of a codebook as maps.
//
//   encode best.pt                                  codes.csv and codes.png
//   encode best.pt --dataset mnist --split train --out train_codes.npy
//   encode best.pt --out - | head

#include "hourglass/apps/tools/codes_picture.h"
#include "hourglass/apps/tools/number_files.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/evaluation/generation.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace hourglass::apps {

using namespace evaluation;
using namespace figures;
using namespace cli;

namespace {

namespace fs = std::filesystem;

struct EncodeOptions {
  ModelOptions model;
  RowOptions rows;
  bool no_picture = false;
  recipes::PictureLook look;
  OutputOptions output;

  void describe(FieldTable& table);
};

void EncodeOptions::describe(FieldTable& table) {
  table.begin_group("Results");
  table.add("no_picture", no_picture, "write the numbers alone");
  look.describe_scatter(table);
  model.describe(table);
  rows.describe(table);
  output.describe(table);
}

int encode(const EncodeOptions& options, const CommandLine& line) {
  const std::string name = options.output.out.empty() ? "codes.csv" : options.output.out;
  expect_number_file(name, "--out");
  check_class_map(options.look);
  fs::path picture;
  if (name != "-" && !options.no_picture && figures_available()) {
    picture = further_file(fs::path(name).replace_extension(".png"), "--out", options.output);
  }
  const fs::path file = output_file(options.output, name);

  ExportedModel model = open_model(line.positional.front(), options.model);
  const SelectedRows rows = select_rows(model, options.rows, line, RecordedNoise::Leave);
  const Codes codes = encode_rows(model, *rows.rows, "encoding", options.output);
  write_numbers(file, shaped_codes(model, codes.values, "codes"),
                numbered_columns("code", codes.values[0].numel()),
                label_names(codes.labels, class_names(rows)));
  if (!picture.empty()) draw_codes(model, codes, rows, options.look).save(picture);
  if (file == "-") return kDone;

  if (options.output.json) {
    fmt::print("{}\n", nlohmann::json({{"file", file.string()},
                                       {"picture", picture.string()},
                                       {"shape", codes.values.sizes().vec()},
                                       {"labelled", codes.labels.defined()}})
                           .dump(2));
  } else {
    fmt::print("{} codes of {} values\n", with_thousands(codes.values.size(0)),
               codes.values[0].numel());
    print_path(file);
    if (!picture.empty()) print_path(picture);
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
