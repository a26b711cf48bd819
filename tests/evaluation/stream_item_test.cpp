#include "hourglass/evaluation/stream_item.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

namespace hourglass::evaluation {
namespace {

void take(StreamItem& item, const std::vector<float>& row) {
  ASSERT_EQ(item.row().size(), row.size());
  std::copy(row.begin(), row.end(), item.row().begin());
  item.advance();
}

TEST(StreamItem, IsTheLastRowScaled) {
  StreamItem item({1, 2, 2}, 4, {{1.0}, {0.5}});
  EXPECT_FALSE(item.complete());
  take(item, {1, 3, 5, 7});
  EXPECT_TRUE(item.complete());
  const Batch one = item.batch();
  EXPECT_TRUE(at::equal(one.input, at::tensor({0.0F, 1.0F, 2.0F, 3.0F}).view({1, 1, 2, 2})));
  EXPECT_TRUE(at::equal(one.target, one.input));
  take(item, {-1, 1, 1, 1});
  EXPECT_TRUE(
      at::equal(item.batch().input, at::tensor({-1.0F, 0.0F, 0.0F, 0.0F}).view({1, 1, 2, 2})));
  EXPECT_EQ(one.input.flatten()[3].item<float>(), 3);  // is no longer the row's
}

TEST(StreamItem, IsAWindowOfTheLastRows) {
  StreamItem item({3, 2}, 2, {{0.0}, {1.0}});
  take(item, {1, 2});
  take(item, {3, 4});
  EXPECT_FALSE(item.complete());
  item.row()[0] = 99;  // a row that was not taken
  take(item, {5, 6});
  EXPECT_TRUE(item.complete());
  EXPECT_TRUE(at::equal(item.batch().input,
                        at::tensor({1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F}).view({1, 3, 2})));
  take(item, {7, 8});
  StreamItem again({3, 2}, 2, {{0.0}, {1.0}});
  const nlohmann::json state = item.to_json();
  again.restore(formats::JsonFields(state, "state.json"));
  EXPECT_TRUE(again.complete());
  take(again, {9, 10});
  EXPECT_TRUE(at::equal(again.batch().input,
                        at::tensor({5.0F, 6.0F, 7.0F, 8.0F, 9.0F, 10.0F}).view({1, 3, 2})));
  StreamItem other({2, 2}, 2, {{0.0}, {1.0}});
  testing::expect_contains(
      testing::error_of([&] { other.restore(formats::JsonFields(state, "state.json")); }),
      {"state.json", "values", "4 numbers"});
}

TEST(StreamItem, ScalesByColumn) {
  StreamItem item({2}, 2, {{0.0, 10.0}, {1.0, 0.1}});
  take(item, {4, 20});
  EXPECT_TRUE(at::allclose(item.batch().input, at::tensor({4.0F, 1.0F}).view({1, 2})));
  testing::expect_contains(testing::error_of([] {
                             StreamItem({3}, 3, {{0.0, 10.0}, {1.0, 0.1}});
                           }),
                           {"3 features", "2 offsets"});
  testing::expect_contains(testing::error_of([] {
                             StreamItem({3}, 2, {{0.0}, {1.0}});
                           }),
                           {"3 values", "rows of 2"});
}

}  // namespace
}  // namespace hourglass::evaluation
