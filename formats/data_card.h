#pragma once

#include "hourglass/core/shape.h"
#include "hourglass/datasets/scaling.h"
#include "hourglass/datasets/table_schema.h"
#include "hourglass/formats/json.h"
#include "hourglass/formats/series_card.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::formats {

/// Paired targets: as the inputs, from a data set of their own.
struct TargetsCard {
  std::string name;
  std::string sha256;
  datasets::Scaling scaling;
  std::vector<std::string> column_names = {};
  std::string stored_type = {};
  std::string identity = {};  ///< as `DataCard::identity`
};

/// What a run and its models record of their data.
struct DataCard {
  std::string name;        ///< as given: "mnist", "csv:mine.csv"
  std::string sha256;      ///< of the files' bytes, one after the other, or of what `identity` says
  int64_t total_rows = 0;  ///< all rows that take part, an official test part included
  int64_t training_rows = 0, validation_rows = 0, test_rows = 0;
  std::string rows_sha256;               ///< of the list of rows that take part; empty: none
  std::string stored_type;               ///< "uint8" or "float32"; empty in files that do not say
  std::string validation;                ///< what `auto` means here: "test", "split:0.1", …
  datasets::Scaling scaling;             ///< as fitted to the training rows
  std::optional<TargetsCard> targets;    ///< of paired targets
  double lowest = 0, highest = 1;        ///< of the scaled training targets
  std::vector<std::string> class_names;  ///< by label; empty where there are no labels
  /// The classes that training rows are of, in the order of their labels; empty where a file does not
  /// say, see `classes_seen`.
  std::vector<std::string> trained_classes;
  /// Of an item's values, in their order, without label and condition columns; empty where there are
  /// none, or where `item_shape` gave the item another shape.
  std::vector<std::string> column_names;
  std::string label_name = {};  ///< of a table's label column; empty where it has none
  /// Of a table that is not all numbers: what its columns are, and how they became values.
  std::optional<datasets::TableSchema> schema = {};
  std::vector<std::string> notes;  ///< what a user should know, "iris.csv: skipped line 1 (…)"
  /// What the digest of large files is of, in words; empty: of all bytes.
  std::string identity = {};
  std::optional<SeriesCard> series = {};  ///< where items are windows of a series

  /// The classes that the model may have seen in training: all of them where the file does not say.
  const std::vector<std::string>& classes_seen() const {
    return trained_classes.empty() ? class_names : trained_classes;
  }
};

/// The names of the values of a target of that shape; empty where there are none, or not as many.
std::vector<std::string> target_columns(const DataCard& card, const Shape& target_shape);

/// {"offset": [0.0], "factor": [0.0625]}
nlohmann::json scaling_to_json(const datasets::Scaling& scaling);

/// The inverse. Throws `Error` that names file and field.
datasets::Scaling scaling_from_json(const JsonFields& fields);

/// The form of `data` in run.json and hourglass.json.
nlohmann::json to_json(const DataCard& card);

/// The inverse. Name, SHA-256 and scaling are required. Throws `Error` that names file and field.
DataCard data_card_from_json(const JsonFields& fields);

}  // namespace hourglass::formats
