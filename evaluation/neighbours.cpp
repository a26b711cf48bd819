#include "hourglass/evaluation/neighbours.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/code_matrix.h"

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

// Full rankings are as long as the index: of 10⁶ entries, those of so many queries take 2 GiB.
constexpr int64_t kRankedQueries = 64;

/// One entry found for a query. Entries at the same distance are ordered by row.
struct Candidate {
  double distance;
  int64_t row;

  friend bool operator<(const Candidate& a, const Candidate& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.row < b.row;
  }
};

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

/// The codes of one side, [rows, D], as the search needs them.
struct SearchCodes {
  at::Tensor values;   // float32; for the cosine scaled to unit length
  at::Tensor squares;  // [rows] float64: squared lengths

  const float* row(int64_t i) const { return values.const_data_ptr<float>() + i * values.size(1); }
};

SearchCodes prepare(const at::Tensor& codes, Distance distance) {
  at::Tensor values = code_matrix(codes, at::kFloat);
  if (distance == Distance::Cosine) {
    const at::Tensor lengths = at::linalg_vector_norm(values, 2, 1, true, at::kDouble);
    values = (values / lengths.masked_fill(lengths == 0, 1)).to(at::kFloat);
  }
  return {values, at::linalg_vector_norm(values, 2, 1, false, at::kDouble).square()};
}

/// What the search compares, in float64: the squared Euclidean distance, or 1 − cosine.
double exact_distance(const float* a, const float* b, int64_t width, Distance distance) {
  double sum = 0;
  if (distance == Distance::Cosine) {
    for (int64_t i = 0; i < width; ++i) sum += static_cast<double>(a[i]) * b[i];
    return 1 - sum;
  }
  for (int64_t i = 0; i < width; ++i) {
    const double difference = static_cast<double>(a[i]) - b[i];
    sum += difference * difference;
  }
  return sum;
}

/// A search for the neighbours of all queries, block by block.
class NeighbourSearch {
 public:
  NeighbourSearch(const NeighbourIndex& index, const at::Tensor& queries,
                  const NeighbourOptions& options)
      : options_(options),
        entries_(prepare(index.codes, options.distance)),
        queries_(prepare(queries, options.distance)),
        width_(entries_.values.size(1)),
        longest_entry_(std::sqrt(entries_.squares.max().item<double>())) {
    check();
    if (options_.own_rows.defined())
      own_rows_ = options_.own_rows.to(at::kCPU, at::kLong).contiguous();
    const bool cosine = options.distance == Distance::Cosine;
    entry_terms_ = (cosine ? at::ones_like(entries_.squares) : entries_.squares).to(at::kFloat);
    product_factor_ = cosine ? -1 : -2;
  }

