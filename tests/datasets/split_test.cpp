#include "hourglass/datasets/split.h"

#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::datasets {
namespace {

using testing::error_of;
using testing::expect_contains;

Validation split_of(double fraction) { return {Validation::Kind::Split, fraction}; }
Validation last_of(double fraction) { return {Validation::Kind::Last, fraction}; }

/// Both parts together are all rows, each once.
void expect_whole(const RowSplit& split, int64_t rows) {
  const auto [sorted, order] = at::cat({split.training, split.validation}).sort();
  EXPECT_TRUE(sorted.equal(at::arange(rows)));
}

TEST(SplitRows, TakesTheFractionAtRandom) {
  const RowSplit split = split_rows(split_of(0.1), 1005, {}, 1);
  EXPECT_EQ(split.validation.size(0), 101);  // 100.5, rounded
  expect_whole(split, 1005);
  // Spread over the whole: about 10 of each 100 rows.
  const at::Tensor of_each_hundred = split.validation.div(100, "floor").bincount();
  EXPECT_GT(of_each_hundred.narrow(0, 0, 10).min().item<int64_t>(), 2);
  EXPECT_LT(of_each_hundred.max().item<int64_t>(), 25);
}

TEST(SplitRows, RepeatsForASeedAndDiffersBetweenSeeds) {
  const at::Tensor labels = at::arange(500).remainder(7);
  const RowSplit a = split_rows(split_of(0.2), 500, labels, 1);
  const RowSplit b = split_rows(split_of(0.2), 500, labels, 1);
  const RowSplit c = split_rows(split_of(0.2), 500, labels, 2);
  EXPECT_TRUE(a.validation.equal(b.validation));
  EXPECT_FALSE(a.validation.equal(c.validation));
}

TEST(SplitRows, KeepsPinnedRows) {
  // A resumed run, on another version of the program too, must draw the same rows.
  const RowSplit split = split_rows(split_of(0.25), 12, {}, 42);
  EXPECT_TRUE(split.validation.equal(at::tensor({1, 4, 8}, at::kLong))) << split.validation;
}

TEST(SplitRows, TakesItsShareOfEveryClass) {
  // Sorted by class, as Iris is, and of very different sizes.
  const std::vector<int64_t> sizes = {50, 500, 5, 95};
  std::vector<at::Tensor> classes;
  for (size_t i = 0; i < sizes.size(); ++i) {
    classes.push_back(at::full({sizes[i]}, static_cast<int64_t>(i), at::kLong));
  }
  const at::Tensor labels = at::cat(classes);
  for (const uint64_t seed : {1, 2, 3}) {
    const RowSplit split = split_rows(split_of(0.2), labels.size(0), labels, seed);
    EXPECT_EQ(split.validation.size(0), 130);
    expect_whole(split, labels.size(0));
    const at::Tensor counts = labels.index_select(0, split.validation).bincount();
    EXPECT_TRUE(counts.equal(at::tensor({10, 100, 1, 19}, at::kLong))) << counts;
  }
}

TEST(SplitRows, TakesLabelsOfAnyWholeNumbers) {
  const at::Tensor labels = at::arange(500).remainder(7);
  const RowSplit split = split_rows(split_of(0.2), 500, labels, 1);
  for (const auto type : {at::kByte, at::kInt}) {
    const RowSplit small = split_rows(split_of(0.2), 500, labels.to(type), 1);
    EXPECT_TRUE(small.training.equal(split.training)) << type;
    EXPECT_TRUE(small.validation.equal(split.validation)) << type;
  }
}

TEST(SplitRows, TakesItsShareWhereEveryRowIsAClassOfItsOwn) {
  const RowSplit split = split_rows(split_of(0.1), 200, at::arange(200), 1);
  EXPECT_EQ(split.validation.size(0), 20);
  expect_whole(split, 200);
}

TEST(SplitRows, TakesTheLastRows) {
  for (const int64_t rows : {int64_t{10}, int64_t{60000}, int64_t{11}}) {
    const RowSplit split = split_rows(last_of(0.2), rows, {}, 1);
    EXPECT_EQ(split.training.size(0), rows * 8 / 10);
    EXPECT_EQ(split.validation[0].item<int64_t>(), rows * 8 / 10);
    expect_whole(split, rows);
  }
  for (int percent = 1; percent < 100; ++percent) {
    const RowSplit split = split_rows(last_of(percent / 100.0), 60000, {}, 1);
    EXPECT_EQ(split.training.size(0), 600 * (100 - percent)) << percent;
  }
}

TEST(SplitRows, TakesNothingWhenNotAskedTo) {
  for (const auto kind : {Validation::Kind::None, Validation::Kind::Test}) {
    const RowSplit split = split_rows({kind}, 5, {}, 1);
    EXPECT_TRUE(split.training.equal(at::arange(5)));
    EXPECT_FALSE(split.validation.defined());
  }
}

TEST(SplitRows, RefusesEmptyParts) {
  expect_contains(error_of([] { split_rows(split_of(0.1), 3, {}, 1); }),
                  {"`validation` split:0.1", "of 3 rows, 0 would be for validation"});
  expect_contains(error_of([] { split_rows(split_of(0.9), 3, {}, 1); }), {"0 for training"});
  expect_contains(error_of([] { split_rows(last_of(0.9), 5, {}, 1); }),
                  {"`validation` last:0.9", "0 for training"});
  expect_contains(error_of([] { split_rows(last_of(0.5), 1, {}, 1); }), {"of 1 rows"});
}

TEST(Validation, ReadsAndWritesItsForms) {
  for (const std::string text : {"auto", "test", "none", "split:0.1", "last:0.2"}) {
    const auto validation = Validation::parse(text);
    ASSERT_TRUE(validation) << text;
    EXPECT_EQ(validation->text(), text);
  }
  for (const std::string text : {"", "split", "split:", "split:0", "split:1", "last:1.5", "last:-1",
                                 "last:x", "split:nan", "Test"}) {
    EXPECT_FALSE(Validation::parse(text)) << text;
  }
}

}  // namespace
}  // namespace hourglass::datasets
