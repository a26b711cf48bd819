#include "hourglass/evaluation/neighbours.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/code_matrix.h"
#include "hourglass/evaluation/search_codes.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <vector>

namespace hourglass::evaluation {
namespace {

// One block of products is at most 256 · 4096 float32, 4 MiB: small enough for a cache, large enough
// for the matrix product to run at full speed.
constexpr int64_t kQueryBlock = 256;
constexpr int64_t kEntryBlock = 4096;

/// The k least of the candidates offered.
class NearestList {
 public:
  explicit NearestList(int64_t count) : count_(static_cast<size_t>(count)) {
    heap_.reserve(count_);
  }

  /// The greatest distance that may still enter the list.
  double limit() const {
    return heap_.size() < count_ ? std::numeric_limits<double>::infinity() : heap_[0].distance;
  }

  void offer(const Candidate& candidate) {
    if (heap_.size() == count_) {
      if (!(candidate < heap_[0])) return;
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.pop_back();
    }
    heap_.push_back(candidate);
    std::push_heap(heap_.begin(), heap_.end());
  }

  /// Nearest first; the list is used up.
  const std::vector<Candidate>& sorted() {
    std::sort_heap(heap_.begin(), heap_.end());
    return heap_;
  }

 private:
  size_t count_;
  std::vector<Candidate> heap_;  // the farthest on top
};

/// A search for the neighbours of all queries, block by block.
class NeighbourSearch {
 public:
  NeighbourSearch(const NeighbourIndex& index, const at::Tensor& queries,
                  const NeighbourOptions& options)
      : options_(options), distance_(index.codes, queries, options) {
    if (options.count < 1 || options.count > distance_.available()) {
      throw Error("neighbours: expected 1 to {} neighbours a query, found {}",
                  distance_.available(), options.count);
    }
  }

  /// Threads share the queries, not the work within a block: they need not wait for each other.
  Neighbours run() const {
    const int64_t count = distance_.queries().count();
    Neighbours found{at::empty({count, options_.count}, at::kLong),
                     at::empty({count, options_.count}, at::kDouble)};
    const int64_t share = at::divup(count, at::get_num_threads());
    const int64_t size = std::min(kQueryBlock, share);
    at::parallel_for(0, at::divup(count, size), 1, [&](int64_t begin, int64_t end) {
      for (int64_t first = begin * size; first < std::min(end * size, count); first += size) {
        search_queries(first, std::min(size, count - first), found);
      }
    });
    return found;
  }

 private:
  NeighbourOptions options_;
  CodeDistance distance_;

  /// The neighbours of one block of queries.
  void search_queries(int64_t first, int64_t count, const Neighbours& found) const {
    std::vector<NearestList> nearest(static_cast<size_t>(count), NearestList(options_.count));
    for (int64_t entry = 0; entry < distance_.entries().count(); entry += kEntryBlock) {
      search_block(first, entry, nearest);
    }
    for (int64_t i = 0; i < count; ++i) store(nearest[static_cast<size_t>(i)], first + i, found);
  }

  void search_block(int64_t first_query, int64_t first_entry,
                    std::vector<NearestList>& nearest) const {
    const auto here = static_cast<int64_t>(nearest.size());
    const int64_t entries = std::min(kEntryBlock, distance_.entries().count() - first_entry);
    const at::Tensor products =
        distance_.products(first_query, here, first_entry, entries, at::kFloat);
    const auto* values = products.const_data_ptr<float>();
    for (int64_t i = 0; i < here; ++i) {
      scan(values + i * entries, entries, first_query + i, first_entry,
           nearest[static_cast<size_t>(i)]);
    }
  }

