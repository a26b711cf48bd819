#include "hourglass/datasets/sparse_dataset.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace hourglass::datasets {
namespace {

using testing::error_of;
using testing::expect_contains;

/// Three rows over five places: 1 and 4, none, all.
SparseRowsPtr rows_of_ones() {
  return std::make_shared<SparseRows>(std::vector<int64_t>{0, 2, 2, 7},
                                      std::vector<int32_t>{1, 4, 0, 1, 2, 3, 4}, Shape{5});
}

const std::vector<std::vector<float>> kRowsOfOnes = {
    {0, 1, 0, 0, 1}, {0, 0, 0, 0, 0}, {1, 1, 1, 1, 1}};

TEST(SparseRows, KnowWhereTheOnesAre) {
  const SparseRowsPtr rows = rows_of_ones();
  EXPECT_EQ(rows->size(), 3);
  EXPECT_EQ(rows->width(), 5);
  EXPECT_EQ(rows->count(), 7);
  EXPECT_EQ(std::vector(rows->ones(0).begin(), rows->ones(0).end()), (std::vector<int32_t>{1, 4}));
  EXPECT_TRUE(rows->ones(1).empty());
  const at::Tensor two = rows->items(1, 2);
  EXPECT_TRUE(two[0].equal(at::tensor(kRowsOfOnes[1])));
  EXPECT_TRUE(two[1].equal(at::tensor(kRowsOfOnes[2])));
}

TEST(SparseRows, RefuseWhatAreNoRows) {
  const auto error = [](std::vector<int64_t> offsets, std::vector<int32_t> columns) {
    return error_of([&] { SparseRows(std::move(offsets), std::move(columns), {5}); });
  };
  expect_contains(error({}, {}), {"offsets"});
  expect_contains(error({0, 1}, {2, 3}), {"expected ascending offsets from 0 to 2"});
  expect_contains(error({0, 2, 1, 3}, {1, 2, 3}), {"offsets"});
  expect_contains(error({0, 1, 3}, {0, 3, 3}), {"row 1: expected ascending places of 0 to 4"});
  expect_contains(error({0, 1}, {5}), {"row 0", "0 to 4"});
  expect_contains(error({0, 1}, {-1}), {"row 0"});
}

TEST(SparseDataset, GivesTheSameAsDenseRows) {
  std::vector<at::Tensor> rows;
  rows.reserve(kRowsOfOnes.size());
  for (const auto& row : kRowsOfOnes) rows.push_back(at::tensor(row));
  const std::vector<int64_t> positions = {2, 0, 2, 1};
  for (const Scaling& scaling :
       {Scaling{}, Scaling{{0, 1, 2, 3, 4}, {1, 0.5, 0.25, 2, 3}}, Scaling{{0.5}, {2}}}) {
    const SparseDataset sparse(rows_of_ones(), scaling);
    const TensorDataset dense(at::stack(rows), {}, scaling);
    const Batch batch = sparse.batch(at::tensor(positions, at::kLong), 0);
    const at::Tensor expected = dense.batch(at::tensor(positions, at::kLong), 0).input;
    EXPECT_TRUE(batch.input.equal(expected));
    EXPECT_TRUE(batch.target.equal(expected));
    EXPECT_TRUE(batch.rows.equal(at::tensor(positions, at::kLong)));

    at::Tensor written = at::full({4, 7}, -5.0F);
    std::vector<int64_t> numbers(4);
    sparse.write(positions, 0,
                 {.input = written.data_ptr<float>(), .input_stride = 7, .rows = numbers.data()});
    EXPECT_TRUE(written.narrow(1, 0, 5).equal(expected));
    EXPECT_TRUE(written.narrow(1, 5, 2).equal(at::full({4, 2}, -5.0F)));
    EXPECT_EQ(numbers, positions);
  }
}

TEST(SparseDataset, TakesAnotherShape) {
  const SparseRowsPtr rows =
      std::make_shared<SparseRows>(std::vector<int64_t>{0, 1}, std::vector<int32_t>{5}, Shape{6});
  const SparseDataset data(rows->reshaped({1, 2, 3}), {});
  EXPECT_EQ(data.item_shape(), (Shape{1, 2, 3}));
  const at::Tensor item = data.batch(data.all_positions(), 0).input;
  EXPECT_EQ(item.sizes().vec(), (std::vector<int64_t>{1, 1, 2, 3}));
  EXPECT_EQ(item[0][0][1][2].item<float>(), 1);
}

}  // namespace
}  // namespace hourglass::datasets
