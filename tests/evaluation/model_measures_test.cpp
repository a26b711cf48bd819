#include "hourglass/evaluation/model_measures.h"

#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <memory>

namespace hourglass::evaluation {

using namespace datasets;

namespace {

TEST(PositionsAmong, FindsRowsByTheirNumbers) {
  const auto whole = std::make_shared<TensorDataset>(at::rand({6, 2}), at::Tensor(), Scaling{});
  const Subset training(whole, at::tensor({5, 1, 3}, at::kLong));
  const Subset rows(whole, at::tensor({3, 0, 5}, at::kLong));
  EXPECT_TRUE(at::equal(positions_among(training, rows), at::tensor({2, -1, 0}, at::kLong)));
}

TEST(Measures, OfCodesNeedClasses) {
  const Codes codes = {at::rand({8, 2}), at::zeros({8}, at::kLong)};
  EXPECT_EQ(measure_codes({codes, codes, {}}).at(Measure::Probe).reason, "a single class");
  const Codes unlabelled = {codes.values, {}};
  EXPECT_EQ(measure_codes({unlabelled, codes, {}}).at(Measure::OneNeighbour).reason, "no labels");
}

TEST(Measures, LeaveOutWhatConstantDataDoNotHave) {
  const TensorDataset rows(at::full({3, 4}, 0.5F), at::Tensor(), Scaling{});
  const auto same = [](const at::Tensor& x) { return x; };
  const Measures measures = measure_errors(same, rows, /*data_range=*/0);
  EXPECT_EQ(measures.at(Measure::Mse).value, 0);
  EXPECT_FALSE(measures.at(Measure::Psnr).value);
  EXPECT_EQ(measure_text(Measure::Psnr, measures.at(Measure::Psnr)), "n/a");
}

}  // namespace
}  // namespace hourglass::evaluation
