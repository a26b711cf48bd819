#include "hourglass/evaluation/pca.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/evaluation/fashion_mnist.h"
#include "hourglass/tests/support/support.h"
#include "hourglass/training/trainer.h"

#include <ATen/ATen.h>

#include <limits>

namespace hourglass::evaluation {

using namespace datasets;
using namespace models;
using namespace training;

namespace {

DatasetPtr table(const at::Tensor& values) {
  return std::make_shared<TensorDataset>(values, at::Tensor(), Scaling{});
}

TEST(Pca, ReconstructsDataThatLieInAPlaneWithTwoComponents) {
  at::manual_seed(1);
  const auto data = table(at::matmul(at::randn({50, 2}), at::randn({2, 6})) + 3);
  EXPECT_NEAR(reconstruction_mse(fit_pca(*data, 2), *data), 0, 1e-10);
  EXPECT_GT(reconstruction_mse(fit_pca(*data, 1), *data), 0.01);
}

TEST(Pca, ComponentsAreOrthonormalAndOrderedByVariance) {
  at::manual_seed(1);
  const auto data = table(at::randn({500, 3}) * at::tensor({1.0F, 5.0F, 2.0F}));
  const Pca pca = fit_pca(*data, 3);
  EXPECT_TRUE(at::allclose(at::matmul(pca.components, pca.components.t()), at::eye(3, at::kDouble),
                           0, 1e-10));
  const at::Tensor codes = pca.encode(data->batch(data->all_positions(), 0).input);
  const at::Tensor deviations = codes.std(0);
  EXPECT_GT(deviations[0].item<double>(), deviations[1].item<double>());
  EXPECT_GT(deviations[1].item<double>(), deviations[2].item<double>());
}

TEST(Pca, HasThePublishedErrorsOnFashionMnist) {
  HOURGLASS_OPEN_FASHION_MNIST(data);
  // The baselines of the recipes: fitted on the 60,000 training images, judged on the 10,000 test
  // images.
  EXPECT_NEAR(reconstruction_mse(fit_pca(*data.training, 2), *data.test), 0.046096, 1e-5);
  EXPECT_NEAR(reconstruction_mse(fit_pca(*data.training, 32), *data.test), 0.015142, 1e-5);
}

TEST(MeanItem, LeavesTheVarianceAroundTheTrainingMean) {
  const auto training = table(at::tensor({0.0F, 2.0F, 2.0F, 4.0F}).view({2, 2}));  // mean 1, 3
  const auto rows = table(at::tensor({1.0F, 3.0F, 1.0F, 5.0F, 3.0F, 3.0F}).view({3, 2}));
  EXPECT_NEAR(mean_item_mse(*training, *rows), (4.0 + 4.0) / 6, 1e-12);
}

TEST(MeanItem, IsJudgedByWhatIsKnown) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  // What stands for the gap takes part in the mean, 2 and 6, and in no error.
  const datasets::Paired rows(table(at::tensor({1.0F, 3.0F, 3.0F, 9.0F}).view({2, 2})),
                              table(at::tensor({1.0F, nan, 3.0F, 9.0F}).view({2, 2})));
  EXPECT_NEAR(mean_item_mse(rows, rows), (1.0 + (1.0 + 9.0) / 2) / 2, 1e-12);
}

TEST(Pca, RefusesMoreComponentsThanValues) {
  const auto data = table(at::rand({5, 3}));
  testing::expect_contains(testing::error_of([&] { fit_pca(*data, 4); }), {"1 to 3", "found 4"});
  testing::expect_contains(testing::error_of([&] { fit_pca(*data, 0); }), {"found 0"});
}

TEST(Pca, IsReachedByALinearAutoencoderOfTheSameSize) {
  // Baldi & Hornik 1989: without activations and with squared error, PCA is the optimum.
  at::manual_seed(1);
  const auto data =
      table(at::matmul(at::randn({256, 5}), at::randn({5, 10})) + 0.3 * at::randn({256, 10}));
  const auto model =
      std::make_shared<Autoencoder>(ModelSpec{.shapes = {{10}, {10}},
                                              .network = DenseNetwork{.widths = {3}},
                                              .likelihood = {Loss::Mse, Activation::Linear}});
  Trainer trainer(model, data, nullptr,
                  {.epochs = 1000,
                   .batch_size = 64,
                   .optimizer = {.learning_rate = 1e-2},
                   .schedule = {.kind = Schedule::Kind::Cosine},
                   .device = "cpu"});
  trainer.run();
  const double error = value_of(trainer.evaluate_training_rows(), "loss");
  const double optimum = reconstruction_mse(fit_pca(*data, 3), *data);
  EXPECT_GE(error, optimum * (1 - 1e-5));
  EXPECT_LE(error, optimum * 1.005);
}

}  // namespace
}  // namespace hourglass::evaluation
