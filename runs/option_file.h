#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/formats/card.h"

#include <filesystem>
#include <string>

namespace hourglass::runs {

/// Options of a run that a file holds.
struct OptionFile {
  std::string where;   ///< the file, for errors
  std::string recipe;  ///< empty: none is named
  formats::RecordedOptions options;
  /// A record holds what runs record; what people write may set any option.
  bool written_by_hand = false;
};

/// The options of a run.json, or of a JSON object that somebody wrote:
///
///   {"recipe": "digits-2d", "epochs": 20, "widths": [32, 2], "learning-rate": 1e-3}
///
/// Names of options there have dashes or underscores. `variant` and `recipe` may stand beside them.
/// Throws `Error` where the file holds something else, or options of another variant.
OptionFile read_option_file(const std::filesystem::path& path, const std::string& variant);

/// The model's options in an architecture.json of `save_parts`, whatever recipe they came from.
/// Throws `Error` where the file holds something else, or another variant.
OptionFile read_architecture(const std::filesystem::path& path, const std::string& variant);

/// Gives the fields the values that the file has; its `network` has been chosen before. Throws
/// `Error` that names file and option for unknown options, also for those of another network, and
/// for values that are not allowed.
void apply(const OptionFile& file, const FieldTable& table);

}  // namespace hourglass::runs
