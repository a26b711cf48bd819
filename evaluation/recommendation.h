#pragma once

#include "hourglass/datasets/sparse_rows.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace hourglass::evaluation {

// Items recommended to users: those that score best, without those that a user is known to have chosen.

/// The best items of each user, best first.
struct BestItems {
  at::Tensor items;   ///< int64 [U, K]; −1 where a user has fewer that are not known
  at::Tensor scores;  ///< float32 [U, K]; NaN there
};

/// The items of the greatest `scores` (floating, [U, D]) for each user, `count` of them or all (K), of
/// equal ones the first, without those where `known` (bool [U, D]) is true. Throws `Error` for other shapes and for
/// scores that are NaN.
BestItems best_items(const at::Tensor& scores, const at::Tensor& known, int64_t count);

/// How well the K best items are those that were held out, means over the users that have any:
///
///   recall@K = hits / held-out items
///   NDCG@K = Σ over hits of 1 / log₂(rank + 1) / Σ over ranks 1 … min(held-out items, K) of the same
///
/// (Järvelin & Kekäläinen 2002 with gains of 0 and 1; as RecBole has them. Liang et al. 2018 divide
/// the hits by min(held-out items, K) instead.)
struct RankingQuality {
  double recall = 0, ndcg = 0;
  int64_t users = 0;  ///< that have held-out items; both are 0 where there are none
};

/// `items` are [U, K] as `best_items` gives them, `held_out` has U rows. `others` are the numbers of
/// further held-out items of each user that nobody can find (U of them, or none).
RankingQuality ranking_quality(const at::Tensor& items, const datasets::SparseRows& held_out,
                               const std::vector<int64_t>& others = {});

}  // namespace hourglass::evaluation
