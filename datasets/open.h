#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/options.h"
#include "datasets/corruption.h"
#include "datasets/dataset.h"

namespace hourglass {

/// Which rows judge the model while it trains.
struct Validation {
  enum class Kind {
    Auto,   ///< `test` for a set with an official test part, else `split:0.1`
    Test,   ///< the official test part
    Split,  ///< a seeded random fraction, stratified by class where there are labels
    Last,   ///< the last fraction, before any shuffle; training rows = floor((1 − fraction) · n)
    None
  };
  Kind kind = Kind::Auto;
  double fraction = 0;  ///< in (0, 1), for Split and Last
};

/// "auto", "test", "split:0.1", "last:0.2", "none".
template <>
struct TextCodec<Validation> {
  static std::string expects();
  static std::optional<Validation> parse(const std::string& text);
  static std::string format(const Validation& validation);
};

/// How stored values become model values.
struct Scale {
  enum class Kind {
    Auto,    ///< digits / 16, bytes of images / 255, else min–max
    None,    ///< as they are
    Max,     ///< divided by `maximum`
    MinMax,  ///< each column to [0, 1] by the training rows' extremes; a constant column becomes 0
  };
  Kind kind = Kind::Auto;
  double maximum = 1;
};

/// "auto", "none", "max:16", "minmax".
template <>
struct TextCodec<Scale> {
  static std::string expects();
  static std::optional<Scale> parse(const std::string& text);
  static std::string format(const Scale& scale);
};

/// Which CSV column holds the class.
struct LabelColumn {
  enum class Kind { Last, First, None, Index };
  Kind kind = Kind::Last;
  int64_t index = 0;  ///< 0-based, for Index
};

/// "last", "first", "none", "4".
template <>
struct TextCodec<LabelColumn> {
  static std::string expects();
  static std::optional<LabelColumn> parse(const std::string& text);
  static std::string format(const LabelColumn& column);
};

/// Whether a CSV file's first line names its columns.
enum class Header { Auto, Yes, No };
template <>
struct EnumNames<Header> {
  static constexpr std::pair<Header, const char*> kNames[] = {
      {Header::Auto, "auto"}, {Header::Yes, "yes"}, {Header::No, "no"}};
};

/// What to train on or look at.
struct DataOptions {
  std::string dataset = "digits";  ///< digits, mnist, fashion-mnist, iris, csv:PATH or idx:IMAGES[,LABELS]
  std::string targets;             ///< paired targets, in the same forms; empty: the input itself
  std::string data_dir;            ///< looked up before $HOURGLASS_DATA, the user's cache and the system's folder
  LabelColumn label_column;
  Header header = Header::Auto;
  Shape item_shape;  ///< reshapes the columns of a CSV table, {1, 8, 8} say; empty: as the data set has it
  Scale scale;
  Validation validation;
  Corruption corruption;
  Noise noise = Noise::Fresh;
};

/// Adds the fields to a table of options, under the heading "Data".
void describe(OptionTable& table, DataOptions& options);

/// What a run records of its data.
struct DataInfo {
  std::string name;         ///< as given: "mnist", "csv:mine.csv"
  std::string sha256;       ///< of the files' bytes, one after the other
  int64_t total_rows = 0;   ///< all rows read, an official test part included
  int64_t training_rows = 0, validation_rows = 0, test_rows = 0;
  std::string validation;   ///< what `auto` came to: "test", "split:0.1", …
  Scaling scaling;          ///< what `auto` or `minmax` came to
  double lowest = 0, highest = 0;        ///< of the scaled training targets
  std::vector<std::string> class_names;  ///< by label; empty where there are no labels
  std::vector<std::string> notes;        ///< what a user should know, "iris.csv: skipped line 1 (…)"
};

/// The form of run.json and hourglass.json.
nlohmann::json to_json(const DataInfo& info);

struct DataSplits {
  DatasetPtr training;
  DatasetPtr validation;  ///< null with `--validation none`
  DatasetPtr test;        ///< the official test part; null where there is none
  DataInfo info;
};

/// Reads, splits, scales and corrupts as `options` say. `seed` draws the split and the noise; the validation noise is
/// the same in every epoch. `scaling` replaces the option's (a checkpoint applies the one it was trained with).
///
/// Throws `UsageError` for a form of data set that does not exist and `Error` for everything a file can have wrong,
/// naming file, row and column or byte; when a named set is missing, the error says what to run.
DataSplits open_data(const DataOptions& options, uint64_t seed,
                     const std::optional<Scaling>& scaling = {});

}  // namespace hourglass
