#pragma once

#include "hourglass/figures/picture.h"
#include "hourglass/runs/sweep_results.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

// What came of a sweep, for people, tables and programs.

namespace hourglass::apps {

/// A line a combination, best first.
std::string sweep_text(const runs::SweepPlan& plan, const std::vector<runs::SweepResult>& results);

/// The same as CSV, with a column for each seed's best value.
std::string sweep_csv(const runs::SweepPlan& plan, const std::vector<runs::SweepResult>& results);

/// {"monitor": …, "results": [{"options": {…}, "mean": …, "spread": …, "runs": [{…}]}], "notes": […]}
nlohmann::json sweep_json(const runs::SweepPlan& plan,
                          const std::vector<runs::SweepResult>& results);

/// The best combinations with the values of their seeds, the best at the top.
figures::Picture sweep_chart(const runs::SweepPlan& plan,
                             const std::vector<runs::SweepResult>& results,
                             const std::string& title);

}  // namespace hourglass::apps
