#pragma once

#include "hourglass/datasets/series.h"
#include "hourglass/sources/series_options.h"
#include "hourglass/sources/series_table.h"
#include "hourglass/sources/stored.h"

#include <filesystem>
#include <string>
#include <vector>

namespace hourglass::sources {

/// `table` without what `gaps` deals with: see `datasets::Series`. `window` is the steps of one, `name`
/// stands for the table in errors and notes.
///
/// Times are evenly apart where each follows the one before by the commonest step, to within 1 %.
/// Without times, rows are. With Fill, each channel is interpolated between the values that are
/// there; at the ends the nearest one is repeated, and what was made up is counted in a note. Mask
/// does the same and remembers what was observed; where half a window or more has no value at all, the
/// series is cut.
///
/// Throws `Error` with line and time where Refuse finds a gap, and where Fill or Mask finds times that do not
/// ascend, or would make more than 16 steps of a row.
datasets::Series without_gaps(SeriesTable table, Gaps gaps, int64_t window,
                              const std::string& name);

/// The windows of a series in a CSV file. The channels are `columns`, or those that `options` know,
/// or all. Throws `Error` as `parse_series`, `without_gaps` and `window_view` do.
StoredData read_series(const std::filesystem::path& path, const std::vector<std::string>& columns,
                       Header header, const SeriesOptions& options);

}  // namespace hourglass::sources
