// The baselines that the recipes state for Fashion-MNIST, from the measures of this room.

#include "hourglass/evaluation/codes.h"
#include "hourglass/evaluation/errors.h"
#include "hourglass/evaluation/neighbours.h"
#include "hourglass/evaluation/pca.h"
#include "hourglass/evaluation/ranking.h"
#include "hourglass/tests/evaluation/fashion_mnist.h"

#include <ATen/ATen.h>

namespace hourglass::evaluation {

using namespace datasets;

namespace {

/// Per cent right of the test codes' labels by one and by five neighbours among the training codes.
void expect_neighbour_accuracies(const Codes& training, const Codes& test, double one,
                                 double five) {
  const NeighbourIndex index{training.values, training.labels};
  const Neighbours found = nearest_neighbours(index, test.values, {.count = 5});
  EXPECT_NEAR(100 * neighbour_accuracy(index, found, test.labels, 1), one, 0.015);
  EXPECT_NEAR(100 * neighbour_accuracy(index, found, test.labels, 5), five, 0.015);
}

TEST(Baselines, PcaReconstructionOfFashionMnist) {
  HOURGLASS_OPEN_FASHION_MNIST(data);
  const Pca pca = fit_pca(*data.training, 32);
  const auto reconstruct = [&](const at::Tensor& x) { return pca.reconstruct(x); };
  const ReconstructionMeans means = measure_reconstructions(reconstruct, *data.test, 1).means();
  EXPECT_NEAR(means.mse, 0.015142, 1e-5);
  EXPECT_FALSE(means.bce.has_value());  // PCA leaves 0 … 1
  EXPECT_GT(*means.ssim, 0.5);
  EXPECT_LT(*means.ssim, 0.9);
}

TEST(Baselines, NeighboursInPcaCodesOfFashionMnist) {
  HOURGLASS_OPEN_FASHION_MNIST(data);
  const Pca pca = fit_pca(*data.training, 32);
  const auto encode = [&](const at::Tensor& x) { return pca.encode(x); };
  const Codes training = encode_all(encode, *data.training), test = encode_all(encode, *data.test);
  expect_neighbour_accuracies(training, test, 83.75, 85.36);
  // The first ten components of 32 are those of a PCA of ten.
  const auto first_ten = [](const Codes& codes) {
    return Codes{codes.values.narrow(1, 0, 10), codes.labels};
  };
  expect_neighbour_accuracies(first_ten(training), first_ten(test), 78.26, 80.41);
}

TEST(Baselines, OneClassOfFashionMnistAgainstTheRest) {
  HOURGLASS_OPEN_FASHION_MNIST(data);
  const Codes test = encode_all([](const at::Tensor& x) { return x; }, *data.test);
  const at::Tensor labels = data.training->batch(data.training->all_positions()).labels;
  const std::vector<double> expected = {.8965, .9853, .8805, .9162, .8803,
                                        .8797, .8179, .9850, .8383, .9712};
  for (int64_t label = 0; label < std::ssize(expected); ++label) {
    // Fitted on the training images of the class alone; the others are the anomalies.
    const Subset normal(data.training, at::nonzero(labels == label).flatten());
    const Pca pca = fit_pca(normal, 32);
    const at::Tensor errors = item_mse(pca.reconstruct(test.values), test.values);
    EXPECT_NEAR(auroc(errors, test.labels != label), expected[static_cast<size_t>(label)], 1e-4)
        << "class " << label;
  }
}

}  // namespace
}  // namespace hourglass::evaluation
