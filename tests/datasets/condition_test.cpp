#include "hourglass/datasets/condition.h"

#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::datasets {
namespace {

using testing::error_of;
using testing::expect_contains;

DatasetPtr table(bool labelled = true) {
  const at::Tensor values = at::arange(12).to(at::kFloat).view({3, 4});
  const at::Tensor labels = labelled ? at::tensor({2, 0, 1}, at::kLong) : at::Tensor();
  return std::make_shared<TensorDataset>(values, labels, Scaling{});
}

ConditionRule rule(const std::string& text) { return ConditionRule::parse(text).value(); }

TEST(WithCondition, ALabelIsOneNumberAClass) {
  const auto data = with_condition(table(), rule("label"), 3);
  EXPECT_EQ(data->condition_width(), 3);
  const Batch batch = data->batch(data->all_positions());
  const at::Tensor expected =
      at::tensor({0.0F, 0.0F, 1.0F, 1.0F, 0.0F, 0.0F, 0.0F, 1.0F, 0.0F}).view({3, 3});
  EXPECT_TRUE(at::equal(batch.condition, expected));
  EXPECT_TRUE(at::equal(batch.condition[0], class_condition(2, 3)[0]));
  EXPECT_EQ(batch.input.sizes(), (std::vector<int64_t>{3, 4}));
}

TEST(WithCondition, ColumnsLeaveTheItem) {
  const auto data = with_condition(table(), rule("columns:3,0"), 3);
  EXPECT_EQ(data->item_shape(), (Shape{2}));
  EXPECT_EQ(data->condition_width(), 2);
  const Batch batch = data->batch(at::tensor({1}, at::kLong));
  EXPECT_TRUE(at::equal(batch.input, at::tensor({5.0F, 6.0F}).view({1, 2})));
  EXPECT_TRUE(at::equal(batch.condition, at::tensor({7.0F, 4.0F}).view({1, 2})));
  EXPECT_TRUE(batch.input.is_same(batch.target));
}

TEST(WithCondition, FindsColumnsByName) {
  const std::vector<std::string> names = {"age", "size", "weight", "size 2"};
  const auto data = with_condition(table(), rule("columns:size 2,0"), 3, names);
  const Batch batch = data->batch(at::tensor({1}, at::kLong));
  EXPECT_TRUE(at::equal(batch.condition, at::tensor({7.0F, 4.0F}).view({1, 2})));
  const auto refusal = [&](const std::string& text, const std::vector<std::string>& known) {
    return error_of([&] { with_condition(table(), rule(text), 3, known); });
  };
  expect_contains(refusal("columns:weigh", names),
                  {"`condition` columns", "age, size, weight", "'weigh'", "did you mean 'weight'"});
  expect_contains(refusal("columns:age,0", names), {"column 0 twice"});
  expect_contains(refusal("columns:age", {}), {"number (0 to 3)", "no names", "'age'"});
  expect_contains(refusal("columns:a", {"a", "b", "a", "c"}), {"one column", "'a'", "found 2"});
}

TEST(WithCondition, StaysThroughSubsets) {
  const Subset some(with_condition(table(), rule("label"), 3), at::tensor({2}, at::kLong));
  EXPECT_EQ(some.condition_width(), 3);
  EXPECT_TRUE(at::equal(some.batch(some.all_positions(), 0).condition, class_condition(1, 3)));
}

TEST(WithCondition, SaysWhatIsMissing) {
  expect_contains(error_of([] { with_condition(table(false), rule("label"), 0); }),
                  {"`condition` label", "labels"});
  expect_contains(error_of([] { with_condition(table(), rule("columns:4"), 3); }),
                  {"columns of 0 to 3", "found 4"});
  expect_contains(error_of([] { with_condition(table(), rule("columns:0,1,2,3"), 3); }),
                  {"to reconstruct"});
}

TEST(ConditionRule, ReadsWhatItWrites) {
  for (const char* text : {"none", "label", "columns:0,3", "columns:age,3"})
    EXPECT_EQ(rule(text).text(), text);
  for (const char* text : {"", "labels", "columns:", "columns:1,1", "columns:-1", "columns:1.5"}) {
    EXPECT_FALSE(ConditionRule::parse(text)) << text;
  }
}

}  // namespace
}  // namespace hourglass::datasets
