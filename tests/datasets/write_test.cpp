#include "hourglass/datasets/condition.h"
#include "hourglass/datasets/corruption.h"
#include "hourglass/datasets/dataset.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace hourglass::datasets {
namespace {

/// 90 items of 5 values with labels, as bytes or not, scaled alike or each by its own factor.
DatasetPtr items(bool bytes, bool scaled_each) {
  at::manual_seed(1);
  const Scaling scaling =
      scaled_each ? Scaling{{0, 1, 2, 3, 4}, {1, 0.5, 0.25, 2, 3}} : Scaling{{2}, {1.0 / 255}};
  const at::Tensor values = at::randint(0, 255, {90, 5}, bytes ? at::kByte : at::kFloat);
  return std::make_shared<TensorDataset>(values, at::randint(0, 3, {90}, at::kLong), scaling);
}

/// What `write` gives equals what `batch` gives, to the bit, and nothing else is touched.
void expect_write_equals_batch(const Dataset& data) {
  std::vector<int64_t> positions;
  for (int64_t i = 0; i < 75; ++i) positions.push_back(i * 7 % data.size());
  const Batch batch = data.batch(at::tensor(positions, at::kLong), 3);
  const int64_t count = std::ssize(positions), input = batch.input[0].numel(),
                target = batch.target[0].numel(), told = data.condition_width();
  const at::Tensor inputs = at::full({count, input + 2}, -5.0F),
                   targets = at::full({count, target + 2}, -5.0F),
                   conditions = at::full({count, told + 2}, -5.0F);
  std::vector<int64_t> rows(positions.size()), labels(positions.size());
  data.write(positions, 3,
             {.input = inputs.data_ptr<float>(),
              .input_stride = input + 2,
              .target = targets.data_ptr<float>(),
              .target_stride = target + 2,
              .condition = told > 0 ? conditions.data_ptr<float>() : nullptr,
              .condition_stride = told + 2,
              .labels = labels.data(),
              .rows = rows.data()});
  const auto expect_rows = [&](const at::Tensor& written, const at::Tensor& expected) {
    EXPECT_TRUE(at::equal(written.narrow(1, 0, written.size(1) - 2), expected.flatten(1)));
    EXPECT_TRUE(at::equal(written.narrow(1, written.size(1) - 2, 2), at::full({count, 2}, -5.0F)));
  };
  expect_rows(inputs, batch.input);
  expect_rows(targets, batch.target);
  if (told > 0) expect_rows(conditions, batch.condition);
  EXPECT_TRUE(at::equal(at::tensor(rows, at::kLong), batch.rows));
  EXPECT_TRUE(at::equal(at::tensor(labels, at::kLong), batch.labels));
}

TEST(Write, EqualsBatchAlongCurves) {
  const ScalingCurve bent = {{0, 100, 255}, {0, 0.9, 1}};
  const Scaling scaling = {.curves = {bent, kUnchanged, bent, {{7}, {0}}, bent}};
  for (const auto type : {at::kByte, at::kFloat}) {
    const at::Tensor values = at::randint(0, 255, {90, 5}, type);
    expect_write_equals_batch(TensorDataset(values, at::zeros({90}, at::kLong), scaling));
  }
}

TEST(Write, EqualsBatchForBytesAndFloatsScaledAlikeOrEach) {
  for (const bool bytes : {false, true}) {
    for (const bool scaled_each : {false, true})
      expect_write_equals_batch(*items(bytes, scaled_each));
  }
}

TEST(Write, EqualsBatchThroughEveryDecorator) {
  const DatasetPtr whole = items(true, false);
  const DatasetPtr subset = std::make_shared<Subset>(whole, at::arange(89, 9, -1, at::kLong));
  EXPECT_FALSE(subset->has_targets());
  expect_write_equals_batch(*subset);
  for (const char* corruption : {"gaussian:0.3", "mask:0.3", "salt-pepper:0.4"}) {
    SCOPED_TRACE(corruption);
    for (const Noise noise : {Noise::Fresh, Noise::Once}) {
      const Corrupted corrupted(subset, *Corruption::parse(corruption), noise, 9);
      EXPECT_TRUE(corrupted.has_targets());
      expect_write_equals_batch(corrupted);
    }
  }
  const Paired paired(whole, items(false, true));
  EXPECT_TRUE(paired.has_targets());
  expect_write_equals_batch(paired);
  expect_write_equals_batch(*with_condition(subset, *ConditionRule::parse("label"), 3, {}));
  expect_write_equals_batch(*with_condition(whole, *ConditionRule::parse("columns:1,3"), 3, {}));
}

}  // namespace
}  // namespace hourglass::datasets
