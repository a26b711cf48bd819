#include "hourglass/models/sparse.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/recipes/variant.h"

#include <utility>

namespace hourglass::recipes {
namespace {

using models::Activation;
using models::DenseNetwork;
using models::SparseOptions;
using models::Sparsity;

constexpr models::Likelihood kSquaredError = {models::Loss::Mse, Activation::Linear};

/// As SAELens trains: Adam with PyTorch's epsilon, gradients clipped to length 1.
training::TrainingOptions as_saelens(int64_t epochs, int64_t batch_size, double learning_rate) {
  return {.epochs = epochs,
          .batch_size = batch_size,
          .optimizer = {.learning_rate = learning_rate, .epsilon = 1e-8},
          .engine = {.clip_norm = 1}};
}

std::vector<Recipe> sparse_recipes() {
  return {
      {
          .name = "digits-sparse",
          .summary = "the embedded digits through 128 mostly silent units",
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
      {
          .name = "digits-topk",
          .summary = "the embedded digits as 8 of 256 strokes",
          .network = DenseNetwork{.widths = {256}},
          .likelihood = kSquaredError,
          .objective = SparseOptions{.sparsity = {Sparsity::Kind::TopK, 8}},
          .data = digits_with_validation(),
          .training = as_saelens(60, 32, 1e-3),
          .log_every = 10,
          .expected = {.column = "validation_reconstruction", .at_most = 0.75, .published = "ours"},
      },
      {
          .name = "synth-sae",
          .summary = "1,024 of 2,048 known features in 256 dimensions, 12 at a time",
          .network = DenseNetwork{.widths = {1024}},
          .likelihood = kSquaredError,
          .objective = SparseOptions{.sparsity = {Sparsity::Kind::BatchTopK, 12}},
          .data = {.dataset = "npy:synth-sae/train_*.npy",
                   .scale = {datasets::ScalingRule::Kind::None},
                   .validation = {datasets::Validation::Kind::None}},
          .training = as_saelens(1, 1024, 1e-3),
      },
      {
          .name = "synth-sae-16k",
          .summary = "SynthSAEBench: 4,096 of 16,384 known features in 768 dimensions",
          .network = DenseNetwork{.widths = {4096}},
          .likelihood = kSquaredError,
          .objective = SparseOptions{.sparsity = {Sparsity::Kind::BatchTopK, 25}},
          .data = {.dataset = "npy:synth-sae-16k/train_*.npy",
                   .scale = {datasets::ScalingRule::Kind::None},
                   .validation = {datasets::Validation::Kind::None}},
          .training = as_saelens(1, 1024, 3e-4),
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

/// A dictionary asks for one linear layer each way and squared error, and SAELens clips gradients.
Consequence of_dictionaries() {
  return {.option = "sparsity",
          .applies_to =
              [](const std::string& value) {
                const auto sparsity = Sparsity::parse(value);
                return sparsity && sparsity->is_dictionary();
              },
          .defaults = {{"code_activation", "linear"},
                       {"tied_weights", "false"},
                       {"loss", "mse"},
                       {"output_activation", "linear"},
                       {"clip_norm", "1"},
                       {"epsilon", "1e-8"}}};
}

/// Options of the kinds of sparsity that pass a test.
Dependence of_kinds(std::vector<std::string> options, std::string expected,
                    bool (*is_one)(const Sparsity&)) {
  return {.options = std::move(options),
          .on = {"sparsity"},
          .expected = std::move(expected),
          .is_expected = [is_one](const std::string& value) {
            const auto sparsity = Sparsity::parse(value);
            return sparsity && is_one(*sparsity);
          }};
}

/// Which kinds of sparsity have which options.
std::vector<Dependence> sparse_dependences() {
  using enum Sparsity::Kind;
  return {
      of_kinds({"sparsity_weight"}, "l1 or kl",
               [](const Sparsity& one) { return !one.is_dictionary(); }),
      of_kinds({"target_activation"}, "kl", [](const Sparsity& one) { return one.kind == Kl; }),
      of_kinds({"decoder_norm", "unit_norm_decoder", "independent_encoder", "no_pre_bias",
                "dead_window"},
               "topk:K or another dictionary",
               [](const Sparsity& one) { return one.is_dictionary(); }),
      of_kinds({"unscaled_selection", "auxiliary_coefficient"},
               "topk:K, batch-topk:K or matryoshka-batch-topk:K,WIDTH,...",
               [](const Sparsity& one) { return one.chooses_strongest(); }),
      of_kinds({"prefix_auxiliary"}, "matryoshka-batch-topk:K,WIDTH,...",
               [](const Sparsity& one) { return one.kind == MatryoshkaBatchTopK; }),
      of_kinds({"threshold_rate"}, "batch-topk:K or matryoshka-batch-topk:K,WIDTH,...",
               [](const Sparsity& one) { return one.chooses_from_batch(); }),
      of_kinds({"l1_coefficient"}, "gated or standard",
               [](const Sparsity& one) { return one.kind == Gated || one.kind == Standard; }),
      of_kinds({"l0_coefficient", "jump_loss", "target_l0", "jump_threshold", "jump_bandwidth"},
               "jumprelu", [](const Sparsity& one) { return one.kind == JumpRelu; }),
      of_kinds({"coefficient_warmup"}, "jumprelu, gated or standard",
               [](const Sparsity& one) { return one.is_dictionary() && !one.chooses_strongest(); }),
      {.options = {"target_l0"},
       .on = {"jump_loss"},
       .expected = "quadratic",
       .is_expected = [](const std::string& value) { return value == "quadratic"; }},
      {.options = {"decoder_norm"},
       .on = {"unit_norm_decoder"},
       .expected = "false",
       .is_expected = [](const std::string& value) { return value == "false"; }},
  };
}

}  // namespace

Variant sparse_variant() {
  return {.name = "sparse",
          .summary = "dense, with a penalty that keeps most of the code silent",
          .objective = sparse_objective(),
          .networks = {DenseNetwork{.most_widths = {64}, .code_activation = Activation::Relu}},
          .consequences = {of_dictionaries()},
          .dependences = sparse_dependences(),
          .recipes = sparse_recipes()};
}

}  // namespace hourglass::recipes
