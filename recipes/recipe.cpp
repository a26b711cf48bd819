#include "recipes/recipe.h"

#include "core/error.h"
#include "models/dense.h"

#include <fmt/format.h>

#include <algorithm>

namespace hourglass {
namespace {

constexpr Likelihood kBernoulli = {.loss = Loss::Bce, .activation = Activation::Sigmoid};

std::vector<Recipe> dense_recipes() {
  return {
      {
          .name = "digits-2d",
          .variant = "dense",
          .summary = "the embedded digits in two dimensions",
          .model = DenseOptions{.widths = {32, 2},
                                .activation = Activation::Sigmoid,
                                .code_activation = Activation::Sigmoid,
                                .likelihood = {Loss::Mse, Activation::Sigmoid}},
          .data = {.dataset = "digits", .validation = {Validation::Kind::None}},
          .training = {.epochs = 500, .batch_size = 8},
          .log_every = 100,
          .expected = {.column = "train_loss", .at_most = 0.0345, .published = "picture only"},
          .pictures = {.color_map = "nipy_spectral", .color_bar = true, .of_training_rows = true},
      },
      {
          .name = "mnist-50",
          .variant = "dense",
          .summary = "one hidden layer of 50",
          .model = DenseOptions{.widths = {50},
                                .code_activation = Activation::Relu,
                                .initializer = Initializer::HeNormal,
                                .likelihood = kBernoulli},
          .data = {.dataset = "mnist", .validation = {Validation::Kind::Last, 0.2}},
          .training = {.epochs = 10, .batch_size = 128},
          .expected = {.column = "validation_loss",
                       .at_most = 0.0815,
                       .published = "pictures only"},
          .pictures = {.items = {0}},
      },
      {
          .name = "mnist-2d-relu",
          .variant = "dense",
          .summary = "two dimensions, ReLU everywhere",
          .model =
              DenseOptions{
                  .widths = {32, 2}, .code_activation = Activation::Relu, .likelihood = kBernoulli},
          .data = {.dataset = "mnist", .validation = {Validation::Kind::Test}},
          .training = {.epochs = 10, .batch_size = 32},
          .expected = {.column = "validation_loss",
                       .at_most = 0.2025,
                       .published = "loss 0.1983, validation 0.1985"},
          .pictures = {.color_map = "hsv",
                       .color_bar = true,
                       .of_training_rows = true,
                       .items = {110, 111, 112, 113, 114, 115, 116, 117, 118, 119}},
      },
      {
          .name = "mnist-2d-linear",
          .variant = "dense",
          .summary = "two dimensions, deep, linear code and output",
          .model = DenseOptions{.widths = {100, 50, 25, 2},
                                .likelihood = {Loss::Mse, Activation::Linear}},
          .data = {.dataset = "mnist", .validation = {Validation::Kind::Test}},
          .training = {.epochs = 30, .batch_size = 64},
          .expected = {.column = "validation_loss",
                       .at_most = 0.0380,
                       .published = "loss 0.0368, validation 0.0371"},
          .pictures = {.class_prefix = "digit-", .items = {0, 1, 2, 3, 4}},
      },
      {
          .name = "fashion-32",
          .variant = "dense",
          .summary = "one hidden layer of 32",
          .model =
              DenseOptions{
                  .widths = {32}, .code_activation = Activation::Relu, .likelihood = kBernoulli},
          .data = {.dataset = "fashion-mnist", .validation = {Validation::Kind::Test}},
          .training = {.epochs = 100,
                       .batch_size = 256,
                       .optimizer = {.kind = OptimizerKind::RmsProp}},
          .expected = {.column = "train_loss", .at_most = 0.2835, .published = "0.282"},
      },
      {
          .name = "fashion-deep-32",
          .variant = "dense",
          .summary = "three layers down to 32",
          .model = DenseOptions{.widths = {128, 64, 32},
                                .code_activation = Activation::Relu,
                                .likelihood = kBernoulli},
          .data = {.dataset = "fashion-mnist", .validation = {Validation::Kind::Test}},
          .training = {.epochs = 150,
                       .batch_size = 256,
                       .optimizer = {.kind = OptimizerKind::RmsProp}},
          .expected = {.column = "train_loss", .at_most = 0.2775, .published = "0.277"},
      },
      {
          .name = "iris-2d",
          .variant = "dense",
          .summary = "a small table in two dimensions",
          .model = DenseOptions{.widths = {16, 2},
                                .activation = Activation::Tanh,
                                .likelihood = {Loss::Mse, Activation::Linear}},
          .data = {.dataset = "iris", .validation = {Validation::Kind::Split, 0.2}},
          .training = {.epochs = 200,
                       .batch_size = 16,
                       .optimizer = {.kind = OptimizerKind::Adam, .learning_rate = 5e-3}},
          .log_every = 20,
          .expected = {.column = "validation_loss", .at_most = 0.004, .published = "ours"},
          // The file is sorted by class: some of each.
          .pictures = {.of_training_rows = true, .items = {0, 1, 2, 40, 41, 42, 80, 81, 82}},
      },
  };
}

}  // namespace

const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> all = dense_recipes();
  return all;
}

const Recipe& find_recipe(const std::string& name, const std::string& variant) {
  std::vector<std::string> names;
  for (const auto& recipe : recipes()) {
    if (recipe.name == name && recipe.variant == variant) return recipe;
    if (recipe.name == name) {
      throw UsageError("--recipe {}: a recipe of {}_autoencoder, not of {}_autoencoder", name,
                       recipe.variant, variant);
    }
    if (recipe.variant == variant) names.push_back(recipe.name);
  }
  throw UsageError("--recipe: expected one of {}, found '{}'{}", join_text(names), name,
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

}  // namespace hourglass
