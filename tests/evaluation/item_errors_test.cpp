#include "hourglass/evaluation/item_errors.h"

#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace hourglass::evaluation {
namespace {

std::vector<std::string> names_of_errors(const at::Tensor& made, const at::Tensor& target) {
  std::vector<std::string> names;
  for (const auto& column : item_errors(made, target, {0, 1})) names.push_back(column.name);
  return names;
}

TEST(ItemErrors, HaveCrossEntropyWhereAllThatIsKnownIsAProbability) {
  const std::vector<std::string> with = {"mse", "mae", "psnr", "bce"};
  const std::vector<std::string> without = {"mse", "mae", "psnr"};
  const at::Tensor made = at::full({1, 2}, 0.5);
  EXPECT_EQ(names_of_errors(made, at::tensor({0.F, 1.F}).view({1, 2})), with);
  EXPECT_EQ(names_of_errors(made, at::tensor({0.F, std::nanf("")}).view({1, 2})), with);
  EXPECT_EQ(names_of_errors(made, at::tensor({0.F, 2.F}).view({1, 2})), without);
}

}  // namespace
}  // namespace hourglass::evaluation
