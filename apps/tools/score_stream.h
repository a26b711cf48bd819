#pragma once

#include "hourglass/apps/tools/tool.h"
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

/// Scores the rows of the stream as they arrive, by `judge`, an ensemble's file or a checkpoint with
/// the threshold in the file `load_threshold`, until the stream ends or the user ends it. Each row is a
/// line that goes out before the next one is read. Returns the exit code.
int score_stream(const std::string& judge, const std::string& load_threshold,
                 const StreamOptions& options, const ModelOptions& model,
                 const OutputOptions& output);

}  // namespace hourglass::apps
