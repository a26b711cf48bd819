#include "hourglass/models/networks/dense_network.h"
#include "hourglass/recipes/variant.h"

namespace hourglass::recipes {
namespace {

using models::Activation;
using models::DenseNetwork;
using models::Initializer;
using models::Likelihood;

std::vector<Recipe> dense_recipes() {
  return {
      {
          .name = "digits-2d",
          .summary = "the embedded digits in two dimensions",
          .network = DenseNetwork{.widths = {32, 2},
                                  .activation = Activation::Sigmoid,
                                  .code_activation = Activation::Sigmoid},
          .likelihood = Likelihood{models::Loss::Mse, Activation::Sigmoid},
          .data = {.dataset = "digits", .validation = {datasets::Validation::Kind::None}},
          .training = {.epochs = 500, .batch_size = 8},
          .log_every = 100,
          .expected = {.column = "train_loss",
                       .at_most = 0.0345,
                       .published = "picture only",
                       .reference = {0.0327, 0.0340, 0.0339},
                       .early = {.epoch = 100, .at_most = 0.048}},
          .pictures = {.look = {.color_map = ColorMap::NipySpectral},
                       .color_bar = true,
                       .of_training_rows = true},
      },
      {
          .name = "mnist-50",
          .summary = "one hidden layer of 50",
          .network = DenseNetwork{.widths = {50},
                                  .code_activation = Activation::Relu,
                                  .initializer = Initializer::HeNormal},
          .data = {.dataset = "mnist", .validation = {datasets::Validation::Kind::Last, 0.2}},
          .training = {.epochs = 10, .batch_size = 128},
          .expected = {.column = "validation_loss",
                       .at_most = 0.0815,
                       .published = "pictures only",
                       .reference = {0.0808, 0.0808, 0.0807}},
          .pictures = {.items = {{0}}},
      },
      {
          .name = "mnist-2d-relu",
          .summary = "two dimensions, ReLU everywhere",
          .network = DenseNetwork{.widths = {32, 2}, .code_activation = Activation::Relu},
          .data = {.dataset = "mnist", .validation = {datasets::Validation::Kind::Test}},
          .training = {.epochs = 10, .batch_size = 32},
          .expected = {.column = "validation_loss",
                       .at_most = 0.2025,
                       .published = "loss 0.1983, validation 0.1985",
                       .reference = {0.1986, 0.2004, 0.1985},
                       .early = {.epoch = 1, .at_most = 0.255}},
          .pictures = {.look = {.color_map = ColorMap::Hsv},
                       .color_bar = true,
                       .of_training_rows = true,
                       .items = {{110, 111, 112, 113, 114, 115, 116, 117, 118, 119}}},
      },
      {
          .name = "mnist-2d-linear",
          .summary = "two dimensions, deep, linear code and output",
          .network = DenseNetwork{.widths = {100, 50, 25, 2}},
          .likelihood = Likelihood{models::Loss::Mse, Activation::Linear},
          .data = {.dataset = "mnist", .validation = {datasets::Validation::Kind::Test}},
          .training = {.epochs = 30, .batch_size = 64},
          .expected = {.column = "validation_loss",
                       .at_most = 0.0380,
                       .published = "loss 0.0368, validation 0.0371",
                       .reference = {0.0368, 0.0379, 0.0368},
                       .early = {.epoch = 1, .at_most = 0.049}},
          .pictures = {.class_prefix = "digit-", .items = {{0, 1, 2, 3, 4}}},
      },
      {
          // Hinton & Salakhutdinov 2006 trained it layer by layer first, and then as a whole.
          // From Glorot's start and with an epsilon of 1e-7, two epochs come to 0.0112 instead of
          // 0.0074; without the decay of weights thirty come to 0.00397.
          .name = "mnist-deep-30",
          .summary = "784-1000-500-250-30, trained end to end",
          .network = DenseNetwork{.widths = {1000, 500, 250, 30},
                                  .activation = Activation::Gelu,
                                  .initializer = Initializer::HeNormal},
          .likelihood = Likelihood{models::Loss::Mse, Activation::Sigmoid},
          .data = with_test_images("mnist"),
          .training = {.epochs = 30,
                       .batch_size = 128,
                       .optimizer = {.kind = training::OptimizerKind::AdamW,
                                     .weight_decay = 0.1,
                                     .epsilon = 1e-9},
                       .schedule = {training::Schedule::Kind::Cosine}},
          .expected = {.column = "validation_loss",
                       .at_most = 3.00 / 784,
                       .published = "0.00383 (an image 3.00)",
                       .early = {.epoch = 1, .at_most = 0.0102}},
      },
      {
          .name = "fashion-32",
          .summary = "one hidden layer of 32",
          .network = DenseNetwork{.widths = {32}, .code_activation = Activation::Relu},
          .data = {.dataset = "fashion-mnist", .validation = {datasets::Validation::Kind::Test}},
          .training = {.epochs = 100,
                       .batch_size = 256,
                       .optimizer = {.kind = training::OptimizerKind::RmsProp}},
          .expected = {.column = "train_loss",
                       .at_most = 0.2835,
                       .published = "0.282",
                       .reference = {0.2821},
                       .early = {.epoch = 3, .at_most = 0.318}},
      },
      {
          .name = "fashion-deep-32",
          .summary = "three layers down to 32",
          .network = DenseNetwork{.widths = {128, 64, 32}, .code_activation = Activation::Relu},
          .data = {.dataset = "fashion-mnist", .validation = {datasets::Validation::Kind::Test}},
          .training = {.epochs = 150,
                       .batch_size = 256,
                       .optimizer = {.kind = training::OptimizerKind::RmsProp}},
          .expected = {.column = "train_loss",
                       .at_most = 0.2775,
                       .published = "0.277",
                       .reference = {0.2746},
                       .early = {.epoch = 3, .at_most = 0.326}},
      },
      {
          .name = "iris-2d",
          .summary = "a small table in two dimensions",
          .network = DenseNetwork{.widths = {16, 2}, .activation = Activation::Tanh},
          .likelihood = Likelihood{models::Loss::Mse, Activation::Linear},
          .data = {.dataset = "iris", .validation = {datasets::Validation::Kind::Split, 0.2}},
          .training = {.epochs = 200,
                       .batch_size = 16,
                       .optimizer = {.kind = training::OptimizerKind::Adam, .learning_rate = 5e-3}},
          .log_every = 20,
          .expected = {.column = "validation_loss", .at_most = 0.004, .published = "ours"},
          // The file is sorted by class: some of each.
          .pictures = {.of_training_rows = true, .items = {{0, 1, 2, 40, 41, 42, 80, 81, 82}}},
      },
  };
}

}  // namespace

Variant dense_variant() {
  return {.name = "dense",
          .summary = "fully connected layers; the decoder mirrors the encoder",
          .networks = {DenseNetwork{}},
          .recipes = dense_recipes()};
}

}  // namespace hourglass::recipes
