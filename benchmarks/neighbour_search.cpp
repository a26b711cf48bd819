// Times the exact search of `retrieve` among random codes:
//
//   neighbour_search [ENTRIES [SIZE [QUERIES]]]     1000000 32 100 when nothing is said
//
// approximate_search.py beside it times FAISS on as many; README.md has what both took.

#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/neighbours.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <chrono>

namespace hourglass::benchmarks {

using namespace evaluation;
using namespace cli;

namespace {

int64_t count_of(int argc, char** argv, int place, int64_t otherwise) {
  if (argc <= place) return otherwise;
  const auto count = parse_integer(argv[place]);
  if (!count || *count < 1) throw UsageError("expected a count, found '{}'", argv[place]);
  return *count;
}

int time_search(int argc, char** argv) {
  const int64_t entries = count_of(argc, argv, 1, 1'000'000), size = count_of(argc, argv, 2, 32),
                queries = count_of(argc, argv, 3, 100);
  const NeighbourIndex index{at::randn({entries, size}), {}};
  const at::Tensor codes = at::randn({queries, size});
  for (const Distance distance : {Distance::L2, Distance::Cosine}) {
    double best = 1e9;
    for (int run = 0; run < 3; ++run) {
      const auto begin = std::chrono::steady_clock::now();
      nearest_neighbours(index, codes, {.count = 10, .distance = distance});
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
      best = std::min(best, taken.count());
    }
    fmt::print("{}: 10 nearest of {} codes of {} for {} queries: {:.3f} s, {} threads\n",
               enum_name(distance), with_thousands(entries), size, queries, best,
               at::get_num_threads());
  }
  return kDone;
}

}  // namespace
}  // namespace hourglass::benchmarks

int main(int argc, char** argv) {
  return hourglass::cli::run_program(
      "neighbour_search", [&] { return hourglass::benchmarks::time_search(argc, argv); });
}
