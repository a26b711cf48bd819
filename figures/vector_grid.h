#pragma once

#include "hourglass/figures/picture.h"

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace hourglass::figures {

/// Table rows of one kind: the originals, the reconstructions.
struct VectorRow {
  std::string name;   ///< may be empty, of a single row
  at::Tensor values;  ///< [N, D]
};

struct VectorGridOptions {
  std::string title;
  std::vector<std::string> captions;       ///< above each item: N of them, or none
  std::vector<std::string> feature_names;  ///< D of them, or none: numbers from 0
};

/// For items that are no images: a small plot an item, values over features, with one line for each
/// of `rows`; all plots share their scale. Throws `Error` when there are no rows, or they differ in
/// shape, or names are not one an item or one a feature.
Picture vector_grid(const std::vector<VectorRow>& rows, const VectorGridOptions& options = {});

}  // namespace hourglass::figures
