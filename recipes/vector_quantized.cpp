#include "hourglass/models/vector_quantized.h"

#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/recipes/variant.h"

namespace hourglass::recipes {
namespace {

using models::ConvolutionalNetwork;
using models::Quantization;
using models::VectorQuantizedOptions;

/// The embedded digits as maps of 2 x 2 codes.
Recipe of_digits(const std::string& name, const std::string& summary,
                 const VectorQuantizedOptions& objective, double at_most,
                 const EarlyExpectation& early = {}) {
  return {
      .name = name,
      .summary = summary,
      .network = ConvolutionalNetwork{.filters = {32, 16}},
      .objective = objective,
      .data = digits_with_validation(),
      .training = {.epochs = 100, .batch_size = 32},
      .log_every = 10,
      .expected = {.column = "validation_reconstruction",
                   .at_most = at_most,
                   .published = "ours",
                   .early = early},
  };
}

std::vector<Recipe> vector_quantized_recipes() {
  return {
      of_digits("digits-vq", "the embedded digits as 2 x 2 indices of 64 vectors",
                {.codebook_size = 64}, 0.282),
      of_digits("digits-vq-learned", "the same, the vectors learned by the loss",
                {.quantizer = *Quantization::parse("learned"), .codebook_size = 64}, 0.284,
                {.epoch = 20, .at_most = 0.325}),
      of_digits("digits-fsq", "the same as 2 x 2 of 240 triples of finite scalars",
                {.quantizer = *Quantization::parse("fsq:8,6,5")}, 0.271),
      of_digits("digits-residual-vq", "the same as 2 x 2 sums of three of 64 vectors each",
                {.quantizer = *Quantization::parse("residual:3"), .codebook_size = 64}, 0.256),
      {
          .name = "fashion-vq",
          .summary = "7 x 7 indices of 128 vectors",
          .network = ConvolutionalNetwork{.filters = {32, 32}},
          .data = with_test_images("fashion-mnist"),
          .training = {.epochs = 10, .batch_size = 128},
          .expected = {.column = "validation_reconstruction",
                       .at_most = 0.276,
                       .published = "ours"},
      },
  };
}

/// Finite scalars have no codebook to learn.
Dependence of_codebooks() {
  return {.options = {"codebook_size", "commitment", "decay", "reseed_below"},
          .on = {"quantizer"},
          .expected = "ema, learned or residual:CODEBOOKS",
          .is_expected = [](const std::string& value) {
            const auto quantizer = Quantization::parse(value);
            return quantizer && quantizer->kind != Quantization::Kind::Fsq;
          }};
}

}  // namespace

Variant vector_quantized_variant() {
  return {
      .name = "vector_quantized",
      .summary = "the code is integers: at each place of a map, the nearest vector of a codebook",
      .objective = objective<models::VectorQuantized>(VectorQuantizedOptions{}),
      .networks = {ConvolutionalNetwork{.filters = {32, 16}}},
      .dependences = {of_codebooks()},
      .recipes = vector_quantized_recipes()};
}

}  // namespace hourglass::recipes
