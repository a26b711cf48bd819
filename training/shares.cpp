#include "hourglass/training/shares.h"

#include "hourglass/core/error.h"

namespace hourglass::training {

void check_shares(const char* rows, int64_t items, int64_t batch_size, const Processes& processes) {
  const int64_t last = items % batch_size;
  const int64_t fewest = last == 0 || items < batch_size ? std::min(items, batch_size) : last;
  if (fewest >= processes.count()) return;
  throw Error(
      "`batch_size` {}: expected batches of at least one item for each of {} processes, found one "
      "of {} ({} {} rows); choose another `batch_size`",
      batch_size, processes.count(), fewest, items, rows);
}

}  // namespace hourglass::training
