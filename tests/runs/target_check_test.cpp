#include "hourglass/runs/target_check.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>

namespace hourglass::runs {
namespace {

using models::Activation;
using models::Loss;

sources::DataSplits splits_of(const at::Tensor& training, const at::Tensor& validation) {
  const auto rows = [](const at::Tensor& values) {
    return std::make_shared<datasets::TensorDataset>(values, at::Tensor(), datasets::Scaling{});
  };
  sources::DataSplits data;
  data.training = rows(training);
  data.validation = rows(validation);
  data.info.name = "counts.csv";
  return data;
}

TEST(TargetCheck, NamesTheRowAndTheValue) {
  at::Tensor counts = at::ones({2000, 3});
  counts[1500][2] = 2.5F;
  const models::Likelihood likelihood = {Loss::NegativeBinomial, Activation::Softplus};
  const auto complaint = testing::error_of([&] {
    check_targets(likelihood, splits_of(at::ones({4, 3}), counts));
  });
  testing::expect_contains(complaint,
                           {"counts.csv", "`loss` negative-binomial", "whole numbers of at least 0",
                            "2.5 in row 1500", "`scale`"});
}

TEST(TargetCheck, TakesWhatTheLikelihoodIsOf) {
  const at::Tensor counts = at::tensor({0.F, 7.F, NAN}).view({1, 3});
  const models::Likelihood likelihood = {Loss::NegativeBinomial, Activation::Softplus};
  EXPECT_NO_THROW(check_targets(likelihood, splits_of(counts, counts)));
  const at::Tensor any = at::randn({4, 3});
  EXPECT_NO_THROW(check_targets({Loss::Gaussian, Activation::Linear}, splits_of(any, any)));
}

}  // namespace
}  // namespace hourglass::runs
