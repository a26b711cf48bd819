#pragma once

#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/exported_model.h"

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace hourglass::evaluation {

// Conditions as a model expects them. K is their width.

/// Whether the numbers are columns of a table, which the items lack, rather than classes.
bool is_told_columns(const ExportedModel& model);

/// The classes that a model can be told, by label; empty where its condition is columns of numbers,
/// and where it has none.
std::vector<std::string> told_classes(const ExportedModel& model);

/// The condition of each of these classes, in their order: float32 [K, K].
at::Tensor class_conditions(const ExportedModel& model);

/// The condition that a user names, float32 [1, K]: a class by its name or else its number, or K
/// numbers "0.3,20" for a model that is told columns, in the units of the data: they are scaled as the
/// columns were, by the model's card, or taken as they are where it says nothing of the data.
/// Undefined where the model takes none and `name` is empty. Throws `Error` that says what there is
/// for another name, for any name where the model takes none, and where each column is scaled in its
/// own way and the card is of an earlier version, which does not say which columns they were.
at::Tensor condition_named(const ExportedModel& model, const std::string& name);

/// The same for a name a row: [N, K].
at::Tensor conditions_named(const ExportedModel& model, const std::vector<std::string>& names);

/// `data` with the same condition [1, K] for every item.
datasets::DatasetPtr with_same_condition(datasets::DatasetPtr data, const at::Tensor& condition);

/// `data`, whose conditions have numbers of these names, in the order of the model's names; a model
/// without a condition takes any. Throws `Error` for a name that the model does not know and, where
/// one side has no names, for another width than K.
datasets::DatasetPtr with_model_condition(datasets::DatasetPtr data,
                                          const std::vector<std::string>& names,
                                          const ExportedModel& model);

}  // namespace hourglass::evaluation
