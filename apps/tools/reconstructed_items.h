#pragma once

#include "hourglass/apps/tools/tool.h"
#include "hourglass/evaluation/column_errors.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::apps {

/// What `reconstruct` sends through a model.
struct ReconstructedItems {
  datasets::DatasetPtr rows;
  evaluation::ItemNames names;
  std::vector<std::string> class_names;                    ///< by label; empty where there are none
  std::string title;                                       ///< "10 test rows of mnist"
  std::optional<evaluation::ColumnView> columns = {};      ///< of rows of a table
  std::shared_ptr<const datasets::Table> table = nullptr;  ///< its cells, by `Batch::rows`
};

/// Rows of a data set.
ReconstructedItems items_of_data(const evaluation::ExportedModel& model, const RowOptions& options,
                                 const cli::CommandLine& line);

/// A user's images. They carry their own noise: there is more only where --corruption asks for it.
ReconstructedItems items_of_images(const evaluation::ExportedModel& model,
                                   const std::vector<std::string>& files, const RowOptions& options,
                                   const OutputOptions& output);

/// What --write-images takes. Throws `Error` for rows of a table.
void expect_images(const ReconstructedItems& items);

/// "images/7/a.png" for "7/a.jpg", "images/17.png" for row 17. Throws `Error` where two of them are
/// alike.
std::vector<std::string> image_names(const evaluation::ItemNames& items);

}  // namespace hourglass::apps
