#pragma once

#include "hourglass/evaluation/log_likelihood.h"
#include "hourglass/tests/evaluation/small_model.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace hourglass::testing {

/// p(x|z) of an item x [1, values] for codes z [N, D], under its condition [1, K] where there is one:
/// [N] float64.
inline at::Tensor bernoulli(evaluation::ExportedModel& model, const at::Tensor& z,
                            const at::Tensor& x, at::Tensor condition = {}) {
  if (condition.defined()) condition = condition.expand({z.size(0), -1}).contiguous();
  const at::Tensor p = model.decode(z, condition).to(at::kDouble), known = x.to(at::kDouble);
  return (known * p + (1 - known) * (1 - p)).prod(1);
}

/// That importance sampling finds −log `evidence` of the item x [1, values].
inline void expect_evidence(evaluation::ExportedModel& model, const at::Tensor& x,
                            double evidence) {
  EXPECT_EQ(evaluation::likelihood_obstacle(model), "");
  const at::Tensor found =
      evaluation::negative_log_likelihoods(model, *unscaled(x), {.samples = 30'000});
  EXPECT_NEAR(found.item<double>(), -std::log(evidence), 0.02);
}

/// That the likelihood of a row does not depend on the rows beside it: of some of 40 rows of three
/// values.
inline void expect_likelihoods_of_rows(
    const std::function<at::Tensor(const datasets::Dataset&)>& likelihoods) {
  const auto data = unscaled(at::rand({40, 3}));
  const at::Tensor all = likelihoods(*data);
  const datasets::Subset some(data, at::tensor({7, 31}, at::kLong));
  const at::Tensor two = likelihoods(some);
  EXPECT_NEAR(two[0].item<double>(), all[7].item<double>(), 1e-5);
  EXPECT_NEAR(two[1].item<double>(), all[31].item<double>(), 1e-5);
}

}  // namespace hourglass::testing
