#include "hourglass/apps/tools/reconstructed_items.h"

#include "hourglass/core/error.h"
#include "hourglass/core/item_kind.h"
#include "hourglass/core/random.h"
#include "hourglass/core/shape.h"
#include "hourglass/datasets/corruption.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <unordered_map>

namespace hourglass::apps {

using namespace datasets;
using namespace evaluation;
using namespace cli;

ReconstructedItems items_of_data(const ExportedModel& model, const RowOptions& options,
                                 const CommandLine& line) {
  const SelectedRows rows = select_rows(model, options, line, RecordedNoise::Apply);
  return {rows.rows,
          item_names(rows),
          class_names(rows),
          row_text(rows),
          column_view(rows.splits.info, rows.rows->target_shape()),
          rows.splits.table};
}

ReconstructedItems items_of_images(const ExportedModel& model,
                                   const std::vector<std::string>& files, const RowOptions& options,
                                   const OutputOptions& output) {
  const ImageInputs images = read_image_inputs(model, files, output, options.condition);
  ReconstructedItems items = {.rows = images.rows,
                              .names = {.rows = {}, .files = images.files.names},
                              .class_names = {},
                              .title = fmt::format("{} images", images.files.names.size())};
  if (const auto& corruption = options.data.corruption; corruption.kind != CorruptionKind::None) {
    items.rows = std::make_shared<Corrupted>(items.rows, corruption, Noise::Once,
                                             derive_seed(1, "image-noise"));
  }
  return items;
}

void expect_images(const ReconstructedItems& items) {
  const Shape shape = items.rows->target_shape();
  if (item_kind(shape) != ItemKind::Vector) return;
  throw Error("--write-images: expected items that are images, found {} of {}; leave it out",
              items.title, shape_text(shape));
}

std::vector<std::string> image_names(const ItemNames& items) {
  std::vector<std::string> names;
  std::unordered_map<std::string, size_t> seen;
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string item = items.files.empty() ? items.text(i) : items.files[i];
    const auto name = ("images" / std::filesystem::path(item)).replace_extension(".png");
    names.push_back(name.generic_string());
    const auto [before, fresh] = seen.try_emplace(names.back(), i);
    if (fresh) continue;
    throw Error("--write-images: {} would be written twice, for {} and {}: give one of them",
                names.back(), items.text(before->second), items.text(i));
  }
  return names;
}

}  // namespace hourglass::apps
