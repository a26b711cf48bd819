// Sends items through a checkpoint: a picture of originals above their reconstructions, the error
// of each item as CSV, and, of a user's own images, the reconstructions as image files.
//   reconstruct best.pt --indices 110-119,7
//   reconstruct best.pt --corruption gaussian:0.5 --absolute-error --out noisy
//   reconstruct denoiser.pt scan1.png scans/ --write-images --out cleaned

#include "hourglass/apps/tools/column_files.h"
#include "hourglass/apps/tools/item_pictures.h"
#include "hourglass/apps/tools/reconstructed_items.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/evaluation/item_errors.h"
#include "hourglass/evaluation/reconstructions.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstdint>

namespace hourglass::apps {

using namespace evaluation;
using namespace figures;
using namespace cli;

namespace {

constexpr const char *kPicture = "reconstructions.png", *kErrors = "errors.csv";

struct ReconstructOptions {
  ModelOptions model;
  RowOptions rows = {.data = {.dataset = ""}, .first_rows = 10};
  bool absolute_error = false;
  bool write_images = false;
  recipes::PictureLook look;
  OutputOptions output;

  void describe(FieldTable& table) {
    table.begin_group("Results");
    table.add("absolute_error", absolute_error,
              "add a row of |reconstruction - original| to the picture");
    table.add("write_images", write_images,
              "write each reconstruction as an image of its own, too, into images/");
    look.describe_values(table);
    model.describe(table);
    rows.describe(table);
    output.describe(table);
  }
};

void print_summary(const nlohmann::json& means, size_t items, const std::filesystem::path& folder,
                   const OutputOptions& options) {
  const nlohmann::json all = {
      {"items", items}, {"mean_errors", means}, {"folder", folder.string()}};
  if (options.json) return fmt::print("{}\n", all.dump(2));
  fmt::print("{} items", items);
  for (const auto& [name, mean] : means.items()) {
    fmt::print(", mean {} {:.6g}", name, mean.get<double>());
  }
  fmt::print("\n");
  print_path(folder);
}

int reconstruct(const ReconstructOptions& options, const CommandLine& line) {
  const bool own_images = line.positional.size() > 1;
  if (own_images && (line.has("dataset") || line.has("indices") || line.has("split"))) {
    throw UsageError("expected images or rows of a data set, found both");
  }
  if (options.write_images && !figures_available()) {
    throw UsageError("--write-images: this build draws no pictures");
  }
  const std::vector<std::string> own_files(line.positional.begin() + 1, line.positional.end());
  if (own_images && options.write_images) {
    image_names({.files = list_image_inputs(own_files).names});  // said before the work
  }
  ExportedModel model = open_model(line.positional.front(), options.model);
  const ItemStyle style = item_style(model, options.look);
  const ReconstructedItems items =
      own_images ? items_of_images(model, own_files, options.rows, options.output)
                 : items_of_data(model, options.rows, line);
  std::vector<std::string> files = {kPicture, kErrors}, images;
  if (items.columns) files.emplace_back(kReconstructedTable);
  if (options.write_images) {
    expect_images(items);
    images = image_names(items.names);
  }
  files.insert(files.end(), images.begin(), images.end());
  const std::filesystem::path folder = output_folder(options.output, "reconstructed", files);
  const Reconstructions all = reconstruct_all(
      model, *items.rows, progress_line("reconstructing", items.rows->size(), options.output));
  const auto labels = label_names(all.items.labels, items.class_names);
  const ValueRange range = value_range(model, all.items.target);
  const auto columns = item_errors(all.outputs, all.items.target, range);
  write_output(folder / kErrors, errors_csv(columns, items.names, labels));
  if (items.columns) {
    write_output(folder / kReconstructedTable, reconstructed_table(*items.columns, items, all));
  }
  if (figures_available()) {
    std::vector<std::string> captions;
    for (size_t i = 0; i < items.names.size(); ++i) {
      captions.push_back(items.names.text(i) + (labels.empty() ? "" : ": " + labels[i]));
    }
    draw_reconstructions(all, captions, items.title, range, options.absolute_error, style)
        .save(folder / kPicture);
  }
  for (size_t i = 0; i < images.size(); ++i) {
    create_folders((folder / images[i]).parent_path());
    to_picture(all.outputs[static_cast<int64_t>(i)], range).save(folder / images[i]);
  }
  print_summary(mean_errors(columns), items.names.size(), folder, options.output);
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  ReconstructOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "reconstruct",
      .summary = "Sends items of a data set, or images, through a checkpoint.",
      .positional = "CKPT [IMAGE|FOLDER...]",
      .examples = {"reconstruct best.pt --indices 110-119,7",
                   "reconstruct best.pt --corruption gaussian:0.5 --absolute-error --out noisy",
                   "reconstruct denoiser.pt scan1.png scans/ --write-images --out cleaned"}};
  return run_tool(program, table, argc, argv, 1, SIZE_MAX,
                  [&](const CommandLine& line) { return reconstruct(options, line); });
}
