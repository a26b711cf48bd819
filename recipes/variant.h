#pragma once

#include "hourglass/datasets/condition.h"
#include "hourglass/datasets/corruption.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/recipes/objective.h"
#include "hourglass/recipes/recipe.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace hourglass::recipes {

/// Defaults of other options that follow from the value of one: a code that is selected by its size
/// has to be linear before. They replace those of a recipe whose own value asks for none of them.
struct Consequence {
  struct Default {
    std::string option, value;
  };
  std::string option;                                  ///< "sparsity"
  std::function<bool(const std::string&)> applies_to;  ///< whether it follows from this value
  std::vector<Default> defaults;                       ///< of those options that there are
};

/// Options that do something only where another has certain values. A recipe or a file may set them
/// whatever it has; who gives one to a trainer that has no use for it is told so.
struct Dependence {
  std::vector<std::string> options;                     ///< "nu", "radius_warmup"
  std::vector<std::string> on;                          ///< "boundary"; of several one is enough
  std::string expected;                                 ///< its values in words: "soft"
  std::function<bool(const std::string&)> is_expected;  ///< whether this value is one of them
};

/// A kind of autoencoder that can be trained by name: an objective, and what it starts from where
/// nothing else is said. Its trainer is called `<name>_autoencoder`.
struct Variant {
  std::string name;     ///< "dense"
  std::string summary;  ///< one line for --help
  Objective objective = plain_objective();
  /// The first is the default; the others are the defaults where a user chooses a network of that
  /// kind. Kinds that are not here have their own defaults.
  std::vector<models::NetworkOptions> networks = {};
  models::Likelihood likelihood = {};

  /// The noise on inputs where no recipe is chosen. A variant that has one is of use only where
  /// inputs and targets differ, and refuses to run where they do not.
  datasets::Corruption corruption = {};
  /// What the model is told beside each item, where no recipe is chosen.
  datasets::ConditionRule condition = {};

  std::vector<Consequence> consequences = {};
  std::vector<Dependence> dependences = {};  ///< of its own options; see runs/dependences.h

  /// The first is what its trainer runs without flags.
  std::vector<Recipe> recipes = {};

  /// The options of a network of that kind. Throws `UsageError` for an unknown name.
  models::NetworkOptions network(const std::string& kind) const;
};

/// All variants, in the order shown to users.
const std::vector<Variant>& variants();

/// Adds a variant, for programs that bring their own; its first recipe is what its trainer runs.
/// Throws `Error` when its name or a recipe's is taken, or it has no network or no recipe.
void register_variant(Variant variant);

/// Throws `UsageError` for an unknown name.
const Variant& find_variant(const std::string& name);

/// The variant that has a recipe of that name. Throws `UsageError` where none has.
const Variant& variant_of_recipe(const std::string& name);

/// The recipe of that name for that variant. Throws `UsageError` for an unknown name, or one of
/// another variant.
const Recipe& find_recipe(const std::string& name, const std::string& variant);

/// The variant's recipes as a table: name, data, epochs, expected number, what it is; lines of at
/// most `width` characters.
std::string recipe_table(const std::string& variant, size_t width = 80);

}  // namespace hourglass::recipes
