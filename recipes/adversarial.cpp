#include "hourglass/models/adversarial.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/recipes/variant.h"

namespace hourglass::recipes {
namespace {

using models::AdversarialOptions;
using models::DenseNetwork;

std::vector<Recipe> adversarial_recipes() {
  return {
      {
          .name = "digits-aae",
          .summary = "the embedded digits in two dimensions",
          .network = DenseNetwork{.widths = {64, 2}},
          .objective = AdversarialOptions{.critic_widths = {64, 64}},
          .data = digits_with_validation(),
          .training = {.epochs = 150, .batch_size = 32},
          .log_every = 10,
          .expected = {.column = "validation_loss", .at_most = 0.37, .published = "ours"},
      },
      {
          .name = "mnist-aae",
          .summary = "two layers of 400 units, eight dimensions",
          .network = DenseNetwork{.widths = {400, 400, 8}},
          .objective = AdversarialOptions{.critic_widths = {400, 400}},
          .data = with_test_images("mnist"),
          .training = {.epochs = 10, .batch_size = 128},
          .expected = {.column = "validation_loss",
                       .at_most = 0.127,
                       .published = "ours",
                       .early = {.epoch = 1, .at_most = 0.19}},
      },
  };
}

}  // namespace

Variant adversarial_variant() {
  return {.name = "adversarial",
          .summary = "codes that a critic cannot tell from samples of a normal distribution",
          .objective = objective<models::Adversarial>(AdversarialOptions{}),
          .networks = {DenseNetwork{.most_widths = {128, 8}}},
          .recipes = adversarial_recipes()};
}

}  // namespace hourglass::recipes
