#include "hourglass/models/contractive.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/recipes/variant.h"

namespace hourglass::recipes {
namespace {

using models::Activation;
using models::ContractiveOptions;
using models::DenseNetwork;

std::vector<Recipe> contractive_recipes() {
  return {
      {
          .name = "digits-contractive",
          .summary = "the embedded digits through 64 units to 8",
          .network = DenseNetwork{.widths = {64, 8}, .code_activation = Activation::Sigmoid},
          .data = digits_with_validation(),
          .training = {.epochs = 100, .batch_size = 32, .optimizer = {.learning_rate = 3e-3}},
          .log_every = 10,
          .expected = {.column = "validation_reconstruction", .at_most = 0.28, .published = "ours"},
      },
      {
          .name = "mnist-contractive",
          .summary = "128 sigmoid units",
          .network = DenseNetwork{.widths = {128}, .code_activation = Activation::Sigmoid},
          .objective = ContractiveOptions{.contraction = 1e-4},
          .data = with_test_images("mnist"),
          .training = {.epochs = 20, .batch_size = 128},
          .expected = {.column = "validation_reconstruction",
                       .at_most = 0.0775,
                       .published = "ours",
                       .early = {.epoch = 2, .at_most = 0.165}},
      },
  };
}

}  // namespace

Variant contractive_variant() {
  return {.name = "contractive",
          .summary = "dense, with a penalty on how much the code changes with the input",
          .objective = objective<models::Contractive>(ContractiveOptions{}),
          .networks = {DenseNetwork{.most_widths = {64}, .code_activation = Activation::Sigmoid}},
          .recipes = contractive_recipes()};
}

}  // namespace hourglass::recipes
