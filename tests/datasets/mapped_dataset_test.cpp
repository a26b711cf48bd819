#include "hourglass/datasets/mapped_dataset.h"

#include "hourglass/core/error.h"
#include "hourglass/datasets/ordered_part.h"
#include "hourglass/datasets/stored_values.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <set>
#include <vector>

namespace hourglass::datasets {
namespace {

using testing::error_of;
using testing::expect_contains;

MappedRowsPtr mapped(std::vector<at::Tensor> parts, bool channels_last = false) {
  std::vector<MappedPart> named;
  for (size_t i = 0; i < parts.size(); ++i) {
    named.push_back({parts[i], "part" + std::to_string(i)});
  }
  Shape shape = parts[0].sizes().slice(1).vec();
  if (channels_last) shape = {shape[2], shape[0], shape[1]};
  return std::make_shared<MappedRows>(named, shape, channels_last);
}

/// What a data set in memory gives of the same rows.
at::Tensor in_memory(const at::Tensor& values, const Scaling& scaling) {
  const TensorDataset data(values, {}, scaling);
  return data.batch(data.all_positions(), 0).input;
}

const Scaling kScaling = {{0, 1, 2, 3, 4}, {1, 0.5, 0.25, 2, 3}};

TEST(MappedDataset, GivesWhatMemoryGivesForEveryStoredType) {
  at::manual_seed(1);
  const at::Tensor numbers = at::randint(0, 100, {40, 5}, at::kLong);
  for (const auto type :
       {at::kByte, at::kChar, at::kShort, at::kInt, at::kLong, at::kUInt16, at::kUInt32,
        at::kUInt64, at::kHalf, at::kBFloat16, at::kFloat, at::kDouble}) {
    const at::Tensor stored = numbers.to(type);
    const MappedDataset data(mapped({stored}), {}, kScaling);
    EXPECT_TRUE(data.batch(data.all_positions(), 0)
                    .input.equal(in_memory(numbers.to(at::kFloat), kScaling)))
        << c10::toString(type);
  }
}

TEST(ToFloats, WidensHalvesOfAnyCountAndAlignment) {
  at::manual_seed(2);
  for (const auto type : {at::kHalf, at::kBFloat16}) {
    const at::Tensor stored = at::randn({71}).to(type);
    std::string bytes(1, 'x');  // so that nothing is aligned
    bytes.append(static_cast<const char*>(stored.const_data_ptr()), stored.nbytes());
    const at::Tensor floats = at::full({72}, -5.0F);
    to_floats(type, bytes.data() + 1, 71, floats.data_ptr<float>());
    EXPECT_TRUE(floats.narrow(0, 0, 71).equal(stored.to(at::kFloat)));
    EXPECT_EQ(floats[71].item<float>(), -5);
  }
}

TEST(MappedDataset, GoesOnFromPartToPart) {
  const at::Tensor values = at::arange(60, at::kFloat).view({12, 5});
  const auto rows =
      mapped({values.narrow(0, 0, 3), values.narrow(0, 3, 1), values.narrow(0, 4, 8)});
  const MappedDataset data(rows, at::arange(12, at::kByte), {});
  ASSERT_EQ(data.size(), 12);
  const at::Tensor positions = at::tensor({11, 3, 2, 4, 0}, at::kLong);
  const Batch batch = data.batch(positions, 0);
  EXPECT_TRUE(batch.input.equal(values.index_select(0, positions)));
  EXPECT_TRUE(batch.labels.equal(positions));
  EXPECT_TRUE(batch.rows.equal(positions));
  EXPECT_EQ(rows->place(4), "part2: row 0");
  rows->expect_reading(2, 10);  // over all parts
}

TEST(MappedDataset, WritesWhatBatchGives) {
  const at::Tensor values = at::rand({30, 5}, at::kFloat).to(at::kHalf);
  const MappedDataset data(mapped({values}), at::arange(30, at::kInt), kScaling);
  const std::vector<int64_t> positions = {7, 29, 0};
  const Batch batch = data.batch(at::tensor(positions, at::kLong), 0);
  at::Tensor input = at::full({3, 6}, -5.0F), target = at::full({3, 5}, -5.0F);
  std::vector<int64_t> labels(3), rows(3);
  data.write(positions, 0,
             {.input = input.data_ptr<float>(),
              .input_stride = 6,
              .target = target.data_ptr<float>(),
              .target_stride = 5,
              .labels = labels.data(),
              .rows = rows.data()});
  EXPECT_TRUE(input.narrow(1, 0, 5).equal(batch.input));
  EXPECT_TRUE(input.select(1, 5).equal(at::full({3}, -5.0F)));
  EXPECT_TRUE(target.equal(batch.input));
  EXPECT_EQ(labels, positions);
  EXPECT_EQ(rows, positions);
}

TEST(MappedDataset, PutsLastChannelsFirst) {
  const at::Tensor images = at::rand({4, 2, 5, 3});
  const MappedDataset data(mapped({images}, true), {}, {});
  EXPECT_EQ(data.item_shape(), (Shape{3, 2, 5}));
  EXPECT_TRUE(data.batch(data.all_positions(), 0).input.equal(images.permute({0, 3, 1, 2})));
}

TEST(MappedDataset, NamesTheRowThatIsNotFinite) {
  at::Tensor values = at::zeros({8, 5});
  values[6][2] = std::numeric_limits<float>::quiet_NaN();
  const MappedDataset data(mapped({values.narrow(0, 0, 4), values.narrow(0, 4, 4)}), {}, {});
  EXPECT_NO_THROW(data.batch(at::tensor({5, 7}, at::kLong), 0));
  expect_contains(error_of([&] {
                    data.batch(at::tensor({5, 6}, at::kLong), 0);
                  }),
                  {"part1: row 2", "finite", "nan as value 2"});
  const MappedDataset wide(mapped({at::full({1, 5}, 1e300, at::kDouble)}), {}, {});
  expect_contains(error_of([&] { wide.batch(wide.all_positions(), 0); }), {"part0: row 0", "inf"});
}

TEST(MappedRows, RefusesPartsThatDiffer) {
  expect_contains(error_of([] {
                    mapped({at::zeros({2, 5}), at::zeros({2, 4})});
                  }),
                  {"part1", "Float [5]", "part0", "Float [4]"});
  expect_contains(error_of([] {
                    mapped({at::zeros({2, 5}), at::zeros({2, 5}, at::kByte)});
                  }),
                  {"part1", "Byte [5]"});
}

TEST(MappedDataset, RefusesLabelsAndScalingsOfOtherLengths) {
  const auto rows = mapped({at::zeros({2, 5})});
  EXPECT_THROW(MappedDataset(rows, at::zeros({3}, at::kLong), {}), Error);
  EXPECT_THROW(MappedDataset(rows, {}, {{0, 0}, {1, 1}}), Error);
}

/// The row numbers of a part.
std::vector<int64_t> rows_of(const DatasetPtr& part) {
  const at::Tensor rows = part->rows_at(part->all_positions());
  return {rows.const_data_ptr<int64_t>(), rows.const_data_ptr<int64_t>() + rows.size(0)};
}

LargeSplit split_of(int64_t rows, const std::string& validation, uint64_t seed = 1) {
  return split_large(
      std::make_shared<MappedDataset>(mapped({at::zeros({rows, 1})}), at::Tensor(), Scaling()),
      *Validation::parse(validation), seed);
}

TEST(SplitLarge, GivesEveryRowToOnePartInOrder) {
  for (const int64_t rows : {5120, 5121, 9999}) {
    for (const char* validation : {"split:0.1", "split:0.5", "split:0.97", "last:0.2"}) {
      const LargeSplit split = split_of(rows, validation);
      const auto training = rows_of(split.training), judging = rows_of(split.validation);
      EXPECT_TRUE(std::is_sorted(training.begin(), training.end())) << validation;
      EXPECT_TRUE(std::is_sorted(judging.begin(), judging.end())) << validation;
      std::set<int64_t> all(training.begin(), training.end());
      all.insert(judging.begin(), judging.end());
      EXPECT_EQ(std::ssize(training) + std::ssize(judging), rows) << validation;
      EXPECT_EQ(std::ssize(all), rows) << validation;
      EXPECT_EQ(*all.rbegin(), rows - 1) << validation;
    }
  }
}

TEST(SplitLarge, DrawsABlockOfEveryStretchBySeed) {
  const auto rows = rows_of(split_of(25'600, "split:0.1").validation);
  ASSERT_EQ(std::ssize(rows), 2560);
  for (int64_t stretch = 0; stretch < 10; ++stretch) {
    const int64_t first = rows[static_cast<size_t>(stretch * kSplitRows)];
    EXPECT_EQ(first / 2560, stretch);
    EXPECT_EQ(rows[static_cast<size_t>((stretch + 1) * kSplitRows - 1)], first + kSplitRows - 1);
  }
  EXPECT_EQ(rows_of(split_of(25'600, "split:0.1").validation), rows);
  EXPECT_NE(rows_of(split_of(25'600, "split:0.1", 2).validation), rows);
}

TEST(SplitLarge, TakesTheLastRowsAsTheSplitInMemoryDoes) {
  const LargeSplit split = split_of(1000, "last:0.2");
  EXPECT_EQ(split.training->size(), 800);
  EXPECT_EQ(rows_of(split.validation).front(), 800);
  EXPECT_EQ(split_of(1000, "none").validation, nullptr);
  EXPECT_THROW(split_of(300, "split:0.1"), Error) << "less than a block";
}

TEST(OrderedPart, GivesWhatAListWouldGive) {
  const at::Tensor values = at::rand({4096, 5});
  const DatasetPtr whole =
      std::make_shared<MappedDataset>(mapped({values}), at::arange(4096, at::kInt), kScaling);
  const LargeSplit split = split_large(whole, *Validation::parse("split:0.25"), 3);
  const Subset listed(whole, split.training->rows_at(split.training->all_positions()));
  const at::Tensor positions = at::tensor({0, 3071, 512, 77}, at::kLong);
  const Batch found = split.training->batch(positions, 0), expected = listed.batch(positions, 0);
  EXPECT_TRUE(found.input.equal(expected.input));
  EXPECT_TRUE(found.labels.equal(expected.labels));
  EXPECT_TRUE(found.rows.equal(expected.rows));
  std::vector<int64_t> labels(100), numbers(100);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int64_t>(i) * 30;
  split.training->write(numbers, 0, {.labels = labels.data()});
  EXPECT_TRUE(
      at::tensor(labels, at::kLong).equal(split.training->rows_at(at::tensor(numbers, at::kLong))));
}

}  // namespace
}  // namespace hourglass::datasets
