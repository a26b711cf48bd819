#pragma once

#include "hourglass/formats/card.h"
#include "hourglass/runs/run_options.h"

#include <string>
#include <vector>

namespace hourglass::runs {

/// An option that is not as its recipe has it.
struct ChangedOption {
  std::string name;   ///< "learning_rate"
  std::string value;  ///< "0.01"
  std::string usual;  ///< what the recipe has
};

/// The recorded options that differ from those of the recipe or, where there is none, from the
/// variant's defaults; without device, threads and engine, which are recorded as what was found.
std::vector<ChangedOption> changed_options(RunOptions options);

/// What to call a run in a title: "digits-2d", or with its changes "digits-2d, widths 32,2"; of more
/// than three changes the first three and how many more there are. "dense autoencoder" where there
/// is no recipe.
std::string run_title(const RunOptions& options);

/// The same for a model, by its card; without changes where this version cannot read its options.
std::string model_title(const formats::ModelCard& card);

}  // namespace hourglass::runs