  /// Threads share the queries, not the work within a block: they need not wait for each other.
  Neighbours run() const {
    const int64_t count = queries_.values.size(0);
    const Neighbours found{at::empty({count, options_.count}, at::kLong),
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
  SearchCodes entries_, queries_;
  int64_t width_;
  double longest_entry_;
  at::Tensor own_rows_;

  // A distance is an entry's term, plus factor · product of query and entry, plus the query's term
  // (|b|² − 2·a·b + |a|², or 1 − a·b).
  at::Tensor entry_terms_;
  double product_factor_ = 0;

  void check() const {
    const int64_t query_width = queries_.values.size(1), queries = queries_.values.size(0);
    if (query_width != width_) {
      throw Error("neighbours: expected queries of {} values like the index, found {}", width_,
                  query_width);
    }
    const bool within = options_.own_rows.defined();
    if (within && options_.own_rows.numel() != queries) {
      throw Error("neighbours: expected one own row a query, found {} for {} queries",
                  options_.own_rows.numel(), queries);
    }
    const int64_t available = entries_.values.size(0) - (within ? 1 : 0);
    if (options_.count < 1 || options_.count > available) {
      throw Error("neighbours: expected 1 to {} neighbours a query, found {}", available,
                  options_.count);
    }
  }

  double query_term(int64_t query) const {
    if (options_.distance == Distance::Cosine) return 0;
    return queries_.squares.const_data_ptr<double>()[query];
  }

  /// How far a distance out of the float32 product may be off: each of its D + 2 roundings is at
  /// most half of 2⁻²³ of (|a| + |b|)², here taken whole to be safe.
  double rounding_bound(int64_t query) const {
    const double reach =
        std::sqrt(queries_.squares.const_data_ptr<double>()[query]) + longest_entry_;
    const double scale = options_.distance == Distance::Cosine ? reach + 1 : reach;
    return static_cast<double>(width_ + 2) * std::numeric_limits<float>::epsilon() * scale * scale;
  }

  /// The neighbours of one block of queries.
  void search_queries(int64_t first, int64_t count, const Neighbours& found) const {
    std::vector<NearestList> nearest(static_cast<size_t>(count), NearestList(options_.count));
    for (int64_t entry = 0; entry < entries_.values.size(0); entry += kEntryBlock) {
      search_block(first, entry, nearest);
    }
    for (int64_t i = 0; i < count; ++i) store(nearest[static_cast<size_t>(i)], first + i, found);
  }

  void search_block(int64_t first_query, int64_t first_entry,
                    std::vector<NearestList>& nearest) const {
    const auto here = static_cast<int64_t>(nearest.size());
    const int64_t entries = std::min(kEntryBlock, entries_.values.size(0) - first_entry);
    const at::Tensor products = at::addmm(entry_terms_.narrow(0, first_entry, entries),
                                          queries_.values.narrow(0, first_query, here),
                                          entries_.values.narrow(0, first_entry, entries).t(),
                                          /*beta=*/1, /*alpha=*/product_factor_);
    const auto* values = products.const_data_ptr<float>();
    for (int64_t i = 0; i < here; ++i) {
      scan(values + i * entries, entries, first_query + i, first_entry,
           nearest[static_cast<size_t>(i)]);
    }
  }

  /// Offers every entry that may be near enough; its exact distance decides.
  void scan(const float* values, int64_t count, int64_t query, int64_t first_entry,
            NearestList& nearest) const {
    const int64_t own_row =
        own_rows_.defined() ? own_rows_.const_data_ptr<int64_t>()[query] : int64_t{-1};
    const double slack = rounding_bound(query) - query_term(query);
    auto limit = static_cast<float>(nearest.limit() + slack);
    for (int64_t i = 0; i < count; ++i) {
      if (values[i] > limit) continue;
      const int64_t row = first_entry + i;
      if (row == own_row) continue;
      nearest.offer(
          {exact_distance(queries_.row(query), entries_.row(row), width_, options_.distance), row});
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

at::Tensor index_labels(const NeighbourIndex& index) {
  if (!index.labels.defined()) throw Error("neighbours: expected an index with labels");
  return index.labels.to(at::kCPU, at::kLong).contiguous();
}

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

/// Average precision of each full ranking with a relevant entry; `relevant` is bool [Q, N].
at::Tensor average_precisions(const at::Tensor& relevant) {
  const at::Tensor hits = relevant.cumsum(1, at::kDouble);
  const at::Tensor precision = hits / at::arange(1, relevant.size(1) + 1, at::kDouble);
  const at::Tensor counts = hits.select(1, -1);
  const at::Tensor averages = (precision * relevant).sum(1) / counts;
  return averages.masked_select(counts > 0);
}

}  // namespace

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

double mean_average_precision(const NeighbourIndex& index, const at::Tensor& queries,
                              const at::Tensor& labels, const NeighbourOptions& options) {
  expect_label_each(labels, queries.size(0));
  NeighbourOptions all = options;
  all.count = index.codes.size(0) - (options.own_rows.defined() ? 1 : 0);
  std::vector<at::Tensor> averages;
  for (int64_t first = 0; first < queries.size(0); first += kRankedQueries) {
    const int64_t here = std::min(kRankedQueries, queries.size(0) - first);
    if (options.own_rows.defined()) all.own_rows = options.own_rows.narrow(0, first, here);
    const Neighbours ranking = nearest_neighbours(index, queries.narrow(0, first, here), all);
    averages.push_back(average_precisions(
        relevant_neighbours(index, ranking, labels.narrow(0, first, here), all.count)));
  }
  const at::Tensor joined = at::cat(averages);
  if (joined.numel() == 0) {
    throw Error("retrieval: expected entries with the queries' labels, found none");
  }
  return joined.mean().item<double>();
}

}  // namespace hourglass::evaluation
