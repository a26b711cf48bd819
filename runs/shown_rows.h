#pragma once

#include "hourglass/datasets/dataset.h"
#include "hourglass/runs/run_options.h"
#include "hourglass/sources/open.h"

#include <string>

namespace hourglass::runs {

/// Rows that a run's pictures show.
struct ShownRows {
  datasets::DatasetPtr rows;
  std::string name;  ///< "validation"
};

/// Those that judged the model rather than made it, where there are any and the options do not say
/// otherwise.
ShownRows shown_rows(const recipes::PictureOptions& options, const sources::DataSplits& data);

/// Throws `UsageError` where a user's `items` are not among them. Of a recipe's items the pictures
/// show as many as there are.
void check_items(const RunOptions& options, const sources::DataSplits& data);

}  // namespace hourglass::runs
