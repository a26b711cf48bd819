#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace hourglass::evaluation {

/// The one-to-one assignment of rows to columns of least total cost (the Hungarian method, by
/// shortest augmenting paths: Jonker & Volgenant 1987; O(R² C) at worst).
///
/// `cost` is [R, C], finite. Gives the column of each row; where there are more rows than columns,
/// −1 for those that are left out.
std::vector<int64_t> best_assignment(const at::Tensor& cost);

}  // namespace hourglass::evaluation
