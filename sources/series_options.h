#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/datasets/series_windows.h"

#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::sources {

/// What becomes of a series with missing values, or whose times are not evenly apart.
enum class Gaps {
  Refuse,  ///< is an error
  Split,   ///< no window spans such a place
  Fill,    ///< is resampled to its commonest step, by linear interpolation
  Mask     ///< the same, and what is made up counts neither in a loss nor in a score
};
constexpr auto names_of(Gaps) {
  return std::to_array<EnumName<Gaps>>({{Gaps::Refuse, "refuse"},
                                        {Gaps::Split, "split"},
                                        {Gaps::Fill, "fill"},
                                        {Gaps::Mask, "mask"}});
}

/// How a series becomes windows.
struct SeriesOptions {
  int64_t window = 32, stride = 1;
  Gaps gaps = Gaps::Refuse;
  /// The channels of a model, which are looked for where `dataset` names no columns. Not an option.
  std::vector<std::string> known_channels = {};

  datasets::WindowForm form() const { return {window, stride}; }

  /// Adds a row for each option.
  void describe(FieldTable& table);
};

}  // namespace hourglass::sources
