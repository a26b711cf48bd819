#pragma once

#include "hourglass/runs/comparison.h"
#include "hourglass/runs/run_list.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

// Runs as tables, as CSV and as JSON.

namespace hourglass::apps {

/// {"epoch": 5, "value": 0.031}, or null.
nlohmann::json best_json(const std::optional<runs::BestValue>& best);

/// A line a run with state, best value and data; names are paths below `folder`.
std::string run_list_text(const std::vector<runs::ListedRun>& found,
                          const std::filesystem::path& folder);
std::string run_list_csv(const std::vector<runs::ListedRun>& found);
/// {"runs": [{"folder": …, "state": …, "best": {…}, …}], "notes": […]}
nlohmann::json run_list_json(const std::vector<runs::ListedRun>& found,
                             const std::vector<std::string>& notes);

/// Why the numbers of such a text are not of one kind: "note      …", a paragraph each.
std::string notes_text(const std::vector<std::string>& notes);

/// What the runs reached, and the options that differ: a line an option, a column a run.
std::string comparison_text(const runs::RunComparison& comparison);
/// A line a run, with a column for each option that differs.
std::string comparison_csv(const runs::RunComparison& comparison);
/// {"runs": [{…, "name": …}], "options": {"learning_rate": [a value a run]}, "notes": […]}
nlohmann::json comparison_json(const runs::RunComparison& comparison);

}  // namespace hourglass::apps
