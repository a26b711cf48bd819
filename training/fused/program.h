#pragma once

#include "hourglass/training/fused/team.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace hourglass::training::fused {

/// The items of a batch that one thread works on.
struct Shard {
  int index = 0;
  int64_t first = 0, count = 0;
};

/// What is to be done in a step, put together once and run for every batch: work on the shards of
/// the batch side by side, and, where something needs all of it, work in between.
class Program {
 public:
  using ShardWork = std::function<void(const Shard&)>;
  using CommonWork = std::function<void()>;

  /// Adds work that is done for each shard.
  void each(ShardWork work);

  /// Adds work that is done once, after all shards have come so far and before any goes on.
  void once(CommonWork work);

  /// Runs everything on `items` items in `shards` shards.
  void run(Team& team, int64_t items, int shards) const;

 private:
  /// Shards run through `each` without waiting for each other; then `once` is done.
  struct Section {
    std::vector<ShardWork> each;
    std::vector<CommonWork> once;
  };
  std::vector<Section> sections_;
};

}  // namespace hourglass::training::fused
