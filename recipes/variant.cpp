#include "hourglass/recipes/variant.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/core/text_table.h"

#include <fmt/format.h>

namespace hourglass::recipes {

// Each in a file of its own, `<name>.cpp`. CMake reads the names of the trainers from this list.
Variant dense_variant();
Variant sparse_variant();
Variant contractive_variant();
Variant convolutional_variant();
Variant denoising_variant();
Variant lstm_variant();
Variant variational_variant();
Variant conditional_variant();
Variant vector_quantized_variant();
Variant adversarial_variant();
Variant wasserstein_variant();
Variant importance_weighted_variant();
Variant regularized_variant();
Variant one_class_variant();
Variant supervised_variant();

namespace {

std::vector<Variant>& registry() {
  static std::vector<Variant> all = {
      dense_variant(),         sparse_variant(),      contractive_variant(),
      convolutional_variant(), denoising_variant(),   lstm_variant(),
      variational_variant(),   conditional_variant(), vector_quantized_variant(),
      adversarial_variant(),   wasserstein_variant(), importance_weighted_variant(),
      regularized_variant(),   one_class_variant(),   supervised_variant(),
  };
  return all;
}

/// The variant that has a recipe of that name, or null.
const Variant* owner_of(const std::string& recipe) {
  for (const auto& variant : registry()) {
    for (const auto& own : variant.recipes) {
      if (own.name == recipe) return &variant;
    }
  }
  return nullptr;
}

}  // namespace

models::NetworkOptions Variant::network(const std::string& kind) const {
  for (const auto& own : networks) {
    if (own.name() == kind) return own;
  }
  return models::NetworkOptions(kind);
}

const std::vector<Variant>& variants() { return registry(); }

void register_variant(Variant variant) {
  if (variant.networks.empty() || variant.recipes.empty()) {
    throw Error("variant '{}': expected a network and a recipe", variant.name);
  }
  for (const auto& other : registry()) {
    if (other.name == variant.name) throw Error("variant '{}': the name is taken", variant.name);
  }
  for (const auto& recipe : variant.recipes) {
    if (owner_of(recipe.name)) throw Error("recipe '{}': the name is taken", recipe.name);
  }
  registry().push_back(std::move(variant));
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

const Variant& variant_of_recipe(const std::string& name) {
  if (const Variant* owner = owner_of(name)) return *owner;
  std::vector<std::string> names;
  for (const auto& variant : variants()) {
    for (const auto& recipe : variant.recipes) names.push_back(recipe.name);
  }
  throw UsageError("`recipe`: unknown recipe '{}'{}", name, suggestion(name, names));
}

const Recipe& find_recipe(const std::string& name, const std::string& variant) {
  std::vector<std::string> names;
  for (const auto& recipe : find_variant(variant).recipes) {
    if (recipe.name == name) return recipe;
    names.push_back(recipe.name);
  }
  if (const Variant* owner = owner_of(name)) {
    throw UsageError("`recipe` {}: a recipe of {}_autoencoder, not of {}_autoencoder", name,
                     owner->name, variant);
  }
  throw UsageError("`recipe`: expected one of {}, found '{}'{}", join_text(names), name,
                   suggestion(name, names));
}

std::string recipe_table(const std::string& variant, size_t width) {
  TextTable table({"recipe", "data set", "epochs", "expected", "what"});
  for (const auto& recipe : find_variant(variant).recipes) {
    table.add({recipe.name, recipe.data.dataset, std::to_string(recipe.training.epochs),
               recipe.expected.column.empty()
                   ? "none yet"
                   : fmt::format("{} <= {:.4f}", recipe.expected.column, recipe.expected.at_most),
               recipe.summary});
  }
  return table.text("", width);
}

}  // namespace hourglass::recipes
