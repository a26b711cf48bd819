// How long several processes take to add up vectors, as gradients are before every step. Started as
// trainers are:
//
//   torchrun --nproc-per-node 2 --no-python build/benchmarks/process_sums
//
// Rank 0 prints, for each size, the fastest and the median time of a sum.

#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/stopwatch.h"
#include "hourglass/core/text.h"
#include "hourglass/training/process_group.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

using namespace hourglass;

namespace {

/// Of sums of so many values: in microseconds, ascending.
std::vector<double> measure(const Processes& processes, int64_t values) {
  constexpr int kWarmUp = 5, kRepeats = 41;
  const at::Tensor vector = at::zeros({values});
  std::vector<double> times;
  for (int i = 0; i < kWarmUp + kRepeats; ++i) {
    const Stopwatch time;
    processes.sum(vector);
    if (i >= kWarmUp) times.push_back(time.seconds() * 1e6);
  }
  std::sort(times.begin(), times.end());
  return times;
}

int run() {
  const auto processes = training::join_processes();
  if (processes->alone()) {
    throw UsageError("expected several processes, as torchrun starts them, found one");
  }
  if (processes->first()) fmt::print("{:>12} {:>12} {:>12}\n", "values", "fastest µs", "median µs");
  for (const int64_t values : {1L, 1'000L, 10'000L, 100'000L, 1'000'000L, 10'000'000L}) {
    const auto times = measure(*processes, values);
    if (!processes->first()) continue;
    fmt::print("{:>12} {:>12.0f} {:>12.0f}\n", with_thousands(values), times.front(),
               times[times.size() / 2]);
  }
  return cli::kDone;
}

}  // namespace

int main() { return cli::run_program("process_sums", run); }
