#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/recipes/variant.h"

namespace hourglass::recipes {
namespace {

using models::ConvolutionalNetwork;

std::vector<Recipe> convolutional_recipes() {
  return {
      {
          .name = "digits-conv",
          .summary = "the embedded digits down to 8 channels of one pixel",
          .network = ConvolutionalNetwork{.filters = {16, 16, 8}},
          .data = digits_with_validation(),
          .training = {.epochs = 80, .batch_size = 32, .optimizer = {.learning_rate = 3e-3}},
          .log_every = 10,
          .expected = {.column = "validation_loss", .at_most = 0.287, .published = "ours"},
      },
      {
          .name = "fashion-conv",
          .summary = "32, 16 and 16 channels down to 4 x 4",
          .network = ConvolutionalNetwork{.filters = {32, 16, 16}},
          .data = with_test_images("fashion-mnist"),
          .training = {.epochs = 150,
                       .batch_size = 256,
                       .optimizer = {.kind = training::OptimizerKind::RmsProp}},
          .expected = {.column = "train_loss",
                       .at_most = 0.2915,
                       .epoch = 5,
                       .published = "best validation 0.265",
                       .reference = {0.2865, 0.2873},
                       .early = {.epoch = 2, .at_most = 0.31}},
      },
  };
}

}  // namespace

Variant convolutional_variant() {
  return {.name = "convolutional",
          .summary = "convolutions and poolings; the code is a small image of many channels",
          .networks = {ConvolutionalNetwork{}},
          .recipes = convolutional_recipes()};
}

}  // namespace hourglass::recipes
