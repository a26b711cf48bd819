#include "hourglass/recipes/variant.h"

#include "hourglass/core/error.h"
#include "hourglass/models/contractive.h"
#include "hourglass/models/convolutional.h"
#include "hourglass/models/denoising.h"
#include "hourglass/models/dense.h"
#include "hourglass/models/lstm.h"
#include "hourglass/models/sparse.h"
#include "hourglass/models/variational.h"

namespace hourglass::recipes {
namespace {

/// A variant with these options, whose models are made by `build`.
template <class Options, class Build>
Variant row_with(std::string name, std::string summary, std::string default_recipe, Build build) {
  return {
      .name = std::move(name),
      .summary = std::move(summary),
      .default_recipe = std::move(default_recipe),
      .default_options = Options{},
      .describe = [](FieldTable& table,
                     std::any& options) { std::any_cast<Options&>(options).describe(table); },
      .check = [](const std::any& options) { check(std::any_cast<const Options&>(options)); },
      .build = [build](const std::any& options,
                       const models::ItemShapes& shapes) -> models::AutoencoderPtr {
        return build(std::any_cast<const Options&>(options), shapes);
      },
  };
}

/// A variant that is a class of its own.
template <class Model>
Variant row(std::string name, std::string summary, std::string default_recipe) {
  using Options = typename Model::Options;
  return row_with<Options>(std::move(name), std::move(summary), std::move(default_recipe),
                           [](const Options& options, const models::ItemShapes& shapes) {
                             return std::make_shared<Model>(options, shapes);
                           });
}

/// One of two networks, and noise to be undone.
Variant denoising_row() {
  Variant variant = row_with<models::DenoisingOptions>(
      "denoising", "gives back the clean item for a noisy one", "digits-denoise",
      [](const models::DenoisingOptions& options, const models::ItemShapes& shapes) {
        return models::build(options, shapes);
      });
  variant.default_corruption = {datasets::CorruptionKind::Gaussian, 0.3};
  return variant;
}

}  // namespace

const std::vector<Variant>& variants() {
  static const std::vector<Variant> all = {
      row<models::DenseAutoencoder>(
          "dense", "fully connected layers; the decoder mirrors the encoder", "digits-2d"),
      row<models::SparseAutoencoder>(
          "sparse", "dense, with a penalty that keeps most of the code silent", "digits-sparse"),
      row<models::ContractiveAutoencoder>(
          "contractive", "dense, with a penalty on how much the code changes with the input",
          "digits-contractive"),
      row<models::ConvolutionalAutoencoder>(
          "convolutional", "convolutions and poolings; the code is a small image of many channels",
          "digits-conv"),
      denoising_row(),
      row<models::LstmAutoencoder>(
          "lstm", "reads the item as a sequence; the code is the last hidden state", "digits-rows"),
      row<models::VariationalAutoencoder>(
          "variational", "the code is a normal distribution; new items are drawn from it",
          "digits-vae"),
  };
  return all;
}

const Variant& find_variant(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& variant : variants()) {
    if (variant.name == name) return variant;
    names.push_back(variant.name);
  }
  throw UsageError("expected a variant ({}), found '{}'{}", join_text(names), name,
                   suggestion(name, names));
}

}  // namespace hourglass::recipes
