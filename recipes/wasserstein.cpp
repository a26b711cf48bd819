#include "hourglass/models/wasserstein.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/strided_network.h"
#include "hourglass/recipes/variant.h"

namespace hourglass::recipes {
namespace {

using models::DenseNetwork;
using models::StridedNetwork;
using models::WassersteinOptions;

std::vector<Recipe> wasserstein_recipes() {
  return {
      {
          .name = "digits-wae",
          .summary = "the embedded digits in two dimensions",
          .network = DenseNetwork{.widths = {64, 2}},
          .data = digits_with_validation(),
          .training = {.epochs = 150, .batch_size = 64},
          .log_every = 10,
          .expected = {.column = "validation_loss", .at_most = 22.4, .published = "ours"},
      },
      {
          .name = "mnist-wae",
          .summary = "two layers of 400 units, eight dimensions",
          .network = DenseNetwork{.widths = {400, 400, 8}},
          .data = with_test_images("mnist"),
          .training = {.epochs = 10, .batch_size = 128},
          .expected = {.column = "validation_loss",
                       .at_most = 88.5,
                       .published = "ours",
                       .early = {.epoch = 1, .at_most = 112}},
      },
  };
}

}  // namespace

Variant wasserstein_variant() {
  return {
      .name = "wasserstein",
      .summary = "codes that follow a normal distribution as a whole, none of them random",
      .objective = objective<models::Wasserstein>(WassersteinOptions{}),
      .networks = {DenseNetwork{.most_widths = {128, 8}}, StridedNetwork{.most_widths = {128, 8}}},
      .recipes = wasserstein_recipes()};
}

}  // namespace hourglass::recipes
