#include "hourglass/models/supervised.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/layers_network.h"
#include "hourglass/models/networks/strided_network.h"
#include "hourglass/recipes/variant.h"

namespace hourglass::recipes {
namespace {

using models::DenseNetwork;
using models::LayersNetwork;
using models::StridedNetwork;
using models::SupervisedOptions;

/// Of images 28 × 28. Its decoder is only there to be had.
LayersNetwork small_classifier() {
  return {.encoder = "conv:16,3,relu; max-pool; conv:32,3,relu; max-pool; flatten; dense:64,relu",
          .decoder = "dense:784; reshape:1,28,28"};
}

std::vector<Recipe> supervised_recipes() {
  return {
      {
          .name = "digits-supervised",
          .summary = "the embedded digits in two dimensions that tell the classes apart",
          .network = DenseNetwork{.widths = {64, 2}},
          .data = digits_with_validation(),
          .training = {.epochs = 150, .batch_size = 32},
          .log_every = 10,
          .expected = {.column = "validation_loss", .at_most = 0.66, .published = "ours"},
      },
      {
          .name = "mnist-classifier",
          .summary = "a small classifier, whose 64 numbers an image are features to compare by",
          .network = small_classifier(),
          .objective = SupervisedOptions{.reconstruction_weight = 0},
          .data = with_test_images("mnist"),
          .training = {.epochs = 5, .batch_size = 128},
          .expected = {.column = "validation_loss",
                       .at_most = 0.04,
                       .published = "ours",
                       .early = {.epoch = 1, .at_most = 0.12}},
      },
  };
}

/// A classifier's loss has no reconstruction in it.
Dependence of_reconstruction() {
  return {.options = {"trim"},
          .on = {"reconstruction_weight"},
          .expected = "above 0",
          .is_expected = [](const std::string& value) { return value != "0"; }};
}

}  // namespace

Variant supervised_variant() {
  return {.name = "supervised",
          .summary = "a code that says the class of an item too; a classifier, where that is all",
          .objective = objective<models::Supervised>(SupervisedOptions{}),
          .networks = {DenseNetwork{.most_widths = {128, 16}}, StridedNetwork{}},
          .dependences = {of_reconstruction()},
          .recipes = supervised_recipes()};
}

}  // namespace hourglass::recipes
