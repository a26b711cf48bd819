#pragma once

#include "hourglass/formats/card.h"
#include "hourglass/runs/run_options.h"

#include <string>
#include <vector>

namespace hourglass::runs {

/// The recipe, or "dense autoencoder" where there is none.
std::string system_name(const std::string& recipe, const std::string& variant);

/// An option that is not as its recipe has it.
struct ChangedOption {
  std::string name;      ///< "learning_rate"
  std::string value;     ///< "0.01"
  std::string usual;     ///< what the recipe has
  bool recorded = true;  ///< see `Field::recorded`
};

/// Whether another value makes another model: where data lie and how many models are kept does not.
bool changes_the_model(const std::string& option);

/// All options that differ from those of `recipe`, or from the variant's own where it is empty, on
/// the network chosen.
std::vector<ChangedOption> unlike_recipe(RunOptions options, const std::string& recipe);

/// The recorded options that differ from those of the recipe or, where there is none, from the
/// variant's defaults; without device, threads and engine, which are recorded as what was found.
std::vector<ChangedOption> changed_options(const RunOptions& options);

/// What to call a run in a title: "digits-2d", or with its changes "digits-2d, widths 32,2"; of more
/// than three changes the first three and how many more there are. "dense autoencoder" where there
/// is no recipe.
std::string run_title(const RunOptions& options);

/// The same for a model, by its card; without changes where this version cannot read its options.
std::string model_title(const formats::ModelCard& card);

}  // namespace hourglass::runs
