#pragma once

#include "hourglass/core/value_range.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/datasets/scaling.h"
#include "hourglass/datasets/split.h"
#include "hourglass/sources/stored.h"

#include <cstdint>
#include <functional>
#include <optional>

namespace hourglass::sources {

/// Takes the rows of one part out of all rows.
using TakePart = std::function<datasets::DatasetPtr(const datasets::DatasetPtr& all)>;

/// How rows are divided.
struct Parts {
  /// Positions of the training rows, ascending, int64 on the CPU; undefined where no list is made, of
  /// a large set.
  at::Tensor training_rows;
  TakePart training, validation;  ///< `validation` is empty where no rows are taken for it
};

/// The rows at these positions; undefined means all.
TakePart listed_part(const at::Tensor& positions);

/// A data set with its values scaled.
struct ScaledData {
  datasets::DatasetPtr rows;
  datasets::DatasetPtr test;  ///< null where there is none
  datasets::Scaling scaling;
  ValueRange input_range, target_range;  ///< of the training rows, or of a sample of them
  int64_t sampled_rows = 0;              ///< rows of that sample; 0: all training rows
};

/// Scales as `scale` says by the extremes of the training rows, or as `given` says. The extremes of
/// mapped rows are those of a sample, `datasets::sampled_extremes`.
ScaledData scale_values(const StoredData& stored, datasets::ScalingRule scale,
                        const std::optional<datasets::Scaling>& given, const Parts& parts);

}  // namespace hourglass::sources
