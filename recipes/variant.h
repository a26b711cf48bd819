#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/datasets/corruption.h"
#include "hourglass/models/autoencoder.h"

#include <any>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hourglass::recipes {

/// A kind of autoencoder that can be trained by name. Its options travel as `std::any`, so that
/// nothing but its row in the registry has to know their type.
struct Variant {
  std::string name;            ///< "dense"
  std::string summary;         ///< one line for --help
  std::string default_recipe;  ///< what its trainer runs without flags
  std::any default_options;

  /// The noise on inputs where no recipe is chosen. A variant that has one is of use only where
  /// inputs and targets differ, and refuses to run where they do not.
  datasets::Corruption default_corruption;

  /// Adds the options' fields to a table.
  std::function<void(FieldTable&, std::any&)> describe;

  /// Throws `UsageError` for options that cannot work whatever the data.
  std::function<void(const std::any&)> check;

  /// A new model with fresh weights.
  std::function<models::AutoencoderPtr(const std::any&, const models::ItemShapes&)> build;
};

/// All variants, in the order shown to users.
const std::vector<Variant>& variants();

/// Throws `UsageError` for an unknown name.
const Variant& find_variant(const std::string& name);

}  // namespace hourglass::recipes
