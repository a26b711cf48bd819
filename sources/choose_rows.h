#pragma once

#include "hourglass/sources/row_choice.h"
#include "hourglass/sources/stored.h"

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace hourglass::sources {

/// The rows that take part, as positions: int64 on the CPU, ascending; undefined where all do.
struct ChosenRows {
  at::Tensor rows;
  at::Tensor test;                 ///< of the official test part
  std::string list_sha256;         ///< of the file that lists rows; empty where there is none
  std::vector<std::string> notes;  ///< what was chosen of how many
};

/// The rows of `inputs` that `classes` and `rows` name both; labels are those of `labelled`, which
/// has a label a row of `inputs`. Comparisons and classes choose among an official test part as well,
/// row numbers do not. Stored values are compared, before they are scaled: `label` by the number that
/// is its class's name where all are numbers, else by its number.
///
/// Throws `Error` for a column, a class or a row that is not there, for a file that is no list of
/// rows, and where no row is left.
ChosenRows choose_rows(const StoredData& inputs, const StoredData& labelled,
                       const ClassChoice& classes, const RowChoice& rows);

}  // namespace hourglass::sources
