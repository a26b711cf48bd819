#pragma once

#include "hourglass/datasets/batches.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/exported_model.h"

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <vector>

namespace hourglass::evaluation {

/// Of each unit of a code, the items that it answers to most. W units, K items of each.
struct StrongestItems {
  at::Tensor positions;  ///< int64 [W, K]: where they are in the data, the strongest first
  at::Tensor rows;       ///< [W, K]: their row numbers
  at::Tensor values;     ///< [W, K]: the unit's values for them
  at::Tensor share;      ///< [W] float64: of the rows in which the unit is not 0
  at::Tensor energy;     ///< [W] float64: the sum of the squares of its values
};

/// Looks through all rows, batch by batch. K is `count`, or the number of rows where they are fewer.
StrongestItems find_strongest_items(ExportedModel& model, const datasets::Dataset& rows,
                                    int64_t count, const datasets::BatchProgress& progress = {});

/// The `count` units of most energy, the first of them first; fewer where the others are silent for
/// all rows, which have no strongest items.
std::vector<int64_t> units_of_most_energy(const StrongestItems& found, int64_t count);

/// A row a unit: {"unit": 3, "share": 0.02, "rows": [17, …], "values": [1.5, …]}
nlohmann::json to_json(const StrongestItems& found, const std::vector<int64_t>& units);

}  // namespace hourglass::evaluation
