#pragma once

#include "hourglass/datasets/dataset.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace hourglass::datasets {

/// Rows that tools and measures take at once where nothing asks for another number.
inline constexpr int64_t kRowsAtOnce = 1024;

/// What is done with each batch; `first` is the position of its first row.
using BatchWork = std::function<void(const Batch& batch, int64_t first)>;

/// Called after every batch with the number of rows done.
using BatchProgress = std::function<void(int64_t rows_done)>;

/// Hands all rows to `work`, in their order, in batches of `batch_size`. `epoch` selects the noise
/// of corrupted data.
void for_each_batch(const Dataset& data, int64_t batch_size, int64_t epoch, const BatchWork& work,
                    const BatchProgress& progress = {});

/// The same in batches of `kRowsAtOnce`, without an epoch.
void for_each_batch(const Dataset& data, const BatchWork& work, const BatchProgress& progress = {});

/// The mean of the targets of all items, float32 [target shape…]: of each value over the items in
/// which it is known, and 0 where it never is. `epoch` selects what is drawn of them.
at::Tensor mean_of_known_targets(const Dataset& data, int64_t epoch);

/// The numbers of all rows, see `Batch::rows`.
std::vector<int64_t> row_numbers(const Dataset& data);

/// `count` positions of 0 … size − 1, or all where there are fewer, at even distances: int64.
at::Tensor evenly_spread(int64_t count, int64_t size);

}  // namespace hourglass::datasets
