// Sends items through a checkpoint: a picture of originals above their reconstructions, the error
// of each item as CSV, and, of a user's own images, the reconstructions as image files.
//   reconstruct best.pt --indices 110-119,7
//   reconstruct best.pt --corruption gaussian:0.5 --absolute-error --out noisy
//   reconstruct denoiser.pt scan1.png scans/ --write-images --out cleaned

#include "hourglass/apps/tools/item_pictures.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/random.h"
#include "hourglass/datasets/corruption.h"
#include "hourglass/evaluation/item_errors.h"
#include "hourglass/evaluation/reconstructions.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstdint>
#include <memory>

namespace hourglass::apps {

using namespace datasets;
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

/// What is reconstructed.
struct Items {
  DatasetPtr rows;
  std::vector<std::string> names;  ///< numbers of the rows, or the files' paths
  std::vector<std::string> classes;
  std::string title;
};

Items items_of_data(const ExportedModel& model, const ReconstructOptions& options,
                    const CommandLine& line) {
  const SelectedRows rows = select_rows(model, options.rows, line, RecordedNoise::Apply);
  Items items = {rows.rows, {}, class_names(rows), row_text(rows)};
  for (const int64_t number : rows.numbers) items.names.push_back(std::to_string(number));
  return items;
}

/// A user's images carry their own noise: there is more only where --corruption asks for it.
Items items_of_images(const ExportedModel& model, const ReconstructOptions& options,
                      const CommandLine& line) {
  const std::vector<std::string> files(line.positional.begin() + 1, line.positional.end());
  const ImageInputs images =
      read_image_inputs(model, files, options.output, options.rows.condition);
  Items items = {images.rows, {}, {}, fmt::format("{} images", images.paths.size())};
  for (const auto& path : images.paths) items.names.push_back(path.filename().string());
  if (const auto& corruption = options.rows.data.corruption;
      corruption.kind != CorruptionKind::None) {
    items.rows = std::make_shared<Corrupted>(items.rows, corruption, Noise::Once,
                                             derive_seed(1, "image-noise"));
  }
  return items;
}

void print_summary(const nlohmann::json& means, size_t items, const std::filesystem::path& folder,
                   const OutputOptions& options) {
  const nlohmann::json all = {
      {"items", items}, {"mean_errors", means}, {"folder", folder.string()}};
  if (options.json) return fmt::print("{}\n", all.dump(2));
  fmt::print("{} items", items);
  for (const auto& [name, mean] : means.items()) {
    fmt::print(", mean {} {:.6g}", name, mean.get<double>());
  }
  fmt::print("\n{}\n", folder.string());
}

int reconstruct(const ReconstructOptions& options, const CommandLine& line) {
  const bool own_images = line.positional.size() > 1;
  if (own_images && (line.has("dataset") || line.has("indices") || line.has("split"))) {
    throw UsageError("expected images or rows of a data set, found both");
  }
  if (options.write_images && !figures_available()) {
    throw UsageError("--write-images: this build draws no pictures");
  }
  ExportedModel model = open_model(line.positional.front(), options.model);
  const ItemStyle style = item_style(model, options.look);
  const Items items =
      own_images ? items_of_images(model, options, line) : items_of_data(model, options, line);
  std::vector<std::string> files = {kPicture, kErrors}, images;
  if (options.write_images) images = image_names(items.names);
  files.insert(files.end(), images.begin(), images.end());
  const std::filesystem::path folder = output_folder(options.output, "reconstructed", files);
  const Reconstructions all = reconstruct_all(
      model, *items.rows, progress_line("reconstructing", items.rows->size(), options.output));
  const auto labels = label_names(all.items.labels, items.classes);
  const ValueRange range = value_range(model, all.items.target);
  const auto columns = item_errors(all.outputs, all.items.target, range);
  write_output(folder / kErrors, errors_csv(columns, items.names, labels));
  if (figures_available()) {
    auto captions = items.names;
    for (size_t i = 0; i < labels.size(); ++i) captions[i] += ": " + labels[i];
    draw_reconstructions(all, captions, items.title, range, options.absolute_error, style)
        .save(folder / kPicture);
  }
  if (!images.empty()) create_folders(folder / "images");
  for (size_t i = 0; i < images.size(); ++i) {
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
