#pragma once

#include "hourglass/core/shape.h"
#include "hourglass/core/value_range.h"
#include "hourglass/formats/data_card.h"
#include "hourglass/formats/json.h"
#include "hourglass/formats/measurement.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hourglass::formats {

/// The last format of hourglass.json that this version reads, and the one it writes.
inline constexpr int kModelFormat = 1;

/// What a model is told beside its input: labels as one column a class, or columns of numbers.
struct ConditionCard {
  int64_t width = 0;               ///< numbers an item
  std::vector<std::string> names;  ///< of the classes, or columns; empty where they have none
  /// Where the columns stood among a row's values, before the items went without them; empty where
  /// labels are told, and in files of earlier versions.
  std::vector<int64_t> columns = {};
};

/// One row of the layer table.
struct LayerCard {
  std::string name;        ///< "encoder.dense1"
  std::string type;        ///< "Dense, relu"
  Shape output_shape;      ///< without the batch
  int64_t parameters = 0;  ///< running averages included
};

/// The options of a run or a model by field name, as their table writes them: numbers, truth values
/// and lists of whole numbers as such, all else as on the command line. What variants and later
/// versions add stays as it is; these few are what programs ask for whatever the variant.
class RecordedOptions {
 public:
  RecordedOptions() = default;
  explicit RecordedOptions(nlohmann::json values) : values_(std::move(values)) {}

  const nlohmann::json& as_json() const { return values_; }
  bool empty() const { return values_.empty(); }

  /// The option; none where it is not recorded. T as for `JsonFields`. Throws `Error` where it is
  /// of another type.
  template <class T>
  std::optional<T> find(const std::string& name) const {
    return JsonFields(values_, "recorded options").find<T>(name);
  }

  std::string dataset() const;            ///< "" where it is not recorded
  std::string data_dir() const;           ///< "" where none was given
  std::string corruption() const;         ///< "none", "gaussian:0.5"
  std::string loss() const;               ///< "mse" where it is not recorded
  std::string output_activation() const;  ///< "" where it is not recorded
  uint64_t seed() const;                  ///< 1 where it is not recorded

 private:
  nlohmann::json values_ = nlohmann::json::object();
};

/// What a model's file says of itself: its hourglass.json.
struct ModelCard {
  int format = kModelFormat;
  std::string variant;  ///< "variational"
  std::string network;  ///< "dense"; empty in files of version 0.1, which had none
  std::string recipe;   ///< empty: none
  std::string part;     ///< "encoder" or "decoder"; empty: the whole model
  RecordedOptions options;

  Shape input_shape, target_shape, code_shape;  ///< of one item, without the batch; sizes ≥ 1
  std::string code_kind;                        ///< see `Autoencoder::code_kind`
  std::optional<ConditionCard> condition;       ///< of a model that takes one
  std::optional<ValueRange> value_range;

  std::optional<DataCard> data;        ///< what it was trained on, where that is known
  std::optional<EpochResult> trained;  ///< the epoch it is of, with its numbers
  std::vector<std::string> layers;     ///< names of what `layers(x)` returns
  std::vector<LayerCard> layer_table;
  std::map<std::string, std::string> libraries;  ///< name -> version

  /// Whether it is one of a model of ours: a third party's has none.
  bool is_known() const { return !variant.empty(); }
  bool has_gaussian_code() const { return code_kind == "gaussian"; }
  bool has_index_codes() const { return code_kind == "indices"; }
};

/// The object of hourglass.json. What the card does not know has no key.
nlohmann::json to_json(const ModelCard& card);

/// The inverse; `where` is the file. Required: format, variant, options, the three shapes and
/// code_kind. Keys that this version does not know are ignored. Throws `Error` of one line that
/// names file and key for what is missing or of another type, and for a later format.
ModelCard card_from_json(const nlohmann::json& json, const std::string& where);

/// The text of hourglass.json.
std::string card_text(const ModelCard& card);

/// The inverse. Throws `Error` as `parse_json` and `card_from_json` do.
ModelCard parse_card(std::string_view text, const std::string& where);

/// Options as read from a file. Throws `Error` that names file and field where one of those with a
/// name above is of another type.
RecordedOptions options_from_json(const JsonFields& fields);

}  // namespace hourglass::formats
