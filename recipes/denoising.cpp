#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/recipes/variant.h"

namespace hourglass::recipes {
namespace {

using models::Activation;
using models::ConvolutionalNetwork;
using models::DenseNetwork;

std::vector<Recipe> denoising_recipes() {
  sources::DataOptions noisy_digits = digits_with_validation();
  noisy_digits.corruption = {datasets::CorruptionKind::Gaussian, 0.3};
  sources::DataOptions noisy_fashion = with_test_images("fashion-mnist");
  noisy_fashion.corruption = {datasets::CorruptionKind::Gaussian, 0.5};
  noisy_fashion.noise = datasets::Noise::Once;
  sources::DataOptions noisy_mnist = with_test_images("mnist");
  noisy_mnist.corruption = {datasets::CorruptionKind::Mask, 0.25};
  return {
      {
          .name = "digits-denoise",
          .summary = "the embedded digits with Gaussian noise",
          .network = ConvolutionalNetwork{.filters = {32, 32}},
          .data = noisy_digits,
          .training = {.epochs = 60, .batch_size = 32},
          .log_every = 10,
          .expected = {.column = "validation_loss", .at_most = 0.283, .published = "ours"},
      },
      {
          .name = "fashion-denoise",
          .summary = "32 channels everywhere, Gaussian noise drawn once",
          .network = ConvolutionalNetwork{.filters = {32, 32, 32}},
          .data = noisy_fashion,
          .training = {.epochs = 150,
                       .batch_size = 256,
                       .optimizer = {.kind = training::OptimizerKind::RmsProp}},
          .expected = {.column = "train_loss",
                       .at_most = 0.3030,
                       .epoch = 5,
                       .published = "best validation 0.287",
                       .reference = {0.2978},
                       .early = {.epoch = 2, .at_most = 0.3195}},
      },
      {
          .name = "mnist-denoise",
          .summary = "a dense network, a quarter of the pixels masked",
          .network = DenseNetwork{.widths = {256, 64}, .code_activation = Activation::Relu},
          .data = noisy_mnist,
          .training = {.epochs = 20, .batch_size = 128},
          .expected = {.column = "validation_loss",
                       .at_most = 0.0845,
                       .published = "ours",
                       .early = {.epoch = 2, .at_most = 0.107}},
      },
  };
}

}  // namespace

Variant denoising_variant() {
  return {.name = "denoising",
          .summary = "gives back the clean item for a noisy one",
          .networks = {ConvolutionalNetwork{.filters = {32, 32}},
                       DenseNetwork{.most_widths = {128, 32}, .code_activation = Activation::Relu}},
          .corruption = {datasets::CorruptionKind::Gaussian, 0.3},
          .recipes = denoising_recipes()};
}

}  // namespace hourglass::recipes
