#pragma once

#include "hourglass/apps/tools/item_pictures.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/core/value_range.h"
#include "hourglass/evaluation/strongest_items.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

// What the units of a code answer to, drawn.

namespace hourglass::apps {

/// What is drawn, and the range of its values.
struct DrawnItems {
  datasets::DatasetPtr rows;
  ValueRange range;
};

/// The data set of this name, all its rows but an official test part in their order; the data that the
/// model is shown where it is empty. Throws `Error` where items are rows of numbers, which have no picture.
DrawnItems items_to_draw(const std::string& dataset, const RowOptions& options,
                         const SelectedRows& own);

/// A row a unit, of the items at its `places` [W, K] of W units, with its share of the energy. Throws
/// `Error` for places beyond the items.
figures::Picture draw_units(const evaluation::StrongestItems& found,
                            const std::vector<int64_t>& units, const DrawnItems& items,
                            const at::Tensor& places, const std::string& title,
                            const ItemStyle& style);

}  // namespace hourglass::apps
