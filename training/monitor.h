#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hourglass::training {

// The monitored number makes an epoch the best one. It is a column of metrics.csv: one of what a
// model reports ("loss", "accuracy"), of the training rows or of those of validation.

constexpr std::string_view kTrainPrefix = "train_", kValidationPrefix = "validation_";

/// What `monitor` auto means: "validation_loss" where there are validation rows, else "train_loss".
std::string usual_monitor(bool has_validation);

/// The column that `asked` means for a model that reports these numbers. Throws `UsageError` where
/// there is none such.
std::string resolve_monitor(const std::string& asked, const std::vector<std::string>& reported,
                            bool has_validation);

/// Whether more of a column is better: of accuracies, and of how much of a codebook is used. Of
/// anything else, losses and their terms first of all, less is.
bool more_is_better(std::string_view column);

/// A value of the column as a number of which less is better, to compare and to rank by.
double as_cost(std::string_view column, double value);

}  // namespace hourglass::training
