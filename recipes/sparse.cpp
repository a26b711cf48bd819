#include "hourglass/models/sparse.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/recipes/variant.h"

namespace hourglass::recipes {
namespace {

using models::Activation;
using models::DenseNetwork;
using models::SparseOptions;
using models::Sparsity;

std::vector<Recipe> sparse_recipes() {
  return {
      {
          .name = "digits-sparse",
          .summary = "the embedded digits through 64 mostly silent units",
          // Untied, the decoder's weights would grow and the code shrink, which the penalty likes.
          .network =
              DenseNetwork{
                  .widths = {128}, .code_activation = Activation::Relu, .tied_weights = true},
          .objective = SparseOptions{.sparsity_weight = 1e-4},
          .data = digits_with_validation(),
          .training = {.epochs = 150, .batch_size = 32},
          .log_every = 10,
          .expected = {.column = "validation_reconstruction",
                       .at_most = 0.256,
                       .published = "ours"},
      },
      {
          .name = "fashion-sparse-32",
          .summary = "one hidden layer of 32, L1 penalty",
          .network = DenseNetwork{.widths = {32}, .code_activation = Activation::Relu},
          .objective = SparseOptions{.sparsity_weight = 1e-8},
          .data = with_test_images("fashion-mnist"),
          .training = {.epochs = 150,
                       .batch_size = 256,
                       .optimizer = {.kind = training::OptimizerKind::RmsProp}},
          .expected = {.column = "train_reconstruction",
                       .at_most = 0.2830,
                       .published = "0.285",
                       .reference = {0.2817},
                       .early = {.epoch = 3, .at_most = 0.318}},
      },
      {
          .name = "mnist-sparse-kl",
          .summary = "100 sigmoid units with a mean activation near 0.05",
          .network = DenseNetwork{.widths = {100}, .code_activation = Activation::Sigmoid},
          .objective = SparseOptions{.sparsity = {Sparsity::Kind::Kl}, .sparsity_weight = 1e-2},
          .data = with_test_images("mnist"),
          .training = {.epochs = 30, .batch_size = 128, .optimizer = {.learning_rate = 3e-3}},
          .expected = {.column = "validation_reconstruction",
                       .at_most = 0.0835,
                       .published = "ours",
                       .early = {.epoch = 2, .at_most = 0.139}},
      },
  };
}

Objective sparse_objective() {
  Objective made = objective<models::Sparse>(SparseOptions{});
  made.build = [](const std::any& options, const models::ModelSpec& spec) {
    return models::make_sparse(std::any_cast<const SparseOptions&>(options), spec);
  };
  return made;
}

}  // namespace

Variant sparse_variant() {
  return {.name = "sparse",
          .summary = "dense, with a penalty that keeps most of the code silent",
          .objective = sparse_objective(),
          .networks = {DenseNetwork{.most_widths = {64}, .code_activation = Activation::Relu}},
          .recipes = sparse_recipes()};
}

}  // namespace hourglass::recipes
