#include "hourglass/training/monitor.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <algorithm>
#include <array>

namespace hourglass::training {
namespace {

constexpr std::array<std::string_view, 3> kMoreIsBetter = {"accuracy", "perplexity",
                                                           "codebook_use"};

std::string_view without_prefix(std::string_view column) {
  for (const auto prefix : {kTrainPrefix, kValidationPrefix}) {
    if (column.starts_with(prefix)) return column.substr(prefix.size());
  }
  return column;
}

}  // namespace

std::string usual_monitor(bool has_validation) {
  return std::string(has_validation ? kValidationPrefix : kTrainPrefix) + "loss";
}

std::string resolve_monitor(const std::string& asked, const std::vector<std::string>& reported,
                            bool has_validation) {
  if (asked == "auto") return usual_monitor(has_validation);
  std::vector<std::string> columns;
  for (const auto& name : reported) {
    if (has_validation) columns.push_back(std::string(kValidationPrefix) + name);
    columns.push_back(std::string(kTrainPrefix) + name);
  }
  if (std::find(columns.begin(), columns.end(), asked) == columns.end()) {
    throw UsageError("`monitor`: expected one of {}, found '{}'{}", join_text(columns), asked,
                     suggestion(asked, columns));
  }
  return asked;
}

bool more_is_better(std::string_view column) {
  return std::find(kMoreIsBetter.begin(), kMoreIsBetter.end(), without_prefix(column)) !=
         kMoreIsBetter.end();
}

double as_cost(std::string_view column, double value) {
  return more_is_better(column) ? -value : value;
}

}  // namespace hourglass::training
