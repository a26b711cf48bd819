#include "hourglass/evaluation/anomaly_score.h"
#include "hourglass/evaluation/generation.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/variational.h"
#include "hourglass/tests/evaluation/likelihood_checks.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <cmath>

namespace hourglass::evaluation {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

/// Rows of three values, codes of two, and a flow of three steps.
models::Variational flow_model(int64_t condition_width = 0) {
  at::manual_seed(4);
  models::Variational model({.posterior = {.flow_steps = 3}},
                            {.shapes = {{3}, {3}},
                             .network = models::DenseNetwork{.widths = {2}},
                             .condition_width = condition_width});
  const at::NoGradGuard no_grad;
  for (auto& parameter : model.named_parameters()) {
    if (parameter.key() == "decoder.dense1.weight") parameter.value().mul_(2);
  }
  return model;
}

ExportedModel flow_file(const TemporaryFolder& folder, int64_t condition_width = 0) {
  auto model = flow_model(condition_width);
  return testing::exported(model, folder / "flow.pt", {{"loss", "bce"}, {"posterior", "iaf:3"}},
                           std::vector<std::string>(static_cast<size_t>(condition_width), "a"));
}

TEST(FlowPosterior, IsDrawnThroughForTheLikelihood) {
  const TemporaryFolder folder;
  ExportedModel file = flow_file(folder);
  const at::Tensor x = at::tensor({1.0F, 0.0F, 1.0F}).unsqueeze(0);
  const at::Tensor line = at::linspace(-7, 7, 281, at::kFloat);
  const auto axes = at::meshgrid({line, line}, "ij");
  const at::Tensor z = at::stack({axes[0].flatten(), axes[1].flatten()}, 1);
  const at::Tensor prior = (-0.5 * z.to(at::kDouble).square().sum(1)).exp() / (2 * M_PI);
  const at::Tensor joint = testing::bernoulli(file, z, x) * prior;
  testing::expect_evidence(file, x, joint.sum().item<double>() * 0.05 * 0.05);
}

TEST(FlowPosterior, TakesTheConditionOfEachRow) {
  const TemporaryFolder folder;
  ExportedModel file = flow_file(folder, 2);
  const Batch batch = {.input = at::rand({2, 3}), .condition = at::eye(2)};
  const auto base = file.run_method("encode_base", batch.input, batch.condition);
  ASSERT_EQ(base.size(), 3U);
  const auto flowed = file.run_method("flow", {base[0], base[2]});
  EXPECT_TRUE(at::allclose(flowed.at(0), file.encode(batch.input, batch.condition), 0, 1e-6));
  EXPECT_EQ(flowed.at(1).sizes(), at::IntArrayRef{2});
}

TEST(FlowPosterior, LeavesThePriorAsItIs) {
  const TemporaryFolder folder;
  ExportedModel file = flow_file(folder);
  EXPECT_EQ(file.module().get_method("sample")({7}).toTensor().sizes(), (at::IntArrayRef{7, 3}));
  EXPECT_EQ(UsualCodes(file, Sampler{}, {}).source(), "the standard normal distribution");
}

TEST(FlowPosterior, IsNoNormalDistributionForAnyTool) {
  const TemporaryFolder folder;
  ExportedModel file = flow_file(folder);
  EXPECT_FALSE(file.has_method("encode_distribution"));
  EXPECT_EQ(resolve_score(AnomalyScore::Auto, file), AnomalyScore::Reconstruction);
  expect_contains(error_of([&] { elbo_scorer(file, 0, 1); }), {"flow.pt", "encode_distribution"});
  expect_contains(error_of([&] { check_sampler(file, *Sampler::parse("vamp:3")); }),
                  {"--sampler vamp:3", "normal distributions"});
}

}  // namespace
}  // namespace hourglass::evaluation
