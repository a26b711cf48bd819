#pragma once

#include "hourglass/datasets/series.h"
#include "hourglass/datasets/split.h"
#include "hourglass/formats/series_card.h"
#include "hourglass/sources/data_options.h"
#include "hourglass/sources/scaled_data.h"
#include "hourglass/sources/source.h"

namespace hourglass::sources {

/// Throws `UsageError`, before any file is opened, for what a series cannot do (a random validation
/// part, targets, chosen rows, labels, conditions, an official test part), and for options of series
/// where `source` is none.
void check_series_options(const DataOptions& options, const Source& source);

/// What `auto` means for the series.
datasets::Validation resolve_validation(const datasets::Validation& validation,
                                        const datasets::Series& series);

/// Divides the windows in time. Throws `Error` as `datasets::split_windows` does.
Parts split_series(const datasets::Validation& validation, const datasets::Series& series);

formats::SeriesCard card_of(const datasets::Series& series, const Parts& parts);

}  // namespace hourglass::sources
