#include "hourglass/datasets/dataset.h"

#include "hourglass/datasets/batches.h"
#include "hourglass/datasets/column.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <limits>

namespace hourglass::datasets {
namespace {

using testing::error_of;
using testing::expect_contains;

at::Tensor positions_of(const std::vector<int64_t>& positions) {
  return at::tensor(positions, at::kLong);
}

/// Ten grey images of 1×2×3 with the values 0 … 59, row i labelled 100 + i.
DatasetPtr small_images(const Scaling& scaling = {}) {
  return std::make_shared<TensorDataset>(at::arange(60, at::kByte).view({10, 1, 2, 3}),
                                         at::arange(100, 110, at::kLong), scaling);
}

TEST(TensorDataset, HandsOutScaledRowsInTheOrderAskedFor) {
  const DatasetPtr data = small_images({.offset = {10}, .factor = {0.5}});
  EXPECT_EQ(data->size(), 10);
  EXPECT_EQ(data->item_shape(), (Shape{1, 2, 3}));
  EXPECT_EQ(data->target_shape(), (Shape{1, 2, 3}));
  const Batch batch = data->batch(positions_of({7, 0, 7}));
  EXPECT_EQ(batch.input.sizes().vec(), (Shape{3, 1, 2, 3}));
  EXPECT_EQ(batch.input.scalar_type(), at::kFloat);
  EXPECT_TRUE(batch.input[0].flatten().equal(at::tensor({16.F, 16.5F, 17.F, 17.5F, 18.F, 18.5F})));
  EXPECT_TRUE(batch.input[1].flatten().equal(at::tensor({-5.F, -4.5F, -4.F, -3.5F, -3.F, -2.5F})));
  EXPECT_TRUE(batch.target.is_same(batch.input));
  EXPECT_TRUE(batch.labels.equal(positions_of({107, 100, 107})));
  EXPECT_TRUE(batch.rows.equal(positions_of({7, 0, 7})));
}

TEST(TensorDataset, ScalesEachFeatureByItsOwnPair) {
  const TensorDataset data(at::tensor({1.F, 10.F, 3.F, 30.F}).view({2, 2}), {},
                           {.offset = {1, 10}, .factor = {0.5, 0.05}});
  const Batch batch = data.batch(data.all_positions(), 0);
  EXPECT_TRUE(batch.input.allclose(at::tensor({0.F, 0.F, 1.F, 1.F}).view({2, 2})));
  EXPECT_FALSE(batch.labels.defined());
  EXPECT_FALSE(data.has_labels());
}

TEST(TensorDataset, ScalesTheFeaturesOfImagesInTheirOrder) {
  Scaling scaling{.offset = {0, 1, 2, 3, 4, 5}, .factor = {1, 1, 1, 1, 1, 1}};
  const Batch batch = small_images(scaling)->batch(positions_of({1}));
  EXPECT_TRUE(batch.input.equal(at::full({1, 1, 2, 3}, 6.F)));
}

TEST(TensorDataset, LeavesItsValuesAsTheyWere) {
  const at::Tensor values = at::ones({3, 2});
  const TensorDataset data(values, {}, {.offset = {1}, .factor = {7}});
  data.batch(data.all_positions(), 0);
  EXPECT_TRUE(values.equal(at::ones({3, 2})));
}

TEST(TensorDataset, RefusesPartsThatDoNotFit) {
  const at::Tensor values = at::zeros({4, 3});
  expect_contains(error_of([&] {
                    TensorDataset(values, positions_of({1, 2, 3}), {});
                  }),
                  {"3 labels", "4 items"});
  expect_contains(error_of([&] {
                    TensorDataset(values, {}, {.offset = {0, 0}, .factor = {1, 1}});
                  }),
                  {"3 features", "2 offsets", "2 factors"});
  expect_contains(error_of([&] {
                    TensorDataset(values, {}, {.offset = {0}, .factor = {1, 1, 1}});
                  }),
                  {"1 offsets", "3 factors"});
}

TEST(Dataset, GivesFirstAndAllPositions) {
  const DatasetPtr data = small_images();
  EXPECT_TRUE(data->first_positions(3).equal(positions_of({0, 1, 2})));
  EXPECT_EQ(data->first_positions(300).size(0), 10);
  EXPECT_TRUE(data->all_positions().equal(at::arange(10)));
}

TEST(Subset, KeepsTheRowNumbersOfTheWhole) {
  const auto subset = std::make_shared<Subset>(small_images(), positions_of({9, 4, 2}));
  EXPECT_EQ(subset->size(), 3);
  EXPECT_TRUE(subset->has_labels());
  const Batch batch = Subset(subset, positions_of({2, 0})).batch(positions_of({1, 0}), 0);
  EXPECT_TRUE(batch.rows.equal(positions_of({9, 2})));
  EXPECT_TRUE(batch.labels.equal(positions_of({109, 102})));
  EXPECT_EQ(batch.input[0].flatten()[0].item<float>(), 54);
}

TEST(Paired, TakesInputsFromOneAndTargetsFromTheOther) {
  const DatasetPtr inputs = std::make_shared<TensorDataset>(
      at::arange(10).to(at::kFloat).view({10, 1}), at::Tensor(), Scaling{});
  const Paired paired(inputs, small_images());
  EXPECT_EQ(paired.item_shape(), (Shape{1}));
  EXPECT_EQ(paired.target_shape(), (Shape{1, 2, 3}));
  EXPECT_TRUE(paired.has_labels());
  const Batch batch = paired.batch(positions_of({3, 8}), 0);
  EXPECT_TRUE(batch.input.flatten().equal(at::tensor({3.F, 8.F})));
  EXPECT_EQ(batch.target[1].flatten()[5].item<float>(), 53);
  EXPECT_TRUE(batch.labels.equal(positions_of({103, 108}))) << "labels of the targets";
  EXPECT_TRUE(batch.rows.equal(positions_of({3, 8})));

  const Paired swapped(small_images(), inputs);
  EXPECT_TRUE(swapped.batch(positions_of({5}), 0).labels.equal(positions_of({105})));
}

TEST(Paired, RefusesDifferentLengths) {
  const DatasetPtr shorter = std::make_shared<Subset>(small_images(), positions_of({1, 2}));
  expect_contains(error_of([&] { Paired(small_images(), shorter); }), {"10 inputs", "2 targets"});
}

TEST(Dataset, MovesWithItsDecorators) {
  const DatasetPtr data = std::make_shared<Paired>(small_images(), small_images());
  const DatasetPtr moved = std::make_shared<Subset>(data, positions_of({6, 1}))->to(at::kCPU);
  const Batch batch = moved->batch(moved->all_positions());
  EXPECT_TRUE(batch.rows.equal(positions_of({6, 1})));
  EXPECT_EQ(batch.target[0].flatten()[0].item<float>(), 36);
}

TEST(EvenlySpread, CoversAllRows) {
  EXPECT_TRUE(at::equal(evenly_spread(4, 10), positions_of({0, 2, 5, 7})));
  EXPECT_TRUE(at::equal(evenly_spread(9, 3), positions_of({0, 1, 2})));
}

TEST(Label, OfANameThatIsNoneIsANumberWhereNamesAreNone) {
  EXPECT_EQ(label_of("cat", {"dog", "cat"}), 1);
  EXPECT_EQ(label_of("1", {"dog", "cat"}), 1);
  EXPECT_EQ(label_of("2", {"1", "2"}), 1);
  EXPECT_FALSE(label_of("0", {"1", "2"}));
  EXPECT_EQ(label_of("0", {"7", "other"}), 0);
  EXPECT_FALSE(label_of("2", {"dog", "cat"}));
}

TEST(Dataset, GivesTheSameBatchesOnAGpu_CUDA) {
  if (!at::hasCUDA()) GTEST_SKIP() << "no CUDA device";
  const DatasetPtr data = std::make_shared<Subset>(small_images({.offset = {3}, .factor = {0.1}}),
                                                   positions_of({8, 1, 5}));
  const DatasetPtr moved = data->to(at::kCUDA);
  const Batch here = data->batch(positions_of({2, 0})), there = moved->batch(positions_of({2, 0}));
  EXPECT_TRUE(there.input.is_cuda());
  EXPECT_TRUE(there.input.cpu().equal(here.input));
  EXPECT_TRUE(there.labels.cpu().equal(here.labels));
  EXPECT_TRUE(there.rows.is_cpu());
  EXPECT_TRUE(there.rows.equal(here.rows));
}

TEST(MeanOfKnownTargets, LeavesOutWhatIsNotKnown) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const at::Tensor values = at::tensor({1.0F, nan, 4.0F, nan, 3.0F, nan}).view({2, 3});
  const TensorDataset data(values, {}, {});
  EXPECT_TRUE(at::equal(mean_of_known_targets(data, 0), at::tensor({1.0F, 3.0F, 4.0F})));
}

}  // namespace
}  // namespace hourglass::datasets
