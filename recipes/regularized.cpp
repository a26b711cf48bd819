#include "hourglass/models/regularized.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/strided_network.h"
#include "hourglass/recipes/variant.h"

namespace hourglass::recipes {
namespace {

using models::DecoderRegularization;
using models::DenseNetwork;
using models::RegularizedOptions;
using models::StridedNetwork;

std::vector<Recipe> regularized_recipes() {
  return {
      {
          .name = "digits-rae",
          .summary = "the embedded digits in eight dimensions",
          .network = DenseNetwork{.widths = {64, 8}},
          .data = digits_with_validation(),
          .training = {.epochs = 150, .batch_size = 64},
          .log_every = 10,
          .expected = {.column = "validation_loss", .at_most = 17.3, .published = "ours"},
      },
      {
          .name = "digits-rae-gp",
          .summary = "the same, the decoder held by its gradient",
          .network = DenseNetwork{.widths = {64, 8}},
          .objective =
              RegularizedOptions{.decoder_regularization = DecoderRegularization::GradientPenalty,
                                 .decoder_weight = 0.3},
          .data = digits_with_validation(),
          .training = {.epochs = 150, .batch_size = 64},
          .log_every = 10,
          .expected = {.column = "validation_loss", .at_most = 17.7, .published = "ours"},
      },
      {
          .name = "mnist-rae",
          .summary = "two layers of 400 units, sixteen dimensions",
          .network = DenseNetwork{.widths = {400, 400, 16}},
          .data = with_test_images("mnist"),
          .training = {.epochs = 20, .batch_size = 128},
          .expected = {.column = "validation_loss",
                       .at_most = 68.5,
                       .published = "ours",
                       .early = {.epoch = 1, .at_most = 92}},
      },
  };
}

}  // namespace

Variant regularized_variant() {
  return {
      .name = "regularized",
      .summary = "small codes and a smooth decoder in place of a variational one's noise",
      .objective = objective<models::Regularized>(RegularizedOptions{}),
      .networks = {DenseNetwork{.most_widths = {128, 8}}, StridedNetwork{.most_widths = {128, 8}}},
      .recipes = regularized_recipes()};
}

}  // namespace hourglass::recipes
