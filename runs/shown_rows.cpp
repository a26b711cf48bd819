#include "hourglass/runs/shown_rows.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

namespace hourglass::runs {

ShownRows shown_rows(const recipes::PictureOptions& options, const sources::DataSplits& data) {
  if (!options.of_training_rows && data.test) return {data.test, "test"};
  if (!options.of_training_rows && data.validation) return {data.validation, "validation"};
  return {data.training, "training"};
}

void check_items(const RunOptions& options, const sources::DataSplits& data) {
  const auto& items = options.pictures.items.rows;
  if (items == options_of(options.model.variant, options.recipe).pictures.items.rows) return;
  const ShownRows shown = shown_rows(options.pictures, data);
  for (const int64_t item : items) {
    if (item < shown.rows->size()) continue;
    throw UsageError("`items`: expected numbers below {}, as there are {} {} rows, found {}",
                     shown.rows->size(), with_thousands(shown.rows->size()), shown.name, item);
  }
}

}  // namespace hourglass::runs
