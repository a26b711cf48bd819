#include "hourglass/models/conditional.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/strided_network.h"
#include "hourglass/recipes/variant.h"

namespace hourglass::recipes {
namespace {

using models::ConditionalOptions;
using models::ConditionalPrior;
using models::DenseNetwork;
using models::StridedNetwork;

std::vector<Recipe> conditional_recipes() {
  sources::DataOptions digits = digits_with_validation(), mnist = with_test_images("mnist");
  sources::DataOptions drawn = drawn_mnist();
  digits.condition = mnist.condition = drawn.condition = {datasets::ConditionRule::Kind::Label};
  return {
      {
          .name = "digits-cvae",
          .summary = "the embedded digits, their class told, in two dimensions",
          .network = DenseNetwork{.widths = {64, 2}},
          .data = digits,
          .training = {.epochs = 200, .batch_size = 32},
          .log_every = 10,
          .expected = {.column = "validation_loss", .at_most = 21.4, .published = "ours"},
      },
      {
          .name = "digits-cvae-prior",
          .summary = "the same, a prior for each class",
          .network = DenseNetwork{.widths = {64, 2}},
          .objective = ConditionalOptions{.prior = ConditionalPrior::Learned},
          .data = digits,
          .training = {.epochs = 200, .batch_size = 32},
          .log_every = 10,
          .expected = {.column = "validation_loss", .at_most = 21.4, .published = "ours"},
      },
      {
          .name = "mnist-cvae-20",
          .summary = "400 units, the class told, twenty dimensions",
          .network = DenseNetwork{.widths = {400, 20}},
          .data = mnist,
          .training = {.epochs = 10, .batch_size = 128},
          .expected = {.column = "validation_loss",
                       .at_most = 103.0,
                       .published = "ours",
                       .early = {.epoch = 1, .at_most = 128}},
      },
      {
          .name = "mnist-binary-cvae",
          .summary = "Burda et al.'s network on drawn pixels, a prior for each class",
          .network = DenseNetwork{.widths = {200, 200, 50}, .activation = models::Activation::Tanh},
          .objective = ConditionalOptions{.prior = ConditionalPrior::Learned},
          .data = drawn,
          .training = drawn_mnist_training(),
          .expected = {.column = "validation_loss",
                       .at_most = 100,
                       .epoch = 13,
                       .published = "-log p(x|c) 82.32 after 3,280 epochs",
                       .early = {.epoch = 1, .at_most = 131}},
      },
  };
}

}  // namespace

Variant conditional_variant() {
  return {.name = "conditional",
          .summary =
              "variational, told the class: the code says the rest, and any class can be asked for",
          .objective = objective<models::Conditional>(ConditionalOptions{}),
          .networks = {DenseNetwork{.most_widths = {128, 16}}, StridedNetwork{}},
          .condition = {datasets::ConditionRule::Kind::Label},
          .recipes = conditional_recipes()};
}

}  // namespace hourglass::recipes
