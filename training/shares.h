#pragma once

#include "hourglass/core/processes.h"

#include <algorithm>
#include <cstdint>

namespace hourglass::training {

/// What one process has of a batch: items `first` … `first` + `count` − 1 of the data.
struct ShareOfBatch {
  int64_t first, count;
  int64_t batch_items;  ///< of all processes
};

/// Hands this process's share of each batch to `work`, in the order of the data.
template <class Work>
void for_each_share(int64_t items, int64_t batch_size, const Processes& processes, Work work) {
  for (int64_t first = 0; first < items; first += batch_size) {
    const int64_t batch_items = std::min(batch_size, items - first);
    const auto [begin, count] = processes.share(batch_items);
    work(ShareOfBatch{first + begin, count, batch_items});
  }
}

/// Throws `Error` where some batch has fewer items than there are processes: `rows` says of what.
void check_shares(const char* rows, int64_t items, int64_t batch_size, const Processes& processes);

}  // namespace hourglass::training
