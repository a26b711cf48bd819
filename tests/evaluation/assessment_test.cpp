#include "hourglass/evaluation/assessment.h"

#include "hourglass/core/fields.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/evaluation/small_model.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::evaluation {
namespace {

using models::DenseNetwork;
using testing::expect_contains;

Assessment errors(double model, double pca) {
  Assessment found;
  found.code_size = found.pca_size = 8;
  found.variance = 0.1;
  found.model[Measure::Mse] = {model, ""};
  found.pca[Measure::Mse] = {pca, ""};
  return found;
}

TEST(Verdict, ComparesWithPcaOfTheSameSize) {
  EXPECT_EQ(verdict(errors(0.01, 0.02)),
            "beats PCA of its size: MSE 0.010000 against 0.020000 (-50.0 %)");
  EXPECT_EQ(verdict(errors(0.03, 0.02)),
            "LOSES TO PCA of its size: MSE 0.030000 against 0.020000 (+50.0 %)");
}

TEST(Verdict, SaysWhatALoserWasTrainedBy) {
  Assessment found = errors(0.021, 0.02);
  found.loss = "bce";
  expect_contains(verdict(found), {"LOSES TO PCA", "(+5.0 %)", "this model bce"});
  found.loss = "mse";
  EXPECT_EQ(verdict(found).find("this model"), std::string::npos);
}

TEST(Verdict, IsNoneWherePcaIsExact) {
  const Assessment found = errors(0.004, 1e-30);
  EXPECT_FALSE(beats_pca(found));
  expect_contains(verdict(found), {"not compared", "exact", "leaves 4.0 % of the variance"});
}

TEST(Verdict, SaysWhatIsLeftWhereThereIsNoPca) {
  Assessment found = errors(0.004, 0);
  found.pca[Measure::Mse] = {{}, "no PCA: the code has 80 values, an item 64"};
  EXPECT_FALSE(beats_pca(found));
  expect_contains(verdict(found), {"80 values", "leaves 4.0 % of the variance"});
}

/// Twelve ReLU units over four values, of which item i uses `in_use` alone.
Assessment assess_code(double bias) {
  at::manual_seed(1);
  models::Autoencoder model(
      {.shapes = {{4}, {4}},
       .network = DenseNetwork{.widths = {12}, .code_activation = models::Activation::Relu}});
  const at::NoGradGuard no_grad;
  at::Tensor weight = model.named_parameters()["encoder.dense1.weight"];
  weight.zero_();
  for (int64_t unit = 0; unit < 12; ++unit) weight[unit][unit % 4] = 1;
  model.named_parameters()["encoder.dense1.bias"].fill_(bias);
  const testing::TemporaryFolder folder;
  auto file = testing::exported(model, folder / "model.pt", {{"loss", "bce"}});
  const auto rows = testing::unscaled(at::eye(4).repeat({5, 1}));
  return assess(file,
                {.training = rows, .evaluated = rows, .training_card = {}, .evaluated_card = {}});
}

TEST(Assess, ASparseCodeStandsBesideThePcaOfItsUnitsInUse) {
  const Assessment found = assess_code(/*bias=*/-0.5);  // 3 of 12 units see their value
  EXPECT_TRUE(found.sparse_code);
  EXPECT_EQ(found.code_size, 12);
  EXPECT_EQ(found.pca_size, 3);
  EXPECT_EQ(found.loss, "bce");
  EXPECT_NEAR(found.variance, 3.0 / 16, 1e-9);  // of values that are 1 in a quarter of the items
  expect_contains(verdict(found), {"not compared", "PCA of 3"});  // one of four values is implied
}

TEST(Assess, ADenseOvercompleteCodeIsNotCompared) {
  const Assessment found = assess_code(/*bias=*/0.5);
  EXPECT_FALSE(found.sparse_code);
  EXPECT_FALSE(found.pca_size);
  EXPECT_FALSE(beats_pca(found));
  expect_contains(verdict(found), {"12 values", "an item 4", "% of the variance"});
}

}  // namespace
}  // namespace hourglass::evaluation