  /// Offers every entry that may be near enough; its exact distance decides.
  void scan(const float* values, int64_t count, int64_t query, int64_t first_entry,
            NearestList& nearest) const {
    const int64_t own_row = distance_.own_row(query);
    const double slack = distance_.rounding_bound(query, std::numeric_limits<float>::epsilon()) -
                         distance_.query_term(query);
    auto limit = static_cast<float>(nearest.limit() + slack);
    for (int64_t i = 0; i < count; ++i) {
      if (values[i] > limit) continue;
      const int64_t row = first_entry + i;
      if (row == own_row) continue;
      nearest.offer({distance_.exact(query, row), row});
      limit = static_cast<float>(nearest.limit() + slack);
    }
  }

  void store(NearestList& nearest, int64_t query, const Neighbours& found) const {
    auto* row = found.rows.mutable_data_ptr<int64_t>() + query * options_.count;
    auto* distance = found.distances.mutable_data_ptr<double>() + query * options_.count;
    for (const Candidate& candidate : nearest.sorted()) {
      *row++ = candidate.row;
      *distance++ =
          options_.distance == Distance::L2 ? std::sqrt(candidate.distance) : candidate.distance;
    }
  }
};

/// The labels of the first `k` neighbours, [Q, k].
at::Tensor neighbour_labels(const NeighbourIndex& index, const Neighbours& neighbours, int64_t k) {
  if (k < 1 || k > neighbours.rows.size(1)) {
    throw Error("neighbours: expected 1 to {} neighbours, as many as were searched, found {}",
                neighbours.rows.size(1), k);
  }
  return index_labels(index).take(neighbours.rows.narrow(1, 0, k));
}

/// The most frequent of the labels [first, end), nearest neighbour's first; of several the first.
int64_t majority_of(const int64_t* first, const int64_t* end) {
  std::unordered_map<int64_t, int64_t> counts;
  for (const auto* label = first; label != end; ++label) ++counts[*label];
  return *std::max_element(first, end,
                           [&](int64_t a, int64_t b) { return counts.at(a) < counts.at(b); });
}

/// [Q, k] bool: which of the first `k` neighbours have the query's label.
at::Tensor relevant_neighbours(const NeighbourIndex& index, const Neighbours& neighbours,
                               const at::Tensor& labels, int64_t k) {
  expect_label_each(labels, neighbours.rows.size(0));
  return neighbour_labels(index, neighbours, k) == labels.to(at::kCPU, at::kLong).unsqueeze(1);
}

}  // namespace

at::Tensor index_labels(const NeighbourIndex& index) {
  if (!index.labels.defined()) throw Error("neighbours: expected an index with labels");
  return index.labels.to(at::kCPU, at::kLong).contiguous();
}

Neighbours nearest_neighbours(const NeighbourIndex& index, const at::Tensor& queries,
                              const NeighbourOptions& options) {
  return NeighbourSearch(index, queries, options).run();
}

at::Tensor majority_labels(const NeighbourIndex& index, const Neighbours& neighbours, int64_t k) {
  const at::Tensor labels = neighbour_labels(index, neighbours, k);
  at::Tensor winners = at::empty({labels.size(0)}, at::kLong);
  const auto* row = labels.const_data_ptr<int64_t>();
  auto* winner = winners.mutable_data_ptr<int64_t>();
  for (int64_t query = 0; query < labels.size(0); ++query, row += k) {
    winner[query] = majority_of(row, row + k);
  }
  return winners;
}

double neighbour_accuracy(const NeighbourIndex& index, const Neighbours& neighbours,
                          const at::Tensor& labels, int64_t k) {
  expect_label_each(labels, neighbours.rows.size(0));
  const at::Tensor right = majority_labels(index, neighbours, k) == labels.to(at::kCPU, at::kLong);
  return right.to(at::kDouble).mean().item<double>();
}

double precision_at(const NeighbourIndex& index, const Neighbours& neighbours,
                    const at::Tensor& labels, int64_t k) {
  return relevant_neighbours(index, neighbours, labels, k).to(at::kDouble).mean().item<double>();
}

}  // namespace hourglass::evaluation
