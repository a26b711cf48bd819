#include "hourglass/evaluation/recommendation.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace hourglass::evaluation {
namespace {

/// What a hit at a rank from 0 is worth.
double discount(int64_t rank) { return 1 / std::log2(static_cast<double>(rank) + 2); }

/// The numbers of a user's items that are not known, the best `count` of them first.
std::vector<int64_t> order_of(const float* scores, const bool* known, int64_t items,
                              int64_t count) {
  std::vector<int64_t> order;
  for (int64_t item = 0; item < items; ++item) {
    if (!known[item]) order.push_back(item);
  }
  const int64_t best = std::min(count, std::ssize(order));
  std::partial_sort(order.begin(), order.begin() + best, order.end(), [&](int64_t a, int64_t b) {
    return scores[a] > scores[b] || (scores[a] == scores[b] && a < b);
  });
  order.resize(static_cast<size_t>(best));
  return order;
}

}  // namespace

BestItems best_items(const at::Tensor& scores, const at::Tensor& known, int64_t count) {
  if (scores.dim() != 2 || scores.sizes() != known.sizes() || count < 1) {
    throw Error("recommendation: expected scores and known items of one shape [users, items]");
  }
  const at::Tensor numbers = scores.to(at::kCPU, at::kFloat).contiguous();
  const at::Tensor flags = known.to(at::kCPU, at::kBool).contiguous();
  if (numbers.isnan().any().item<bool>()) {
    throw Error("recommendation: expected numbers as scores, found NaN");
  }
  const int64_t users = numbers.size(0), items = numbers.size(1);
  count = std::min(count, items);
  BestItems best{at::full({users, count}, -1, at::kLong),
                 at::full({users, count}, std::numeric_limits<float>::quiet_NaN(), at::kFloat)};
  const auto* score = numbers.const_data_ptr<float>();
  const bool* flag = flags.const_data_ptr<bool>();
  auto* item = best.items.mutable_data_ptr<int64_t>();
  auto* its_score = best.scores.mutable_data_ptr<float>();
  for (int64_t user = 0; user < users; ++user, score += items, flag += items) {
    const auto order = order_of(score, flag, items, count);
    for (size_t rank = 0; rank < order.size(); ++rank) {
      item[user * count + static_cast<int64_t>(rank)] = order[rank];
      its_score[user * count + static_cast<int64_t>(rank)] = score[order[rank]];
    }
  }
  return best;
}

RankingQuality ranking_quality(const at::Tensor& items, const datasets::SparseRows& held_out,
                               const std::vector<int64_t>& others) {
  const int64_t users = items.size(0), count = items.size(1);
  if (users != held_out.size() || (!others.empty() && std::ssize(others) != users)) {
    throw Error("recommendation: expected a row of held-out items for each of {} users, found {}",
                users, held_out.size());
  }
  const at::Tensor numbers = items.contiguous();
  RankingQuality quality;
  for (int64_t user = 0; user < users; ++user) {
    const auto wanted = held_out.ones(user);
    const int64_t total =
        std::ssize(wanted) + (others.empty() ? 0 : others[static_cast<size_t>(user)]);
    if (total == 0) continue;
    const auto* item = numbers.const_data_ptr<int64_t>() + user * count;
    double gain = 0, most = 0;
    int64_t hits = 0;
    for (int64_t rank = 0; rank < count; ++rank) {
      if (rank < total) most += discount(rank);
      if (!std::binary_search(wanted.begin(), wanted.end(), item[rank])) continue;
      gain += discount(rank);
      ++hits;
    }
    quality.recall += static_cast<double>(hits) / static_cast<double>(total);
    quality.ndcg += gain / most;
    ++quality.users;
  }
  const auto among = static_cast<double>(std::max<int64_t>(quality.users, 1));
  quality.recall /= among;
  quality.ndcg /= among;
  return quality;
}

}  // namespace hourglass::evaluation
