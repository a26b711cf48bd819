#include "hourglass/core/error.h"
#include "hourglass/evaluation/code_matrix.h"
#include "hourglass/evaluation/neighbours.h"
#include "hourglass/evaluation/search_codes.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace hourglass::evaluation {
namespace {

// Products of a block of queries with all entries take at most 64 MiB of float64.
constexpr int64_t kRankedProducts = int64_t{1} << 23;
constexpr int64_t kMostRankedQueries = 128;

// Entries are made float64 in blocks of so many.
constexpr int64_t kRankedEntries = 2048;

/// The ranking of all entries by the distance from one query after another.
///
/// Distances come out of matrix products in float64. These leave open the order of entries that are
/// as far from the query as each other but for rounding; where such entries differ in relevance,
/// their distances are computed one by one.
class RelevanceRanking {
 public:
  RelevanceRanking(const CodeDistance& distance, const at::Tensor& entry_labels)
      : distance_(distance), labels_(entry_labels.const_data_ptr<int64_t>()) {}

  /// The mean over the entries with `label` of the precision at their rank; −1 where there are none.
  /// `products` are those of the query with all entries.
  double average_precision(int64_t query, int64_t label, const double* products) {
    fill(query, products);
    sort();
    settle_ties(query, label);
    double hits = 0, sum = 0;
    for (size_t rank = 0; rank < ranked_.size(); ++rank) {
      if (labels_[ranked_[rank].row] != label) continue;
      sum += ++hits / static_cast<double>(rank + 1);
    }
    return hits == 0 ? -1 : sum / hits;
  }

 private:
  const CodeDistance& distance_;
  const int64_t* labels_;
  std::vector<Candidate> ranked_, unsorted_;
  std::vector<size_t> ends_;  // of the buckets that `sort` fills

  void fill(int64_t query, const double* products) {
    const int64_t own_row = distance_.own_row(query);
    unsorted_.clear();
    for (int64_t row = 0; row < distance_.entries().count(); ++row) {
      if (row != own_row) unsorted_.push_back({products[row], row});
    }
  }

  /// Into as many buckets as there are entries, by the place between the least and the greatest
  /// distance, then within each: a few entries where distances are spread as they mostly are.
  void sort() {
    if (unsorted_.empty()) return ranked_.clear();
    const auto [least, greatest] = std::minmax_element(unsorted_.begin(), unsorted_.end());
    const double low = least->distance, width = greatest->distance - low;
    const double scale = width > 0 ? static_cast<double>(unsorted_.size() - 1) / width : 0;
    const auto bucket_of = [&](const Candidate& entry) {
      return static_cast<size_t>((entry.distance - low) * scale);
    };
    ends_.assign(unsorted_.size() + 1, 0);
    for (const Candidate& entry : unsorted_) ++ends_[bucket_of(entry) + 1];
    for (size_t i = 1; i < ends_.size(); ++i) ends_[i] += ends_[i - 1];
    ranked_.resize(unsorted_.size());
    for (const Candidate& entry : unsorted_) ranked_[ends_[bucket_of(entry)]++] = entry;
    size_t first = 0;
    for (const size_t end : ends_) {
      if (end > first + 1) std::sort(place(first), place(end));
      first = std::max(first, end);
    }
  }

  /// Orders runs of entries whose neighbours are closer than rounding can tell, where both relevant
  /// and other entries are among them.
  void settle_ties(int64_t query, int64_t label) {
    // Either of two distances may be off, as products and again where they are computed one by one.
    const double tolerance =
        4 * distance_.rounding_bound(query, std::numeric_limits<double>::epsilon());
    for (size_t first = 0; first < ranked_.size();) {
      size_t end = first + 1, relevant = labels_[ranked_[first].row] == label ? 1 : 0;
      while (end < ranked_.size() &&
             ranked_[end].distance - ranked_[end - 1].distance <= tolerance) {
        relevant += labels_[ranked_[end++].row] == label ? 1 : 0;
      }
      if (relevant > 0 && relevant < end - first) {
        for (size_t i = first; i < end; ++i) {
          ranked_[i].distance = distance_.exact(query, ranked_[i].row);
        }
        std::sort(place(first), place(end));
      }
      first = end;
    }
  }

  std::vector<Candidate>::iterator place(size_t i) {
    return ranked_.begin() + static_cast<std::ptrdiff_t>(i);
  }
};

/// The average precision of `count` queries, or −1 where no entry has their label.
void rank_queries(const CodeDistance& distance, const at::Tensor& entry_labels,
                  const at::Tensor& query_labels, int64_t first, int64_t count, double* averages) {
  const int64_t entries = distance.entries().count();
  const at::Tensor products = at::empty({count, entries}, at::kDouble);
  for (int64_t entry = 0; entry < entries; entry += kRankedEntries) {
    const int64_t here = std::min(kRankedEntries, entries - entry);
    products.narrow(1, entry, here)
        .copy_(distance.products(first, count, entry, here, at::kDouble));
  }
  RelevanceRanking ranking(distance, entry_labels);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t label = query_labels.const_data_ptr<int64_t>()[first + i];
    averages[first + i] = ranking.average_precision(
        first + i, label, products.const_data_ptr<double>() + i * entries);
  }
}

}  // namespace

double mean_average_precision(const NeighbourIndex& index, const at::Tensor& queries,
                              const at::Tensor& labels, const NeighbourOptions& options) {
  expect_label_each(labels, queries.size(0));
  const CodeDistance distance(index.codes, queries, options);
  const at::Tensor entry_labels = index_labels(index);
  const at::Tensor query_labels = labels.to(at::kCPU, at::kLong).contiguous();
  const int64_t count = queries.size(0);
  const int64_t most =
      std::clamp<int64_t>(kRankedProducts / distance.entries().count(), 1, kMostRankedQueries);
  const int64_t size = std::min(most, at::divup(count, at::get_num_threads()));
  std::vector<double> averages(static_cast<size_t>(count));
  at::parallel_for(0, at::divup(count, size), 1, [&](int64_t begin, int64_t end) {
    for (int64_t first = begin * size; first < std::min(end * size, count); first += size) {
      rank_queries(distance, entry_labels, query_labels, first, std::min(size, count - first),
                   averages.data());
    }
  });
  double sum = 0;
  int64_t found = 0;
  for (const double average : averages) {
    if (average < 0) continue;
    sum += average;
    ++found;
  }
  if (found == 0) throw Error("retrieval: expected entries with the queries' labels, found none");
  return sum / static_cast<double>(found);
}

}  // namespace hourglass::evaluation
