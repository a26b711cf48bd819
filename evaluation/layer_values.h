#pragma once

#include "hourglass/datasets/batches.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/exported_model.h"

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace hourglass::evaluation {

/// What one layer gives for all rows, as data for another model: [N, values], an item's values one
/// after the other. Batch by batch, so that only this layer's are kept. Throws `Error` unless the
/// patterns (see `match_names`) name one layer.
at::Tensor layer_values(ExportedModel& model, const datasets::Dataset& rows,
                        const std::vector<std::string>& patterns,
                        const datasets::BatchProgress& progress = {});

}  // namespace hourglass::evaluation
