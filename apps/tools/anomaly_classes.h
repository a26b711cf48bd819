#pragma once

#include "hourglass/apps/tools/tool.h"
#include "hourglass/datasets/dataset.h"

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace hourglass::apps {

/// Which classes of a labelled data set are normal: those named, or all but those named.
struct NormalClasses {
  std::vector<std::string> normal;     ///< --normal-class: names or numbers
  std::vector<std::string> anomalous;  ///< --anomaly-class

  bool any() const { return !normal.empty() || !anomalous.empty(); }

  /// Adds a row for each field.
  void describe(FieldTable& table);
};

/// Throws `UsageError` where both are given.
void check(const NormalClasses& classes);

/// Which labels (int64 [N]) are of anomalies, bool [N]. A name counts before a number. Throws
/// `Error` where a named class has no rows here, unless `absent_allowed`: a file to be judged need
/// not hold them all.
at::Tensor anomalies_among(const at::Tensor& labels, const std::vector<std::string>& class_names,
                           const NormalClasses& classes, bool absent_allowed);

/// The labels of all rows, [N] int64, or undefined.
at::Tensor labels_of(const datasets::Dataset& rows);

/// The normal ones of the rows, or all of them where no class is named. Throws `Error` without
/// labels, and where none is left.
datasets::DatasetPtr normal_rows(const datasets::DatasetPtr& rows,
                                 const std::vector<std::string>& class_names,
                                 const NormalClasses& classes);

}  // namespace hourglass::apps
