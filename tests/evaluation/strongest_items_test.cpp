#include "hourglass/evaluation/strongest_items.h"

#include "hourglass/formats/torchscript.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::evaluation {
namespace {

/// A model whose code is ReLU of the item.
ExportedModel model_of_two_units(const testing::TemporaryFolder& folder) {
  const models::DenseNetwork network = {.widths = {2}, .code_activation = models::Activation::Relu};
  models::Autoencoder model({.shapes = {{2}, {2}}, .network = network});
  const at::NoGradGuard no_grad;
  model.named_parameters()["encoder.dense1.weight"].copy_(at::eye(2));
  formats::export_autoencoder(model, folder / "best.pt", {.variant = "dense"});
  return ExportedModel::load(folder / "best.pt");
}

TEST(StrongestItems, AreSortedAndOfAllBatches) {
  const testing::TemporaryFolder folder;
  auto model = model_of_two_units(folder);
  // More rows than a batch: unit 0 is strongest in the last, unit 1 speaks in three rows alone.
  const int64_t count = ExportedModel::kBatch + 10;
  at::Tensor values = at::zeros({count, 2});
  values.select(1, 0).copy_(at::arange(count) + 1);
  values[5][1] = 2;
  values[7][1] = 3;
  values[count - 1][1] = 1;
  const datasets::TensorDataset rows(values, {}, {});
  const StrongestItems found = find_strongest_items(model, rows, 2);
  EXPECT_TRUE(at::equal(
      found.rows,
      at::tensor({count - 1, count - 2, int64_t{7}, int64_t{5}}, at::kLong).view({2, 2})));
  EXPECT_FLOAT_EQ(found.values[1][0].item<float>(), 3);
  EXPECT_DOUBLE_EQ(found.share[0].item<double>(), 1);
  EXPECT_DOUBLE_EQ(found.share[1].item<double>(), 3.0 / static_cast<double>(count));
  EXPECT_DOUBLE_EQ(found.energy[1].item<double>(), 14);
  EXPECT_EQ(units_of_most_energy(found, 1), std::vector<int64_t>{0});
}

TEST(StrongestItems, AreAsManyAsThereAre) {
  const testing::TemporaryFolder folder;
  auto model = model_of_two_units(folder);
  const datasets::TensorDataset rows(at::ones({3, 2}), {}, {});
  EXPECT_EQ(find_strongest_items(model, rows, 10).rows.size(1), 3);
  EXPECT_EQ(units_of_most_energy(find_strongest_items(model, rows, 1), 9).size(), 2);
}

TEST(StrongestItems, SilentUnitsHaveNone) {
  const testing::TemporaryFolder folder;
  auto model = model_of_two_units(folder);
  const datasets::TensorDataset rows(at::tensor({0.F, 1.F, 0.F, 2.F}).view({2, 2}), {}, {});
  EXPECT_EQ(units_of_most_energy(find_strongest_items(model, rows, 1), 9), std::vector<int64_t>{1});
}

}  // namespace
}  // namespace hourglass::evaluation
