#include "hourglass/models/variational.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/strided_network.h"
#include "hourglass/recipes/variant.h"

namespace hourglass::recipes {
namespace {

using models::DenseNetwork;
using models::Likelihood;
using models::StridedNetwork;
using models::VariationalOptions;

/// The embedded digits in eight dimensions, whose pixels have this distribution.
Recipe of_digits(const std::string& name, const std::string& summary, const Likelihood& likelihood,
                 const sources::DataOptions& data, double at_most) {
  return {
      .name = name,
      .summary = summary,
      .network = DenseNetwork{.widths = {64, 8}},
      .likelihood = likelihood,
      .data = data,
      .training = {.epochs = 200, .batch_size = 32},
      .log_every = 10,
      .expected = {.column = "validation_loss", .at_most = at_most, .published = "ours"},
  };
}

std::vector<Recipe> variational_recipes() {
  using models::Activation;
  using models::Loss;
  const sources::DataOptions digits = digits_with_validation();
  sources::DataOptions counts = digits;
  counts.scale = {datasets::ScalingRule::Kind::None};
  return {
      {
          .name = "digits-vae",
          .summary = "the embedded digits in two dimensions",
          .network = DenseNetwork{.widths = {64, 2}},
          .data = digits_with_validation(),
          .training = {.epochs = 200, .batch_size = 32},
          .log_every = 10,
          .expected = {.column = "validation_loss", .at_most = 25.0, .published = "ours"},
      },
      {
          .name = "digits-vamp",
          .summary = "the embedded digits in eight dimensions, a prior of 50 pseudo-inputs",
          .network = DenseNetwork{.widths = {64, 8}},
          .objective = VariationalOptions{.prior = {50}},
          .data = digits_with_validation(),
          .training = {.epochs = 100, .batch_size = 32},
          .log_every = 10,
          .expected = {.column = "validation_loss", .at_most = 24.3, .published = "ours"},
      },
      of_digits("digits-vae-logistic", "eight dimensions, a logistic distribution for each pixel",
                {.loss = Loss::Logistic, .levels = 17}, digits, 94.0),
      of_digits("digits-vae-gaussian", "the same, normal ones whose variances are learned",
                {Loss::Gaussian, Activation::Linear}, digits, -88.0),
      of_digits("digits-vae-counts",
                "the same of greys as counts, zero-inflated negative binomials",
                {Loss::ZeroInflatedNegativeBinomial, Activation::Softplus}, counts, 104.0),
      of_digits("digits-vae-negative-binomial", "the same without the share of zeros",
                {Loss::NegativeBinomial, Activation::Softplus}, counts, 105.0),
      of_digits("digits-vae-multinomial", "the same of greys as shares of an image's sum",
                {Loss::Multinomial, Activation::Linear}, counts, 1092),
      {
          .name = "fashion-vae-2d",
          .summary = "256 units, two dimensions",
          .network = DenseNetwork{.widths = {256, 2}},
          .data = with_test_images("fashion-mnist"),
          .training = {.epochs = 100,
                       .batch_size = 128,
                       .optimizer = {.kind = training::OptimizerKind::RmsProp}},
          .expected = {.column = "train_loss",
                       .at_most = 266.3,
                       .epoch = 20,
                       .published = "pictures only",
                       .reference = {265.0, 265.3},
                       .early = {.epoch = 1, .at_most = 320}},
      },
      {
          .name = "fashion-vae-conv-2d",
          .summary = "four convolutions, two dimensions",
          .network = StridedNetwork{.filters = 64, .widths = {128, 2}},
          .data = with_test_images("fashion-mnist"),
          .training = {.epochs = 150,
                       .batch_size = 128,
                       .optimizer = {.kind = training::OptimizerKind::RmsProp}},
          .expected = {.column = "train_loss",
                       .at_most = 276,
                       .epoch = 2,
                       .published = "pictures only",
                       .reference = {272.9, 273.6}},
      },
      {
          .name = "mnist-vae-20",
          .summary = "400 units, twenty dimensions",
          .network = DenseNetwork{.widths = {400, 20}},
          .data = with_test_images("mnist"),
          .training = {.epochs = 10, .batch_size = 128},
          .expected = {.column = "validation_loss",
                       .at_most = 107.5,
                       .published = "ours",
                       .early = {.epoch = 1, .at_most = 131}},
      },
      {
          .name = "ml-100k-vae",
          .summary = "which films of MovieLens go together: Mult-VAE",
          .network = DenseNetwork{.widths = {600, 64},
                                  .activation = models::Activation::Tanh,
                                  .unit_length = true,
                                  .input_dropout = 0.5},
          .likelihood = Likelihood{models::Loss::Multinomial, models::Activation::Linear},
          .objective = VariationalOptions{.beta = 0.2, .kl_warmup = 50},
          .data = {.dataset = "ml-100k"},
          .training = {.epochs = 50, .batch_size = 100},
      },
  };
}

}  // namespace

Variant variational_variant() {
  return {.name = "variational",
          .summary = "the code is a normal distribution; new items are drawn from it",
          .objective = objective<models::Variational>(VariationalOptions{}),
          .networks = {DenseNetwork{.most_widths = {128, 16}}, StridedNetwork{}},
          .recipes = variational_recipes()};
}

}  // namespace hourglass::recipes
