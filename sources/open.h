#pragma once

#include "hourglass/datasets/dataset.h"
#include "hourglass/datasets/scaling.h"
#include "hourglass/datasets/series.h"
#include "hourglass/formats/data_card.h"
#include "hourglass/sources/choose_rows.h"
#include "hourglass/sources/data_options.h"
#include "hourglass/sources/stored.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::sources {

/// What `DataOptions` name, as it was read: neither split nor scaled yet, and all rows of it.
struct ReadData {
  StoredData inputs;
  std::optional<StoredData> targets;
  ChosenRows chosen;  ///< of inputs and targets alike

  const StoredData& labelled() const {
    return inputs.rows.labels.defined() || !targets ? inputs : *targets;
  }
};

struct DataSplits {
  datasets::DatasetPtr training;
  datasets::DatasetPtr validation;  ///< null with `validation` none
  datasets::DatasetPtr test;        ///< the official test part; null where there is none
  formats::DataCard info;
  std::vector<std::string> condition_names;  ///< of the condition's numbers; empty: none
  std::vector<int64_t> condition_columns;    ///< that it took from the items; empty: none
  /// Of training and validation rows, by `Batch::rows`: see `StoredData`.
  std::vector<std::string> row_names = {};
  std::string row_title = "file";  ///< what these names are: files, or a table's column
  /// Cells of a table that is not all numbers, by `Batch::rows`; else null.
  std::shared_ptr<const datasets::Table> table = nullptr;
  /// Of which all parts are windows: `Batch::rows` are their numbers. Else null.
  std::shared_ptr<const datasets::Series> series = nullptr;
  bool mapped = false;  ///< whether rows are read from their files when they are asked for
};

/// Reads each file once. Throws `UsageError` for a form of data set that does not exist and `Error`
/// for everything a file can have wrong, naming file, row and column or byte; when a named set is
/// missing, the error says what to run.
ReadData read_data(const DataOptions& options);

/// A given scaling replaces that of the options: a model's file applies those it was trained with.
struct GivenScaling {
  std::optional<datasets::Scaling> inputs, targets;
};

/// Shapes, splits, scales, conditions and corrupts as `options` say. `seed` draws the split and the
/// noise; the validation noise is the same in every epoch. Throws `UsageError` for a split that the
/// data do not have, `Error` where the options do not fit the data.
DataSplits split_data(const ReadData& data, const DataOptions& options, uint64_t seed,
                      const GivenScaling& scaling = {});

/// Both. Throws what they throw.
DataSplits open_data(const DataOptions& options, uint64_t seed, const GivenScaling& scaling = {});

}  // namespace hourglass::sources
