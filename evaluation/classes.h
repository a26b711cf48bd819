#pragma once

#include "hourglass/datasets/dataset.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::evaluation {

// Classes by name. `class_names` are those of the labels 0, 1, …, and empty where the classes have
// none.

/// The name of a class, or its number where it has no name.
std::string class_name(int64_t label, const std::vector<std::string>& class_names);

/// The labels of all rows, [N] int64, or undefined where they have none.
at::Tensor labels_of(const datasets::Dataset& rows);

/// Which classes of a labelled data set are normal: those named, or all but those named. A name or
/// a number; a name counts before a number.
struct NormalClasses {
  std::vector<std::string> normal;
  std::vector<std::string> anomalous;

  bool any() const { return !normal.empty() || !anomalous.empty(); }
};

/// Throws `UsageError` where both are given.
void check(const NormalClasses& classes);

/// Which labels (int64 [N]) are of anomalies, bool [N]. Throws `Error` where a named class has no
/// rows here, unless `absent_allowed`: a file to be judged need not hold them all.
at::Tensor anomalies_among(const at::Tensor& labels, const std::vector<std::string>& class_names,
                           const NormalClasses& classes, bool absent_allowed);

/// The normal ones of the rows, or all of them where no class is named. Throws `Error` without
/// labels, and where none is left.
datasets::DatasetPtr normal_rows(const datasets::DatasetPtr& rows,
                                 const std::vector<std::string>& class_names,
                                 const NormalClasses& classes);

}  // namespace hourglass::evaluation
