#include "hourglass/models/networks/lstm_network.h"
#include "hourglass/recipes/variant.h"

namespace hourglass::recipes {
namespace {

using models::Activation;
using models::LstmNetwork;

std::vector<Recipe> lstm_recipes() {
  constexpr Likelihood kSquared = {.loss = models::Loss::Mse, .activation = Activation::Sigmoid};
  return {
      {
          .name = "digits-rows",
          .summary = "the embedded digits, 8 rows of 8",
          .network = LstmNetwork{.widths = {64, 8}},
          .likelihood = kSquared,
          .data = digits_with_validation(),
          .training = {.epochs = 100, .batch_size = 32, .optimizer = {.learning_rate = 5e-3}},
          .log_every = 10,
          .expected = {.column = "validation_loss",
                       .at_most = 0.023,
                       .published = "PCA of 8: 0.024"},
      },
      {
          .name = "mnist-rows",
          .summary = "28 rows of 28",
          .network = LstmNetwork{.widths = {128, 32}},
          .likelihood = kSquared,
          .data = with_test_images("mnist"),
          .training = {.epochs = 10, .batch_size = 64, .optimizer = {.learning_rate = 2e-3}},
          .expected = {.column = "validation_loss",
                       .at_most = 0.0168,
                       .published = "PCA of 32: 0.0168",
                       .early = {.epoch = 1, .at_most = 0.071}},
      },
  };
}

}  // namespace

Variant lstm_variant() {
  return {.name = "lstm",
          .summary = "reads the item as a sequence; the code is the last hidden state",
          .networks = {LstmNetwork{}},
          .recipes = lstm_recipes()};
}

}  // namespace hourglass::recipes
