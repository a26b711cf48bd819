#include "hourglass/models/one_class.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/layers_network.h"
#include "hourglass/recipes/variant.h"

namespace hourglass::recipes {
namespace {

using models::Boundary;
using models::DenseNetwork;
using models::LayersNetwork;
using models::OneClassOptions;

/// What a model of one class is judged by while it trains are rows of that class that it was not
/// trained on: the test images are for its score.
sources::DataOptions one_class_of(const std::string& dataset, const std::string& name) {
  return {.dataset = dataset,
          .classes = {{name}},
          .validation = {datasets::Validation::Kind::Split, 0.1}};
}

/// The network of the paper's authors for MNIST.
LayersNetwork paper_network() {
  return {.encoder =
              "conv:8,5,no-bias; batch-norm:1e-4; leaky-relu:0.01; max-pool; "
              "conv:4,5,no-bias; batch-norm:1e-4; leaky-relu:0.01; max-pool; "
              "flatten; dense:32",
          .decoder =
              "reshape:2,4,4; leaky-relu:0.01; upsample; "
              "deconv:4,5,no-bias; batch-norm:1e-4; leaky-relu:0.01; upsample; "
              "deconv:8,5,no-bias; crop:1; batch-norm:1e-4; leaky-relu:0.01; upsample; "
              "deconv:1,5,no-bias"};
}

Recipe of_digits(const std::string& name, const std::string& summary,
                 const OneClassOptions& objective, double at_most) {
  return {
      .name = name,
      .summary = summary,
      .network = DenseNetwork{.widths = {64, 32}},
      .objective = objective,
      .data = one_class_of("digits", "0"),
      .training = {.epochs = 201,
                   .batch_size = 16,
                   .schedule = {.kind = training::Schedule::Kind::Step, .epochs = 100}},
      .log_every = 10,
      .expected = {.column = "validation_loss", .at_most = at_most, .published = "ours"},
  };
}

std::vector<Recipe> one_class_recipes() {
  return {
      of_digits("digits-one-class",
                "the embedded digits that are a 0, around a point in 32 dimensions",
                {.pretraining_epochs = 100}, 4.6),
      of_digits("digits-one-class-soft", "the same within a radius that a tenth of them may leave",
                {.boundary = Boundary::Soft, .nu = 0.1, .pretraining_epochs = 100}, 15.5),
      {
          .name = "mnist-one-class",
          .summary = "the paper's network and epochs on the images of a 0",
          .network = paper_network(),
          .likelihood = models::Likelihood{models::Loss::Mse, models::Activation::Sigmoid},
          .objective = OneClassOptions{.pretraining_epochs = 150},
          .data = one_class_of("mnist", "0"),
          .training = {.epochs = 301,
                       .batch_size = 200,
                       .optimizer = {.kind = training::OptimizerKind::AdamW,
                                     .learning_rate = 1e-4,
                                     .weight_decay = 1e-6},
                       .schedule = {.kind = training::Schedule::Kind::Step, .epochs = 200}},
      },
  };
}

std::vector<Dependence> one_class_dependences() {
  return {{.options = {"nu", "radius_warmup"},
           .on = {"boundary"},
           .expected = "soft",
           .is_expected = [](const std::string& value) { return value == "soft"; }},
          // Only then is there a reconstruction loss.
          {.options = {"trim"},
           .on = {"pretraining_epochs"},
           .expected = "above 0",
           .is_expected = [](const std::string& value) { return value != "0"; }}};
}

}  // namespace

Variant one_class_variant() {
  return {
      .name = "one_class",
      .summary = "codes of normal items lie close to one point: others are found by their distance",
      .objective = objective<models::OneClass>(OneClassOptions{}),
      .networks = {DenseNetwork{.most_widths = {128, 32}}},
      .dependences = one_class_dependences(),
      .recipes = one_class_recipes()};
}

}  // namespace hourglass::recipes
