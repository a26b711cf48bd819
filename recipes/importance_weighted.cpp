#include "hourglass/models/importance_weighted.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/strided_network.h"
#include "hourglass/recipes/variant.h"

namespace hourglass::recipes {
namespace {

using models::DenseNetwork;
using models::Estimator;
using models::ImportanceWeightedOptions;
using models::StridedNetwork;

/// The embedded digits in eight dimensions.
Recipe of_digits(const std::string& name, const std::string& summary,
                 const ImportanceWeightedOptions& objective, double at_most) {
  return {
      .name = name,
      .summary = "the embedded digits in eight dimensions, " + summary,
      .network = DenseNetwork{.widths = {64, 8}},
      .objective = objective,
      .data = digits_with_validation(),
      .training = {.epochs = 100, .batch_size = 32},
      .log_every = 10,
      .expected = {.column = "validation_loss", .at_most = at_most, .published = "ours"},
  };
}

ImportanceWeightedOptions estimated_by(const std::string& estimator) {
  return {.estimator = Estimator::parse(estimator).value()};
}

std::vector<Recipe> importance_weighted_recipes() {
  return {
      of_digits("digits-iwae", "5 samples", {}, 24.5),
      of_digits("digits-dreg", "5 samples, doubly reparameterised gradients", estimated_by("dreg"),
                24.5),
      of_digits("digits-ciwae", "5 samples, half of the bound that of each alone",
                estimated_by("ciwae:0.5"), 24.6),
      of_digits("digits-miwae", "3 bounds of 3 samples", estimated_by("miwae:3,3"), 24.5),
      of_digits("digits-piwae", "a bound of 9 samples for the decoder, 3 of 3 for the encoder",
                estimated_by("piwae:3,3"), 24.5),
      of_digits("digits-two-layers", "their prior a second layer of four",
                {.prior = {.second_layer = {16, 4}}}, 24.4),
      of_digits("digits-iaf", "behind a flow of two steps", {.posterior = {.flow_steps = 2}}, 24.5),
      {
          .name = "mnist-iwae-50",
          .summary = "two layers of 200 tanh units, fifty dimensions, 5 samples",
          .network = DenseNetwork{.widths = {200, 200, 50}, .activation = models::Activation::Tanh},
          .data = with_test_images("mnist"),
          .training = {.epochs = 10, .batch_size = 128},
          .expected = {.column = "validation_loss",
                       .at_most = 107.5,
                       .published = "ours",
                       .early = {.epoch = 1, .at_most = 159}},
      },
      {
          .name = "mnist-binary-iwae",
          .summary = "Burda et al.'s: the same network on drawn pixels, 1 sample, 3,280 epochs",
          .network = DenseNetwork{.widths = {200, 200, 50}, .activation = models::Activation::Tanh},
          .objective = ImportanceWeightedOptions{.importance_samples = 1},
          .data = drawn_mnist(),
          .training = drawn_mnist_training(),
          .expected = {.column = "validation_loss",
                       .at_most = 105,
                       .epoch = 13,
                       .published = "-log p(x) 86.76 after 3,280 epochs",
                       .early = {.epoch = 1, .at_most = 139}},
      },
      {
          .name = "mnist-binary-iwae-two-layers",
          .summary = "Burda et al.'s of two stochastic layers, codes of 100 and 50",
          .network =
              DenseNetwork{.widths = {200, 200, 100}, .activation = models::Activation::Tanh},
          .objective = ImportanceWeightedOptions{.importance_samples = 1,
                                                 .prior = {.second_layer = {100, 100, 50}}},
          .output_bias = models::OutputBias::Mean,
          .data = drawn_mnist(),
          .training = drawn_mnist_training(),
          .expected = {.column = "validation_loss",
                       .at_most = 104,
                       .epoch = 13,
                       .published = "-log p(x) 85.33 after 3,280 epochs",
                       .early = {.epoch = 1, .at_most = 130}},
      },
  };
}

/// The other estimators say themselves how many samples they take.
Dependence of_sample_counts() {
  return {.options = {"importance_samples"},
          .on = {"estimator"},
          .expected = "iwae, dreg or ciwae:B",
          .is_expected = [](const std::string& value) {
            const auto estimator = Estimator::parse(value);
            return estimator && !estimator->has_groups();
          }};
}

}  // namespace

Variant importance_weighted_variant() {
  return {.name = "importance_weighted",
          .summary = "variational, on a tighter bound from several samples of each code",
          .objective = objective<models::ImportanceWeighted>(ImportanceWeightedOptions{}),
          .networks = {DenseNetwork{.most_widths = {128, 16}}, StridedNetwork{}},
          .dependences = {of_sample_counts()},
          .recipes = importance_weighted_recipes()};
}

}  // namespace hourglass::recipes
