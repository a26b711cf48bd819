// Trains a model on tensors of one's own, with a hook that watches. Needs LibTorch alone.

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/training/trainer.h"

#include <ATen/ATen.h>

#include <iostream>

using namespace hourglass;

/// Reports every tenth epoch, and ends the run once the loss is low enough.
class UntilGood : public training::Hook {
  training::Verdict on_epoch_end(const training::EpochReport& report,
                                 const training::TrainingStatePtr& /*state*/) override {
    const double loss = value_of(report.training, "loss");
    const bool good = loss < 5e-4;
    if (report.epoch % 10 == 1 || good) std::cout << report.epoch << ": loss " << loss << '\n';
    return good ? training::Verdict::Stop : training::Verdict::Continue;
  }
};

int main() {
  at::manual_seed(1);  // of the data below and of the model's first weights
  // A thousand sine waves, 32 values each. What sets one apart from another is its phase alone.
  const at::Tensor phases = at::rand({1000, 1}) * 6.2832;
  const at::Tensor waves = at::sin(at::linspace(0, 6.2832, 32) + phases);  // [1000, 32]
  const auto data = std::make_shared<datasets::TensorDataset>(waves, /*labels=*/at::Tensor(),
                                                              datasets::Scaling{});
  // 32 -> 16 -> 2 -> 16 -> 32: two numbers hold a phase, as a point on a circle.
  const auto model = std::make_shared<models::Autoencoder>(models::ModelSpec{
      .shapes = {.input = {32}, .target = {32}},
      .network = models::DenseNetwork{.widths = {16, 2}, .activation = models::Activation::Tanh},
      .likelihood = {.loss = models::Loss::Mse, .activation = models::Activation::Linear}});

  training::Trainer trainer(model, data, /*validation=*/nullptr, {.epochs = 200, .batch_size = 50});
  trainer.add_hook(std::make_shared<UntilGood>());
  trainer.run();
  std::cout << "codes of three waves:\n" << model->encode(waves.narrow(0, 0, 3)) << '\n';
}
