// A model that turns one data set into another: inputs and targets from files of their own.

#include "hourglass/core/text.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/formats/torchscript.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/sources/open.h"
#include "hourglass/tests/support/support.h"
#include "hourglass/training/trainer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace hourglass::recipes {

using namespace datasets;
using namespace models;
using namespace training;
using namespace formats;
using namespace sources;
using namespace evaluation;

namespace {

using testing::TemporaryFolder;

/// A CSV file of numbers, a row for each item; as the argument of --dataset.
std::string write_csv(const std::filesystem::path& path, const at::Tensor& items) {
  const at::Tensor rows = items.flatten(1).contiguous();
  std::string text;
  for (int64_t row = 0; row < rows.size(0); ++row) {
    const float* values = rows.const_data_ptr<float>() + row * rows.size(1);
    std::vector<std::string> cells;
    for (int64_t i = 0; i < rows.size(1); ++i) cells.push_back(fmt::format("{}", values[i]));
    text += join_text(cells, ",") + "\n";
  }
  return "csv:" + testing::write_file(path, text).string();
}

at::Tensor clean_digits() {
  const DatasetPtr digits =
      open_data({.dataset = "digits", .validation = {Validation::Kind::None}}, 1).training;
  return digits->batch(digits->all_positions()).input;  // [1797, 1, 8, 8]
}

DataOptions pair_of(const std::string& inputs, const std::string& targets) {
  return {.dataset = inputs,
          .targets = targets,
          .label_column = {LabelColumn::Kind::None},
          .header = Header::No,
          .item_shape = {1, 8, 8},
          .scale = {ScalingRule::Kind::None},
          .validation = {Validation::Kind::Split, 0.2}};
}

/// The dense network, trained for some epochs on the training part.
AutoencoderPtr trained_on(const DataSplits& data, int64_t epochs) {
  at::manual_seed(1);
  auto model = std::make_shared<Autoencoder>(
      ModelSpec{.shapes = {data.training->item_shape(), data.training->target_shape()},
                .network = DenseNetwork{.widths = {128, 64}, .code_activation = Activation::Relu}});
  Trainer(
      model, data.training, nullptr,
      {.epochs = epochs, .batch_size = 32, .optimizer = {.learning_rate = 2e-3}, .device = "cpu"})
      .run();
  model->eval();
  return model;
}

double mse(const at::Tensor& a, const at::Tensor& b) { return at::mse_loss(a, b).item<double>(); }

TEST(PairedTraining, RestoresMaskedDigitsItHasNotSeen) {
  const TemporaryFolder folder;
  const at::Tensor clean = clean_digits();
  at::manual_seed(1);
  const at::Tensor masked = clean * (at::rand_like(clean) > 0.3);
  const DataSplits data = open_data(
      pair_of(write_csv(folder / "masked.csv", masked), write_csv(folder / "clean.csv", clean)), 1);
  const AutoencoderPtr model = trained_on(data, 30);
  const Batch unseen = data.validation->batch(data.validation->all_positions());
  const double left_alone = mse(unseen.input, unseen.target);
  EXPECT_GT(left_alone, 0.05);
  EXPECT_LT(mse(model->forward(unseen.input), unseen.target), 0.4 * left_alone);
}

TEST(PairedTraining, MapsToTargetsOfAnotherSizeAndExports) {
  const TemporaryFolder folder;
  const at::Tensor clean = clean_digits();
  const at::Tensor small = at::avg_pool2d(clean, 2);  // [1797, 1, 4, 4]
  const DataSplits data = open_data(
      pair_of(write_csv(folder / "large.csv", clean), write_csv(folder / "small.csv", small)), 1);
  EXPECT_EQ(data.training->item_shape(), (Shape{1, 8, 8}));
  EXPECT_EQ(data.training->target_shape(), (Shape{16}));

  const AutoencoderPtr model = trained_on(data, 10);
  const Batch unseen = data.validation->batch(data.validation->all_positions());
  const double variance = unseen.target.var(0, /*unbiased=*/false).mean().item<double>();
  EXPECT_LT(mse(model->forward(unseen.input), unseen.target), 0.2 * variance);

  export_autoencoder(*model, folder / "best.pt", {.variant = "denoising"});
  EXPECT_TRUE(at::allclose(ExportedModel::load(folder / "best.pt").reconstruct(unseen.input),
                           model->forward(unseen.input), 0, 1e-6));
}

}  // namespace
}  // namespace hourglass::recipes
