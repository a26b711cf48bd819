#pragma once

#include "hourglass/core/batch.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/exported_model.h"

#include <ATen/core/Tensor.h>

namespace hourglass::evaluation {

/// The items of a whole data set and what a model makes of them. N is their number.
struct Reconstructions {
  /// All rows; `input` is the same tensor as `target` where no row is corrupted or paired.
  Batch items;
  at::Tensor outputs;  ///< [N, target shape…]

  bool inputs_differ() const { return !items.input.is_same(items.target); }
};

/// Throws `Error` for outputs of another shape than the targets.
Reconstructions reconstruct_all(ExportedModel& model, const datasets::Dataset& data,
                                const datasets::BatchProgress& progress = {});

}  // namespace hourglass::evaluation
