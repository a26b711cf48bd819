#pragma once

#include "hourglass/runs/run_list.h"

#include <filesystem>
#include <string>
#include <vector>

namespace hourglass::runs {

/// An option that not all runs have alike.
struct OptionDifference {
  std::string option;               ///< "learning_rate"
  std::vector<std::string> values;  ///< a run each; "" where a run has no such option
};

/// Several runs beside each other.
struct RunComparison {
  std::vector<ListedRun> runs;     ///< in the order given
  std::vector<std::string> names;  ///< one a run, see `short_names`
  std::vector<OptionDifference> options;
  std::vector<std::string> notes;  ///< why numbers are not of one kind, one line each
};

/// Why the numbers of these runs are not of one kind, one line each: best values of different
/// columns, different data, different losses. Damaged runs, which have no numbers, are passed over.
std::vector<std::string> comparison_notes(const std::vector<ListedRun>& runs);

/// Throws `Error` where a folder holds no run, or one that cannot be read.
RunComparison compare_runs(const std::vector<std::filesystem::path>& folders);

/// The raw terms and metrics that some run reports, in order, "loss" apart: columns of metrics.csv
/// without "train_". The one term of a loss that is nothing else is left out.
std::vector<std::string> compared_terms(const std::vector<MetricsTable>& metrics);

}  // namespace hourglass::runs
