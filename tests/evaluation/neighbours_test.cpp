#include "hourglass/evaluation/neighbours.h"

#include "hourglass/tests/evaluation/reference.h"
#include "hourglass/tests/support/support.h"

#include <c10/core/InferenceMode.h>

#include <cmath>

namespace hourglass::evaluation {
namespace {

NeighbourIndex digits_index() {
  const auto digits = testing::divided_digits().training;
  return {digits.items, digits.labels};
}

at::Tensor whole(const nlohmann::json& rows) { return testing::tensor_of(rows).to(at::kLong); }

/// What a search must give, by comparing everything with everything in float64.
at::Tensor sorted_distances(const at::Tensor& codes, const at::Tensor& queries) {
  const at::Tensor differences =
      queries.to(at::kDouble).unsqueeze(1) - codes.to(at::kDouble).unsqueeze(0);
  return std::get<0>(differences.square().sum(2).sqrt().sort(1));
}

TEST(Neighbours, OfDigitsEqualTheReferenceTiesIncluded) {
  const nlohmann::json expected = testing::reference("neighbours");
  const at::Tensor queries = testing::divided_digits().test.items.narrow(0, 0, 30);
  const Neighbours found = nearest_neighbours(digits_index(), queries, {.count = 6});
  EXPECT_TRUE(at::equal(found.rows, whole(expected["rows"])));
  EXPECT_TRUE(at::allclose((found.distances * 16).square(), testing::tensor_of(expected["squares"]),
                           0, 1e-9));
}

TEST(Neighbours, ByCosineEqualTheReference) {
  const nlohmann::json expected = testing::reference("neighbours");
  const at::Tensor queries = testing::divided_digits().test.items.narrow(0, 0, 30);
  const Neighbours found =
      nearest_neighbours(digits_index(), queries, {.count = 3, .distance = Distance::Cosine});
  EXPECT_TRUE(at::allclose(found.distances, testing::tensor_of(expected["cosine"]), 0, 1e-6));
}

TEST(Neighbours, AreExactAcrossBlocksAndFarFromTheOrigin) {
  at::manual_seed(1);
  // Squared lengths of 3e6 drown distances near 1 in float32's rounding.
  const at::Tensor codes = at::randn({9000, 3}) + 1000, queries = at::randn({300, 3}) + 1000;
  const Neighbours found = nearest_neighbours({codes, {}}, queries, {.count = 4});
  EXPECT_TRUE(
      at::allclose(found.distances, sorted_distances(codes, queries).narrow(1, 0, 4), 0, 1e-9));
}

TEST(Neighbours, AreTheSameUnderInferenceMode) {
  at::manual_seed(1);
  const at::Tensor codes = at::rand({1000, 4}), queries = at::rand({600, 4});
  const Neighbours plain = nearest_neighbours({codes, {}}, queries, {});
  const c10::InferenceMode guard;
  const Neighbours guarded = nearest_neighbours({codes * 1, {}}, queries * 1, {});
  EXPECT_TRUE(at::equal(guarded.rows, plain.rows));
  EXPECT_TRUE(at::equal(guarded.distances, plain.distances));
}

TEST(Neighbours, AtTheSameDistanceComeByRow) {
  const at::Tensor codes = at::rand({1, 5}).repeat({5000, 1});
  const Neighbours found = nearest_neighbours({codes, {}}, at::rand({2, 5}), {.count = 3});
  EXPECT_TRUE(at::equal(found.rows, at::tensor({0L, 1L, 2L, 0L, 1L, 2L}).view({2, 3})));
}

TEST(Neighbours, LeaveOutTheQueryItself) {
  const at::Tensor codes = at::tensor({0.0F, 1.0F, 3.0F, 7.0F}).view({4, 1});
  const at::Tensor rows = at::tensor({3L, 1L});
  const Neighbours found =
      nearest_neighbours({codes, {}}, codes.index_select(0, rows), {.count = 2, .own_rows = rows});
  EXPECT_TRUE(at::equal(found.rows, at::tensor({2L, 1L, 0L, 2L}).view({2, 2})));
}

TEST(Neighbours, ACodeOfZerosIsAtCosineDistanceOne) {
  const at::Tensor codes = at::tensor({0.0F, 0.0F, 2.0F, 0.0F}).view({2, 2});
  const Neighbours found = nearest_neighbours({codes, {}}, codes.narrow(0, 1, 1) * 3,
                                              {.count = 2, .distance = Distance::Cosine});
  EXPECT_TRUE(at::equal(found.rows, at::tensor({1L, 0L}).view({1, 2})));
  EXPECT_TRUE(at::equal(found.distances, at::tensor({0.0, 1.0}, at::kDouble).view({1, 2})));
}

TEST(Neighbours, ClassifyDigitsLikeTheReference) {
  const nlohmann::json expected = testing::reference("neighbours")["accuracy"];
  const auto test = testing::divided_digits().test;
  const NeighbourIndex index = digits_index();
  const Neighbours found = nearest_neighbours(index, test.items, {.count = 5});
  for (const int64_t k : {1, 3, 5}) {
    EXPECT_NEAR(neighbour_accuracy(index, found, test.labels, k),
                expected[std::to_string(k)].get<double>(), 1e-12)
        << k;
  }
}

TEST(Neighbours, OfEquallyFrequentLabelsTheNearestWins) {
  const NeighbourIndex index{at::arange(4, at::kFloat).view({4, 1}), at::tensor({7L, 2L, 2L, 7L})};
  const Neighbours found = nearest_neighbours(index, at::zeros({1, 1}), {.count = 4});
  EXPECT_EQ(majority_labels(index, found, 1).item<int64_t>(), 7);
  EXPECT_EQ(majority_labels(index, found, 2).item<int64_t>(), 7);
  EXPECT_EQ(majority_labels(index, found, 3).item<int64_t>(), 2);
  EXPECT_EQ(majority_labels(index, found, 4).item<int64_t>(), 7);
}

TEST(Neighbours, RetrievalOfDigitsEqualsTheReference) {
  const nlohmann::json expected = testing::reference("neighbours");
  const auto test = testing::divided_digits().test;
  const NeighbourIndex index = digits_index();
  const Neighbours found = nearest_neighbours(index, test.items, {.count = 10});
  EXPECT_NEAR(precision_at(index, found, test.labels, 10),
              expected["precision_at_10"].get<double>(), 1e-12);
  EXPECT_NEAR(mean_average_precision(index, test.items, test.labels, {}),
              expected["mean_average_precision"].get<double>(), 1e-12);
}

/// The same by sorting all pairs in float64.
double average_precision_by_pairs(const at::Tensor& codes, const at::Tensor& labels,
                                  const at::Tensor& queries, const at::Tensor& query_labels) {
  const at::Tensor differences =
      queries.to(at::kDouble).unsqueeze(1) - codes.to(at::kDouble).unsqueeze(0);
  const at::Tensor order = differences.square().sum(2).argsort(/*stable=*/true, 1, false);
  const at::Tensor relevant = labels.take(order) == query_labels.unsqueeze(1);
  const at::Tensor precision =
      relevant.cumsum(1, at::kDouble) / at::arange(1, codes.size(0) + 1, at::kDouble);
  return ((precision * relevant).sum(1) / relevant.sum(1)).mean().item<double>();
}

TEST(Neighbours, MeanAveragePrecisionIsExactAcrossBlocksAndFarFromTheOrigin) {
  at::manual_seed(1);
  const at::Tensor codes = at::randn({5000, 3}) + 1000, queries = at::randn({150, 3}) + 1000;
  const at::Tensor labels = at::randint(0, 7, {5000}), of_queries = at::randint(0, 7, {150});
  EXPECT_NEAR(mean_average_precision({codes, labels}, queries, of_queries, {}),
              average_precision_by_pairs(codes, labels, queries, of_queries), 1e-12);
}

TEST(Neighbours, MeanAveragePrecisionOrdersEntriesAtTheSameDistanceByRow) {
  at::manual_seed(1);
  // Tenths are rounded, so that products and differences do not agree to the last bit.
  const at::Tensor codes = at::randint(0, 3, {3000, 4}).to(at::kFloat) / 10;
  const at::Tensor queries = at::randint(0, 3, {20, 4}).to(at::kFloat) / 10;
  const at::Tensor labels = at::randint(0, 2, {3000}), of_queries = at::randint(0, 2, {20});
  EXPECT_NEAR(mean_average_precision({codes, labels}, queries, of_queries, {}),
              average_precision_by_pairs(codes, labels, queries, of_queries), 1e-12);
  const at::Tensor alike = at::rand({1, 5}).repeat({200, 1}), odd = at::arange(200).remainder(2);
  EXPECT_NEAR(mean_average_precision({alike, odd}, alike.narrow(0, 0, 2), odd.narrow(0, 0, 2), {}),
              average_precision_by_pairs(alike, odd, alike.narrow(0, 0, 2), odd.narrow(0, 0, 2)),
              1e-12);
}

TEST(Neighbours, MeanAveragePrecisionLeavesOutTheQueryAndLabelsWithoutEntries) {
  const at::Tensor codes = at::tensor({0.0F, 1.0F, 3.0F, 7.0F}).view({4, 1});
  const at::Tensor labels = at::tensor({1L, 2L, 1L, 3L});
  // Query 0 finds its like at rank 2, query 2 at rank 2; 1 and 3 have none.
  EXPECT_DOUBLE_EQ(
      mean_average_precision({codes, labels}, codes, labels, {.own_rows = at::arange(4)}), 0.5);
  testing::expect_contains(testing::error_of([&] {
                             mean_average_precision({codes, labels}, codes, labels + 5, {});
                           }),
                           {"found none"});
}

TEST(Neighbours, RefuseWhatDoesNotFit) {
  const NeighbourIndex index{at::rand({4, 3}), {}};
  testing::expect_contains(testing::error_of([&] {
                             nearest_neighbours(index, at::rand({2, 2}), {});
                           }),
                           {"queries of 3 values", "found 2"});
  testing::expect_contains(testing::error_of([&] {
                             nearest_neighbours(index, at::rand({2, 3}), {.count = 5});
                           }),
                           {"1 to 4", "found 5"});
  const Neighbours found = nearest_neighbours(index, at::rand({2, 3}), {.count = 2});
  testing::expect_contains(testing::error_of([&] { majority_labels(index, found, 1); }),
                           {"an index with labels"});
  const NeighbourIndex broken{at::full({4, 3}, NAN), {}};
  testing::expect_contains(testing::error_of([&] {
                             nearest_neighbours(broken, at::rand({2, 3}), {.count = 1});
                           }),
                           {"found nan in row 0, unit 0"});
}

}  // namespace
}  // namespace hourglass::evaluation
