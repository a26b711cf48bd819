#pragma once

#include "hourglass/core/fields.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hourglass::evaluation {

/// L2: Euclidean distance. Cosine: 1 − cosine of the angle (1 for a code of zeros).
enum class Distance { L2, Cosine };
constexpr auto names_of(Distance) {
  return std::to_array<EnumName<Distance>>({{Distance::L2, "l2"}, {Distance::Cosine, "cosine"}});
}

/// What is searched. N is the number of entries, D the size of a code, Q the number of queries.
struct NeighbourIndex {
  at::Tensor codes;   ///< [N, shape…] float32 on the CPU; used flattened, [N, D]
  at::Tensor labels;  ///< [N] int64, or undefined
};

/// The entries nearest to each query, nearest first; entries at the same distance by row number.
struct Neighbours {
  at::Tensor rows;       ///< [Q, k] int64: row numbers of the index
  at::Tensor distances;  ///< [Q, k] float64
};

struct NeighbourOptions {
  int64_t count = 5;  ///< neighbours a query, k
  Distance distance = Distance::L2;
  /// int64 [Q]: the row of each query in the index, which is then not its own neighbour. Undefined:
  /// the queries are not of the index.
  at::Tensor own_rows = {};
};

/// Exact search: blocks of a float32 matrix product rule out almost all entries, and float64
/// decides among the rest, so that the result does not depend on block sizes or threads. Memory is
/// bounded whatever N and Q. Throws `Error` when the code sizes differ, when a code is not finite,
/// or when the index has fewer than k entries beside the query.
Neighbours nearest_neighbours(const NeighbourIndex& index, const at::Tensor& queries,
                              const NeighbourOptions& options);

/// The labels of the index, int64 [N] on the CPU. Throws `Error` where it has none.
at::Tensor index_labels(const NeighbourIndex& index);

/// The most frequent label among the first `k` neighbours, [Q] int64. Of labels equally frequent
/// the one with the nearest neighbour wins, as in the recipes' baselines (scikit-learn's
/// KNeighborsClassifier takes the lowest label instead: up to 0.2 points apart on Fashion-MNIST).
/// Throws `Error` when the index has no labels.
at::Tensor majority_labels(const NeighbourIndex& index, const Neighbours& neighbours, int64_t k);

/// The share of queries whose majority label is the true one: `labels` is int64 [Q]. One search for
/// the largest k serves all smaller ones.
double neighbour_accuracy(const NeighbourIndex& index, const Neighbours& neighbours,
                          const at::Tensor& labels, int64_t k);

/// Mean over the queries of the share of the first `k` neighbours that have the query's label.
double precision_at(const NeighbourIndex& index, const Neighbours& neighbours,
                    const at::Tensor& labels, int64_t k);

/// Mean average precision over the ranking of the whole index (`options.count` is ignored): for
/// each query the mean, over the entries with its label, of the precision at their rank. Queries
/// whose label no entry has are left out. Throws `Error` when no query is left. As exact as
/// `nearest_neighbours`, by float64 products. Sorts the whole index for every query: Q · N · log N
/// at most, with memory for N distances a query of a block.
double mean_average_precision(const NeighbourIndex& index, const at::Tensor& queries,
                              const at::Tensor& labels, const NeighbourOptions& options);

}  // namespace hourglass::evaluation
