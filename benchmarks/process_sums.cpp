// How long several processes take to add up vectors, as gradients are before every step. Started as
// trainers are:
//
//   torchrun --nproc-per-node 2 --no-python build/benchmarks/process_sums
//
// Rank 0 prints, for each size, the fastest and the median time of a sum, and the median time of a
// dense product that takes about as long, of both one after the other, and of both at once: what a
// trainer would gain that sends gradients while the backward pass still runs.

#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/stopwatch.h"
#include "hourglass/core/text.h"
#include "hourglass/training/process_group.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <memory>
#include <vector>

using namespace hourglass;

namespace {

/// What `work` takes, in microseconds, ascending.
template <class Work>
std::vector<double> measure(Work work) {
  constexpr int kWarmUp = 5, kRepeats = 41;
  std::vector<double> times;
  for (int i = 0; i < kWarmUp + kRepeats; ++i) {
    const Stopwatch time;
    work();
    if (i >= kWarmUp) times.push_back(time.seconds() * 1e6);
  }
  std::sort(times.begin(), times.end());
  return times;
}

double median(const std::vector<double>& ascending) { return ascending[ascending.size() / 2]; }

/// A product whose rows are so many that it takes about `microseconds`.
at::Tensor product_that_takes(double microseconds) {
  constexpr int64_t kWidth = 256, kTried = 256;
  const at::Tensor weight = at::ones({kWidth, kWidth}), tried = at::ones({kTried, kWidth});
  const double each = median(measure([&] { at::mm(tried, weight); })) / kTried;
  return at::ones({std::max<int64_t>(1, static_cast<int64_t>(microseconds / each)), kWidth});
}

void compare(const Processes& processes, int64_t values) {
  const at::Tensor vector = at::zeros({values}), weight = at::ones({256, 256});
  const auto sum = [&] { processes.sum(vector); };
  const auto sums = measure(sum);
  // All processes have the same work.
  at::Tensor wanted = at::full({1}, median(sums), at::kDouble);
  processes.broadcast(wanted);
  const at::Tensor rows = product_that_takes(wanted.item<double>());
  const auto work = [&] { at::mm(rows, weight); };
  const double alone = median(measure(work));
  const double in_turn = median(measure([&] {
    work();
    sum();
  }));
  const double at_once = median(measure([&] {
    auto summed = std::async(std::launch::async, sum);
    work();
    summed.get();
  }));
  if (!processes.first()) return;
  fmt::print("{:>12} {:>12.0f} {:>12.0f} {:>12.0f} {:>12.0f} {:>12.0f}\n", with_thousands(values),
             sums.front(), median(sums), alone, in_turn, at_once);
}

int run() {
  const auto processes = training::join_processes();
  if (processes->alone()) {
    throw UsageError("expected several processes, as torchrun starts them, found one");
  }
  // As trainers of several processes on one machine: a thread each.
  at::set_num_threads(1);
  if (processes->first()) {
    fmt::print("{:>12} {:>12} {:>12} {:>12} {:>12} {:>12}\n", "values", "fastest µs", "median µs",
               "product", "in turn", "at once");
  }
  for (const int64_t values : {1L, 1'000L, 10'000L, 100'000L, 1'000'000L, 10'000'000L}) {
    compare(*processes, values);
  }
  return cli::kDone;
}

}  // namespace

int main() { return cli::run_program("process_sums", run); }
