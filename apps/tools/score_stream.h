#pragma once

#include "hourglass/apps/tools/stream_options.h"
#include "hourglass/apps/tools/tool.h"

#include <string>

namespace hourglass::apps {

/// Scores the rows of the stream as they arrive, by `judge`, an ensemble's file or a checkpoint with
/// the threshold in the file `load_threshold`, until the stream ends or the user ends it. Each row is a
/// line that goes out before the next one is read. Returns the exit code.
int score_stream(const std::string& judge, const std::string& load_threshold,
                 const StreamOptions& options, const ModelOptions& model,
                 const OutputOptions& output);

}  // namespace hourglass::apps
