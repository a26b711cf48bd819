#include "hourglass/evaluation/dictionary_match.h"

#include "hourglass/evaluation/assignment.h"
#include "hourglass/formats/npy.h"
#include "hourglass/formats/safetensors.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hourglass::evaluation {
namespace {

using testing::error_of;
using testing::expect_contains;

at::Tensor matrix(const std::vector<float>& values, int64_t width) {
  return at::tensor(values).view({-1, width});
}

at::Tensor whole(const std::vector<int64_t>& values) { return at::tensor(values, at::kLong); }

// ---- Assignment

double cost_of(const at::Tensor& cost, const std::vector<int64_t>& columns) {
  double sum = 0;
  for (size_t row = 0; row < columns.size(); ++row) {
    if (columns[row] < 0) continue;
    sum += cost[static_cast<int64_t>(row)][columns[row]].item<double>();
  }
  return sum;
}

/// By trying all orders of the columns.
double least_cost(const at::Tensor& cost) {
  std::vector<int64_t> order(static_cast<size_t>(cost.size(1)));
  std::iota(order.begin(), order.end(), 0);
  double least = 1e9;
  do {
    const std::vector<int64_t> first(order.begin(), order.begin() + cost.size(0));
    least = std::min(least, cost_of(cost, first));
  } while (std::next_permutation(order.begin(), order.end()));
  return least;
}

TEST(BestAssignment, GivesUpTheBestPairWhereOthersLoseMore) {
  EXPECT_EQ(best_assignment(matrix({1, 2, 3, 9}, 2)), (std::vector<int64_t>{1, 0}));
}

TEST(BestAssignment, IsTheBestOfAllOrders) {
  at::manual_seed(1);
  for (const int64_t columns : {5, 7}) {
    for (int i = 0; i < 20; ++i) {
      const at::Tensor cost = at::rand({5, columns}, at::kDouble);
      EXPECT_NEAR(cost_of(cost, best_assignment(cost)), least_cost(cost), 1e-12);
    }
  }
}

TEST(BestAssignment, LeavesOutRowsWhereThereAreMoreThanColumns) {
  EXPECT_EQ(best_assignment(matrix({3, 1, 2}, 1)), (std::vector<int64_t>{-1, 0, -1}));
}

// ---- Match

/// Three directions; row 0 has the first, row 1 the first and the last, row 2 none.
KnownDictionary known() {
  return {.name = "known",
          .vectors = at::eye(3),
          .starts = whole({0, 1, 3, 3}),
          .indices = whole({0, 0, 2}),
          .values = at::ones({3})};
}

TEST(DictionaryMatch, MccIsTheMeanCosineOfTheBestPairs) {
  const KnownDictionary dictionary = known();
  // The first two both lie nearest to the first direction; one of them has to take the second.
  const at::Tensor learned = matrix({-2, 0, 0, 3, 4, 0}, 3);
  const DictionaryMatch match = DictionaryMatcher(learned, dictionary).match();
  EXPECT_NEAR(match.mcc, (1 + 0.8) / 2, 1e-6);
}

TEST(DictionaryMatch, UniquenessCountsNearestVectors) {
  const KnownDictionary dictionary = known();
  const at::Tensor learned = matrix({1, 0, 0, 4, 3, 0, 0, 0, -1, 0, 1, 0}, 3);
  EXPECT_DOUBLE_EQ(DictionaryMatcher(learned, dictionary).match().uniqueness, 3.0 / 4);
}

TEST(DictionaryMatch, DetectionIsTheMeanOverUnits) {
  const KnownDictionary dictionary = known();
  DictionaryMatcher matcher(matrix({1, 0, 0, 0, 0, 1}, 3), dictionary);
  matcher.add(matrix({1, 0, 0, 5}, 2), whole({0, 1}));
  matcher.add(matrix({2, 3}, 2), whole({2}));
  // Unit 0: found in row 0, missed in row 1, wrong in row 2. Unit 1: found in row 1, wrong in row 2.
  const auto detection = matcher.match().detection;
  ASSERT_TRUE(detection);
  EXPECT_DOUBLE_EQ(detection->precision, 0.5);
  EXPECT_DOUBLE_EQ(detection->recall, 0.75);
  EXPECT_DOUBLE_EQ(detection->f1, (0.5 + 2.0 / 3) / 2);
}

TEST(DictionaryMatch, UnitsThatNeverSpeakCountAsZero) {
  const KnownDictionary dictionary = known();
  DictionaryMatcher matcher(matrix({1, 0, 0, 0, 0, 1}, 3), dictionary);
  matcher.add(matrix({1, 0, 1, 0, 0, 0}, 2), whole({0, 1, 2}));
  EXPECT_DOUBLE_EQ(matcher.match().detection->f1, 0.5);
}

TEST(DictionaryMatch, HasNoDetectionWhereRowsAreNotKnown) {
  const KnownDictionary dictionary = {.name = "known", .vectors = at::eye(3)};
  DictionaryMatcher matcher(at::eye(3), dictionary);
  matcher.add(at::ones({1, 3}), whole({0}));
  EXPECT_FALSE(matcher.match().detection);
}

TEST(DictionaryMatch, RefusesVectorsOfAnotherSizeAndRowsThatAreNotKnown) {
  const KnownDictionary dictionary = known();
  expect_contains(error_of([&] {
                    DictionaryMatcher(at::ones({2, 4}), dictionary);
                  }),
                  {"of 4 values", "found 3"});
  expect_contains(error_of([&] { dictionary.present(whole({3})); }), {"below 3", "row 3"});
}

TEST(KnownDictionary, IsReadFromNpyAndSafetensors) {
  const testing::TemporaryFolder folder;
  formats::write_npy(folder / "vectors.npy", at::eye(3));
  formats::write_safetensors(
      folder / "model.safetensors",
      {.tensors = {{"feature_vectors", at::eye(3)}, {"bias", at::ones({3})}}});
  const KnownDictionary from = known();
  formats::write_safetensors(folder / "rows.safetensors",
                             {.tensors = {{"indptr", from.starts},
                                          {"indices", from.indices.to(at::kInt)},
                                          {"values", from.values}}});
  const std::string rows = (folder / "rows.safetensors").string();
  for (const std::string name : {"vectors.npy", "model.safetensors#feature_vectors"}) {
    const KnownDictionary read = read_known_dictionary((folder / name).string(), rows);
    EXPECT_TRUE(at::equal(read.vectors, at::eye(3)));
    EXPECT_TRUE(at::equal(read.present(whole({2, 1, 0})),
                          matrix({0, 0, 0, 1, 0, 1, 1, 0, 0}, 3).to(at::kBool)));
  }
  expect_contains(
      error_of([&] { read_known_dictionary((folder / "model.safetensors").string(), ""); }),
      {"expected one tensor, found bias, feature_vectors", "#bias"});
}

}  // namespace
}  // namespace hourglass::evaluation
