#include "hourglass/evaluation/stream_item.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

namespace hourglass::evaluation {
namespace {

TEST(StreamItem, IsTheLastRowScaled) {
  StreamItem item({1, 2, 2}, {{1.0}, {0.5}});
  ASSERT_EQ(item.row().size(), 4U);
  const std::vector<float> first = {1, 3, 5, 7}, second = {-1, 1, 1, 1};
  std::copy(first.begin(), first.end(), item.row().begin());
  const Batch one = item.batch();
  EXPECT_TRUE(at::equal(one.input, at::tensor({0.0F, 1.0F, 2.0F, 3.0F}).view({1, 1, 2, 2})));
  EXPECT_TRUE(at::equal(one.target, one.input));
  std::copy(second.begin(), second.end(), item.row().begin());
  EXPECT_TRUE(
      at::equal(item.batch().input, at::tensor({-1.0F, 0.0F, 0.0F, 0.0F}).view({1, 1, 2, 2})));
  EXPECT_EQ(one.input.flatten()[3].item<float>(), 3);  // is no longer the row's
}

TEST(StreamItem, ScalesByColumn) {
  StreamItem item({2}, {{0.0, 10.0}, {1.0, 0.1}});
  item.row()[0] = 4;
  item.row()[1] = 20;
  EXPECT_TRUE(at::allclose(item.batch().input, at::tensor({4.0F, 1.0F}).view({1, 2})));
  testing::expect_contains(testing::error_of([] {
                             StreamItem({3}, {{0.0, 10.0}, {1.0, 0.1}});
                           }),
                           {"3 features", "2 offsets"});
}

}  // namespace
}  // namespace hourglass::evaluation
