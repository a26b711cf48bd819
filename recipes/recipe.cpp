#include "hourglass/recipes/recipe.h"

#include "hourglass/core/error.h"
#include "hourglass/models/contractive.h"
#include "hourglass/models/convolutional.h"
#include "hourglass/models/denoising.h"
#include "hourglass/models/dense.h"
#include "hourglass/models/lstm.h"
#include "hourglass/models/sparse.h"
#include "hourglass/models/variational.h"

#include <fmt/format.h>

#include <algorithm>

namespace hourglass::recipes {
namespace {

// A probability for each pixel, judged by cross-entropy: the default of all variants, named where
// the source names it.
constexpr models::Likelihood kBernoulli = {.loss = models::Loss::Bce,
                                           .activation = models::Activation::Sigmoid};

std::vector<Recipe> dense_recipes() {
  return {
      {
          .name = "digits-2d",
          .variant = "dense",
          .summary = "the embedded digits in two dimensions",
          .model =
              models::DenseOptions{.widths = {32, 2},
                                   .activation = models::Activation::Sigmoid,
                                   .code_activation = models::Activation::Sigmoid,
                                   .likelihood = {models::Loss::Mse, models::Activation::Sigmoid}},
          .data = {.dataset = "digits", .validation = {datasets::Validation::Kind::None}},
          .training = {.epochs = 500, .batch_size = 8},
          .log_every = 100,
          .expected = {.column = "train_loss",
                       .at_most = 0.0345,
                       .published = "picture only",
                       .reference = {0.0327, 0.0340, 0.0339}},
          .pictures = {.color_map = "nipy_spectral", .color_bar = true, .of_training_rows = true},
      },
      {
          .name = "mnist-50",
          .variant = "dense",
          .summary = "one hidden layer of 50",
          .model = models::DenseOptions{.widths = {50},
                                        .code_activation = models::Activation::Relu,
                                        .initializer = models::Initializer::HeNormal,
                                        .likelihood = kBernoulli},
          .data = {.dataset = "mnist", .validation = {datasets::Validation::Kind::Last, 0.2}},
          .training = {.epochs = 10, .batch_size = 128},
          .expected = {.column = "validation_loss",
                       .at_most = 0.0815,
                       .published = "pictures only",
                       .reference = {0.0808, 0.0808, 0.0807}},
          .pictures = {.items = {0}},
      },
      {
          .name = "mnist-2d-relu",
          .variant = "dense",
          .summary = "two dimensions, ReLU everywhere",
          .model = models::DenseOptions{.widths = {32, 2},
                                        .code_activation = models::Activation::Relu,
                                        .likelihood = kBernoulli},
          .data = {.dataset = "mnist", .validation = {datasets::Validation::Kind::Test}},
          .training = {.epochs = 10, .batch_size = 32},
          .expected = {.column = "validation_loss",
                       .at_most = 0.2025,
                       .published = "loss 0.1983, validation 0.1985",
                       .reference = {0.1986, 0.2004, 0.1985}},
          .pictures = {.color_map = "hsv",
                       .color_bar = true,
                       .of_training_rows = true,
                       .items = {110, 111, 112, 113, 114, 115, 116, 117, 118, 119}},
      },
      {
          .name = "mnist-2d-linear",
          .variant = "dense",
          .summary = "two dimensions, deep, linear code and output",
          .model =
              models::DenseOptions{.widths = {100, 50, 25, 2},
                                   .likelihood = {models::Loss::Mse, models::Activation::Linear}},
          .data = {.dataset = "mnist", .validation = {datasets::Validation::Kind::Test}},
          .training = {.epochs = 30, .batch_size = 64},
          .expected = {.column = "validation_loss",
                       .at_most = 0.0380,
                       .published = "loss 0.0368, validation 0.0371",
                       .reference = {0.0368, 0.0379, 0.0368}},
          .pictures = {.class_prefix = "digit-", .items = {0, 1, 2, 3, 4}},
      },
      {
          .name = "fashion-32",
          .variant = "dense",
          .summary = "one hidden layer of 32",
          .model = models::DenseOptions{.widths = {32},
                                        .code_activation = models::Activation::Relu,
                                        .likelihood = kBernoulli},
          .data = {.dataset = "fashion-mnist", .validation = {datasets::Validation::Kind::Test}},
          .training = {.epochs = 100,
                       .batch_size = 256,
                       .optimizer = {.kind = training::OptimizerKind::RmsProp}},
          .expected = {.column = "train_loss",
                       .at_most = 0.2835,
                       .published = "0.282",
                       .reference = {0.2821}},
      },
      {
          .name = "fashion-deep-32",
          .variant = "dense",
          .summary = "three layers down to 32",
          .model = models::DenseOptions{.widths = {128, 64, 32},
                                        .code_activation = models::Activation::Relu,
                                        .likelihood = kBernoulli},
          .data = {.dataset = "fashion-mnist", .validation = {datasets::Validation::Kind::Test}},
          .training = {.epochs = 150,
                       .batch_size = 256,
                       .optimizer = {.kind = training::OptimizerKind::RmsProp}},
          .expected = {.column = "train_loss",
                       .at_most = 0.2775,
                       .published = "0.277",
                       .reference = {0.2746}},
      },
      {
          .name = "iris-2d",
          .variant = "dense",
          .summary = "a small table in two dimensions",
          .model =
              models::DenseOptions{.widths = {16, 2},
                                   .activation = models::Activation::Tanh,
                                   .likelihood = {models::Loss::Mse, models::Activation::Linear}},
          .data = {.dataset = "iris", .validation = {datasets::Validation::Kind::Split, 0.2}},
          .training = {.epochs = 200,
                       .batch_size = 16,
                       .optimizer = {.kind = training::OptimizerKind::Adam, .learning_rate = 5e-3}},
          .log_every = 20,
          .expected = {.column = "validation_loss", .at_most = 0.004, .published = "ours"},
          // The file is sorted by class: some of each.
          .pictures = {.of_training_rows = true, .items = {0, 1, 2, 40, 41, 42, 80, 81, 82}},
      },
  };
}

// The embedded digits have no official test part: a fifth of them, class by class, judges the
// model.
sources::DataOptions digits_with_validation() {
  return {.dataset = "digits", .validation = {datasets::Validation::Kind::Split, 0.2}};
}

sources::DataOptions with_test_images(const std::string& dataset) {
  return {.dataset = dataset, .validation = {datasets::Validation::Kind::Test}};
}

std::vector<Recipe> sparse_recipes() {
  return {
      {
          .name = "digits-sparse",
          .variant = "sparse",
          .summary = "the embedded digits through 64 mostly silent units",
          .model = models::SparseOptions{.network = {.widths = {64},
                                                     .code_activation = models::Activation::Relu},
                                         .sparsity_weight = 1e-5},
          .data = digits_with_validation(),
          .training = {.epochs = 100, .batch_size = 32},
          .log_every = 10,
          .expected = {.column = "validation_reconstruction",
                       .at_most = 0.233,
                       .published = "ours"},
      },
      {
          .name = "fashion-sparse-32",
          .variant = "sparse",
          .summary = "one hidden layer of 32, L1 penalty",
          .model = models::SparseOptions{.network = {.widths = {32},
                                                     .code_activation = models::Activation::Relu,
                                                     .likelihood = kBernoulli},
                                         .sparsity_weight = 1e-8},
          .data = with_test_images("fashion-mnist"),
          .training = {.epochs = 150,
                       .batch_size = 256,
                       .optimizer = {.kind = training::OptimizerKind::RmsProp}},
          .expected = {.column = "train_reconstruction",
                       .at_most = 0.2830,
                       .published = "0.285",
                       .reference = {0.2817}},
      },
      {
          .name = "mnist-sparse-kl",
          .variant = "sparse",
          .summary = "100 sigmoid units with a mean activation near 0.05",
          .model = models::SparseOptions{.network = {.widths = {100},
                                                     .code_activation = models::Activation::Sigmoid,
                                                     .likelihood = kBernoulli},
                                         .sparsity = models::Sparsity::Kl,
                                         .sparsity_weight = 1e-2},
          .data = with_test_images("mnist"),
          .training = {.epochs = 30, .batch_size = 128, .optimizer = {.learning_rate = 3e-3}},
          .expected = {.column = "validation_reconstruction",
                       .at_most = 0.0835,
                       .published = "ours"},
      },
  };
}

std::vector<Recipe> contractive_recipes() {
  return {
      {
          .name = "digits-contractive",
          .variant = "contractive",
          .summary = "the embedded digits through 32 units",
          .model =
              models::ContractiveOptions{
                  .network = {.widths = {32}, .code_activation = models::Activation::Sigmoid}},
          .data = digits_with_validation(),
          .training = {.epochs = 100, .batch_size = 32},
          .log_every = 10,
          .expected = {.column = "validation_reconstruction",
                       .at_most = 0.265,
                       .published = "ours"},
      },
      {
          .name = "mnist-contractive",
          .variant = "contractive",
          .summary = "128 sigmoid units",
          .model =
              models::ContractiveOptions{
                  .network = {.widths = {128}, .code_activation = models::Activation::Sigmoid},
                  .contraction = 1e-4},
          .data = with_test_images("mnist"),
          .training = {.epochs = 20, .batch_size = 128},
          .expected = {.column = "validation_reconstruction",
                       .at_most = 0.0775,
                       .published = "ours"},
      },
  };
}

std::vector<Recipe> convolutional_recipes() {
  return {
      {
          .name = "digits-conv",
          .variant = "convolutional",
          .summary = "the embedded digits",
          .model = models::ConvolutionalOptions{.filters = {16, 8}},
          .data = digits_with_validation(),
          .training = {.epochs = 60, .batch_size = 32},
          .log_every = 10,
          .expected = {.column = "validation_loss", .at_most = 0.267, .published = "ours"},
      },
      {
          .name = "fashion-conv",
          .variant = "convolutional",
          .summary = "32, 16 and 16 channels down to 4 x 4",
          .model = models::ConvolutionalOptions{.filters = {32, 16, 16}},
          .data = with_test_images("fashion-mnist"),
          .training = {.epochs = 150,
                       .batch_size = 256,
                       .optimizer = {.kind = training::OptimizerKind::RmsProp}},
          .expected = {.column = "train_loss",
                       .at_most = 0.2915,
                       .epoch = 5,
                       .published = "best validation 0.265",
                       .reference = {0.2865, 0.2873}},
      },
  };
}

std::vector<Recipe> denoising_recipes() {
  sources::DataOptions noisy_digits = digits_with_validation();
  noisy_digits.corruption = {datasets::CorruptionKind::Gaussian, 0.3};
  sources::DataOptions noisy_fashion = with_test_images("fashion-mnist");
  noisy_fashion.corruption = {datasets::CorruptionKind::Gaussian, 0.5};
  noisy_fashion.noise = datasets::Noise::Once;
  sources::DataOptions noisy_mnist = with_test_images("mnist");
  noisy_mnist.corruption = {datasets::CorruptionKind::Mask, 0.25};
  return {
      {
          .name = "digits-denoise",
          .variant = "denoising",
          .summary = "the embedded digits with Gaussian noise",
          .model = models::DenoisingOptions{.filters = {32, 32}},
          .data = noisy_digits,
          .training = {.epochs = 60, .batch_size = 32},
          .log_every = 10,
          .expected = {.column = "validation_loss", .at_most = 0.283, .published = "ours"},
      },
      {
          .name = "fashion-denoise",
          .variant = "denoising",
          .summary = "32 channels everywhere, Gaussian noise drawn once",
          .model = models::DenoisingOptions{.filters = {32, 32, 32}},
          .data = noisy_fashion,
          .training = {.epochs = 150,
                       .batch_size = 256,
                       .optimizer = {.kind = training::OptimizerKind::RmsProp}},
          .expected = {.column = "train_loss",
                       .at_most = 0.3030,
                       .epoch = 5,
                       .published = "best validation 0.287",
                       .reference = {0.2978}},
      },
      {
          .name = "mnist-denoise",
          .variant = "denoising",
          .summary = "a dense network, a quarter of the pixels masked",
          .model = models::DenoisingOptions{.network = models::DenoisingNetwork::Dense,
                                            .widths = {256, 64}},
          .data = noisy_mnist,
          .training = {.epochs = 20, .batch_size = 128},
          .expected = {.column = "validation_loss", .at_most = 0.0845, .published = "ours"},
      },
  };
}

std::vector<Recipe> lstm_recipes() {
  constexpr models::Likelihood kSquared = {.loss = models::Loss::Mse,
                                           .activation = models::Activation::Sigmoid};
  return {
      {
          .name = "digits-rows",
          .variant = "lstm",
          .summary = "the embedded digits, 8 rows of 8",
          .model = models::LstmOptions{.widths = {64, 8}, .likelihood = kSquared},
          .data = digits_with_validation(),
          .training = {.epochs = 100, .batch_size = 32, .optimizer = {.learning_rate = 5e-3}},
          .log_every = 10,
          .expected = {.column = "validation_loss",
                       .at_most = 0.023,
                       .published = "PCA of 8: 0.024"},
      },
      {
          .name = "mnist-rows",
          .variant = "lstm",
          .summary = "28 rows of 28",
          .model = models::LstmOptions{.widths = {128, 32}, .likelihood = kSquared},
          .data = with_test_images("mnist"),
          .training = {.epochs = 10, .batch_size = 64, .optimizer = {.learning_rate = 2e-3}},
          .expected = {.column = "validation_loss",
                       .at_most = 0.0168,
                       .published = "PCA of 32: 0.0168"},
      },
  };
}

std::vector<Recipe> variational_recipes() {
  return {
      {
          .name = "digits-vae",
          .variant = "variational",
          .summary = "the embedded digits in two dimensions",
          .model = models::VariationalOptions{.widths = {64, 2}},
          .data = digits_with_validation(),
          .training = {.epochs = 200, .batch_size = 32},
          .log_every = 10,
          .expected = {.column = "validation_loss", .at_most = 25.0, .published = "ours"},
      },
      {
          .name = "fashion-vae-2d",
          .variant = "variational",
          .summary = "256 units, two dimensions",
          .model = models::VariationalOptions{.widths = {256, 2}},
          .data = with_test_images("fashion-mnist"),
          .training = {.epochs = 100,
                       .batch_size = 128,
                       .optimizer = {.kind = training::OptimizerKind::RmsProp}},
          .expected = {.column = "train_loss",
                       .at_most = 266.3,
                       .epoch = 20,
                       .published = "pictures only",
                       .reference = {265.0, 265.3}},
      },
      {
          .name = "fashion-vae-conv-2d",
          .variant = "variational",
          .summary = "four convolutions, two dimensions",
          .model = models::VariationalOptions{.network = models::VariationalNetwork::Convolutional,
                                              .widths = {128, 2},
                                              .filters = 64},
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
          .variant = "variational",
          .summary = "400 units, twenty dimensions",
          .model = models::VariationalOptions{.widths = {400, 20}},
          .data = with_test_images("mnist"),
          .training = {.epochs = 10, .batch_size = 128},
          .expected = {.column = "validation_loss", .at_most = 107.5, .published = "ours"},
      },
  };
}

}  // namespace

const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> all = [] {
    std::vector<Recipe> recipes;
    for (const auto& family :
         {dense_recipes(), sparse_recipes(), contractive_recipes(), convolutional_recipes(),
          denoising_recipes(), lstm_recipes(), variational_recipes()}) {
      recipes.insert(recipes.end(), family.begin(), family.end());
    }
    return recipes;
  }();
  return all;
}

const Recipe& find_recipe(const std::string& name, const std::string& variant) {
  std::vector<std::string> names;
  for (const auto& recipe : recipes()) {
    if (recipe.name == name && recipe.variant == variant) return recipe;
    if (recipe.name == name) {
      throw UsageError("`recipe` {}: a recipe of {}_autoencoder, not of {}_autoencoder", name,
                       recipe.variant, variant);
    }
    if (recipe.variant == variant) names.push_back(recipe.name);
  }
  throw UsageError("`recipe`: expected one of {}, found '{}'{}", join_text(names), name,
                   suggestion(name, names));
}

std::string recipe_table(const std::string& variant) {
  constexpr const char* kRow = "{:<16}  {:<13}  {:>6}  {:<26}  {}\n";
  std::string text = fmt::format(kRow, "recipe", "data set", "epochs", "expected", "what");
  for (const auto& recipe : recipes()) {
    if (recipe.variant != variant) continue;
    text +=
        fmt::format(kRow, recipe.name, recipe.data.dataset, recipe.training.epochs,
                    fmt::format("{} <= {:.4f}", recipe.expected.column, recipe.expected.at_most),
                    recipe.summary);
  }
  return text;
}

}  // namespace hourglass::recipes
