#include "hourglass/evaluation/ranking.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/score_list.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

namespace hourglass::evaluation {
namespace {

struct RankedItem {
  double score;
  bool positive;
};

std::vector<RankedItem> ranked_items(const at::Tensor& scores, const at::Tensor& positive) {
  const std::vector<double> list = score_list(scores, "ranking");
  const at::Tensor flags = positive.to(at::kCPU, at::kBool).contiguous();
  if (flags.numel() != scores.numel()) {
    throw Error("ranking: expected as many labels as scores, found {} and {}", flags.numel(),
                scores.numel());
  }
  const bool* flag = flags.const_data_ptr<bool>();
  std::vector<RankedItem> items;
  items.reserve(list.size());
  for (size_t i = 0; i < list.size(); ++i) items.push_back({list[i], flag[i]});
  return items;
}

/// How many items of each class score at or above a threshold. As whole numbers: areas under curves
/// are then exact up to their last division.
struct CountsAbove {
  double threshold;
  int64_t positives, negatives;
};

/// A row for each distinct score from high to low; the last one counts all items.
std::vector<CountsAbove> cumulative_counts(const at::Tensor& scores, const at::Tensor& positive) {
  std::vector<RankedItem> items = ranked_items(scores, positive);
  std::sort(items.begin(), items.end(),
            [](const RankedItem& a, const RankedItem& b) { return a.score > b.score; });
  std::vector<CountsAbove> counts;
  int64_t positives = 0, negatives = 0;
  for (const RankedItem& item : items) {
    (item.positive ? positives : negatives) += 1;
    if (counts.empty() || counts.back().threshold != item.score) counts.push_back({item.score});
    counts.back().positives = positives;
    counts.back().negatives = negatives;
  }
  if (positives == 0 || negatives == 0) {
    throw Error("ranking: expected items of both classes, found {} positive and {} negative",
                positives, negatives);
  }
  return counts;
}

double ratio(int64_t part, int64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

RocCurve roc_curve(const at::Tensor& scores, const at::Tensor& positive) {
  const std::vector<CountsAbove> counts = cumulative_counts(scores, positive);
  RocCurve curve{{std::numeric_limits<double>::infinity()}, {0.0}, {0.0}};
  for (const CountsAbove& above : counts) {
    curve.thresholds.push_back(above.threshold);
    curve.false_positive_rate.push_back(ratio(above.negatives, counts.back().negatives));
    curve.true_positive_rate.push_back(ratio(above.positives, counts.back().positives));
  }
  return curve;
}

double auroc(const at::Tensor& scores, const at::Tensor& positive) {
  const std::vector<CountsAbove> counts = cumulative_counts(scores, positive);
  int64_t twice_area = 0;  // of trapezoids, in pairs of items
  CountsAbove before{};
  for (const CountsAbove& above : counts) {
    twice_area += (above.negatives - before.negatives) * (above.positives + before.positives);
    before = above;
  }
  return static_cast<double>(twice_area) / 2 / static_cast<double>(before.positives) /
         static_cast<double>(before.negatives);
}

double average_precision(const at::Tensor& scores, const at::Tensor& positive) {
  const std::vector<CountsAbove> counts = cumulative_counts(scores, positive);
  double sum = 0;
  int64_t positives_before = 0;
  for (const CountsAbove& above : counts) {
    const double precision = ratio(above.positives, above.positives + above.negatives);
    sum += static_cast<double>(above.positives - positives_before) * precision;
    positives_before = above.positives;
  }
  return sum / static_cast<double>(positives_before);
}

double Confusion::precision() const {
  return ratio(true_positives, true_positives + false_positives);
}

double Confusion::recall() const { return ratio(true_positives, true_positives + false_negatives); }

double Confusion::false_positive_rate() const {
  return ratio(false_positives, false_positives + true_negatives);
}

double Confusion::f1() const {
  return ratio(2 * true_positives, 2 * true_positives + false_positives + false_negatives);
}

Confusion confusion_at(const at::Tensor& scores, const at::Tensor& positive, double threshold) {
  Confusion confusion;
  for (const RankedItem& item : ranked_items(scores, positive)) {
    if (item.score > threshold) {
      (item.positive ? confusion.true_positives : confusion.false_positives) += 1;
    } else {
      (item.positive ? confusion.false_negatives : confusion.true_negatives) += 1;
    }
  }
  return confusion;
}

std::optional<Separation> measure_separation(const at::Tensor& scores, const at::Tensor& positive,
                                             double threshold) {
  const Confusion confusion = confusion_at(scores, positive, threshold);
  const int64_t positives = confusion.true_positives + confusion.false_negatives;
  if (positives == 0 || positives == positive.numel()) return {};
  return Separation{.auroc = auroc(scores, positive),
                    .average_precision = average_precision(scores, positive),
                    .confusion = confusion};
}

}  // namespace hourglass::evaluation
