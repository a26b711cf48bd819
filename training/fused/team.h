#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace hourglass::training::fused {

/// While it exists, numbers too small for full precision count as 0 on this thread: weights of units
/// that died would else be a hundred times slower than others.
class SmallNumbersAreZero {
 public:
  SmallNumbersAreZero();
  ~SmallNumbersAreZero();
  SmallNumbersAreZero(const SmallNumbersAreZero&) = delete;
  SmallNumbersAreZero& operator=(const SmallNumbersAreZero&) = delete;

 private:
  unsigned int before_ = 0;
};

/// Threads that share work which was cut into shards beforehand.
///
/// A shard is done by whichever thread is free first, so results depend on the number of shards and
/// not on who did them; and where another program holds a core, the threads that run do all of the
/// work. Nobody waits busily for longer than a fifth of a millisecond.
class Team {
 public:
  using Work = std::function<void(int shard)>;

  /// `threads` ≥ 1, the calling one included.
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int threads() const { return static_cast<int>(helpers_.size()) + 1; }

  /// Does shards 0 … shards-1 and returns when all are done. What `work` throws on any thread, the
  /// first of it, is thrown here once the others are done.
  void run(int shards, const Work& work);

 private:
  // Which shards are still to be had: the number of the run in the upper half, the next shard in the
  // lower one. A helper that wakes late then cannot take a shard of a later run by mistake.
  std::atomic<uint64_t> next_{0};
  std::atomic<uint32_t> run_{0};   // counts runs; helpers wait for it to change
  std::atomic<uint32_t> done_{0};  // shards of this run
  std::atomic<bool> closing_{false};
  std::atomic<const Work*> work_{nullptr};
  std::atomic<uint32_t> shards_{0};
  std::mutex failure_mutex_;
  std::exception_ptr failure_;  // of this run
  std::vector<std::thread> helpers_;

  void close();
  void help();
  void take_shards(uint32_t run);
  void do_shard(const Work& work, uint32_t shard) noexcept;
};

}  // namespace hourglass::training::fused
