#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/datasets/corruption.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/datasets/scaling.h"
#include "hourglass/datasets/split.h"
#include "hourglass/sources/csv.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::sources {

/// What to train on or evaluate.
struct DataOptions {
  std::string dataset = "digits";  ///< digits, iris, mnist, fashion-mnist, csv:PATH,
                                   ///< idx:IMAGES[,LABELS] or images:DIR
  std::string targets;             ///< paired targets, in the same forms; empty: the input itself
  std::string
      data_dir;  ///< looked up before $HOURGLASS_DATA, the user's cache and the system's folder
  LabelColumn label_column;  ///< of a CSV file; sets known by name know their own
  Header header = Header::Auto;
  Shape item_shape;  ///< reshapes each item, {1, 8, 8} say; empty: as the data set has it
  datasets::ScalingRule scale;
  datasets::Validation validation;
  datasets::Corruption corruption;
  datasets::Noise noise = datasets::Noise::Fresh;

  /// Adds a row for each field, under the heading "Data".
  void describe(FieldTable& table);
};

/// Paired targets: as the inputs, from a data set of their own.
struct TargetsInfo {
  std::string name;
  std::string sha256;
  datasets::Scaling scaling;
};

/// What a run records of its data.
struct DataInfo {
  std::string name;        ///< as given: "mnist", "csv:mine.csv"
  std::string sha256;      ///< of the files' bytes, one after the other
  int64_t total_rows = 0;  ///< all rows read, an official test part included
  int64_t training_rows = 0, validation_rows = 0, test_rows = 0;
  std::string validation;                ///< what `auto` resolved to: "test", "split:0.1", …
  datasets::Scaling scaling;             ///< what `auto` or `minmax` resolved to
  std::optional<TargetsInfo> targets;    ///< of paired targets
  double lowest = 0, highest = 0;        ///< of the scaled training targets
  std::vector<std::string> class_names;  ///< by label; empty where there are no labels
  std::vector<std::string> notes;  ///< what a user should know, "iris.csv: skipped line 1 (…)"
};

/// The form of run.json and hourglass.json.
nlohmann::json to_json(const DataInfo& info);

struct DataSplits {
  datasets::DatasetPtr training;
  datasets::DatasetPtr validation;  ///< null with `validation` none
  datasets::DatasetPtr test;        ///< the official test part; null where there is none
  DataInfo info;
};

/// Reads, splits, scales and corrupts as `options` say. `seed` draws the split and the noise; the
/// validation noise is the same in every epoch. `scaling` replaces the option's, and
/// `target_scaling` that of paired targets: a checkpoint applies those it was trained with.
///
/// Throws `UsageError` for a form of data set that does not exist and `Error` for everything a file
/// can have wrong, naming file, row and column or byte; when a named set is missing, the error says
/// what to run.
DataSplits open_data(const DataOptions& options, uint64_t seed,
                     const std::optional<datasets::Scaling>& scaling = {},
                     const std::optional<datasets::Scaling>& target_scaling = {});

}  // namespace hourglass::sources
