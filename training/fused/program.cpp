#include "hourglass/training/fused/program.h"

#include <utility>

namespace hourglass::training::fused {

void Program::each(ShardWork work) {
  if (sections_.empty() || !sections_.back().once.empty()) sections_.emplace_back();
  sections_.back().each.push_back(std::move(work));
}

void Program::once(CommonWork work) {
  if (sections_.empty()) sections_.emplace_back();
  sections_.back().once.push_back(std::move(work));
}

void Program::run(Team& team, int64_t items, int shards) const {
  for (const Section& section : sections_) {
    const auto run_shard = [&](int index) {
      const int64_t first = items * index / shards;
      const Shard shard = {index, first, items * (index + 1) / shards - first};
      for (const auto& work : section.each) work(shard);
    };
    if (shards == 1) {
      run_shard(0);
    } else {
      team.run(shards, run_shard);
    }
    for (const auto& work : section.once) work();
  }
}

}  // namespace hourglass::training::fused
