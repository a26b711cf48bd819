#pragma once

#include "hourglass/cli/command_line.h"
#include "hourglass/core/fields.h"
#include "hourglass/evaluation/stream_threshold.h"

#include <cstdint>
#include <string>

namespace hourglass::apps {

/// A stream of rows, and how its scores are kept.
struct StreamOptions {
  std::string follow;  ///< "-", a file or a FIFO; empty: no stream
  evaluation::ThresholdKeeping keeping;
  std::string state;  ///< a file; empty: none
  int64_t state_every = 1000;
  std::string time_column;

  /// Adds a row for each field.
  void describe(FieldTable& table);
};

/// Throws `UsageError` where options do not go together: a stream has no data set, and nothing to be
/// fitted to.
void check(const StreamOptions& options, const cli::CommandLine& line);

}  // namespace hourglass::apps
