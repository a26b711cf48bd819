#pragma once

#include "hourglass/sources/line_follower.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace hourglass::apps {

/// What a stream's scores belong to: another model, kind of source or form of lines cannot go on with
/// the state.
struct StreamIdentity {
  std::string model_sha256;
  bool file = false;  ///< the source is a file, not a pipe
  bool json = false;  ///< lines are written as JSON
  std::string time_column;
};

/// All that a stream's coming lines depend on.
// JSON's move is said to throw, which it does not.
// NOLINTNEXTLINE(bugprone-exception-escape)
struct StreamState {
  sources::StreamPlace place;
  std::string header;        ///< see `sources::StreamRows::header`
  int64_t rows = 0;          ///< lines of values, those that were skipped among them
  int64_t skipped = 0;       ///< lines that were no rows
  int64_t flagged = 0;       ///< rows
  int64_t output_bytes = 0;  ///< written for these rows
  nlohmann::json item;       ///< of `evaluation::StreamItem`
  nlohmann::json threshold;  ///< of `evaluation::StreamThreshold`
  nlohmann::json clock;      ///< of `sources::ClockWatch`
};

/// Replaces the file in one step, and returns when it is on the disk.
void save_stream_state(const std::filesystem::path& path, const StreamState& state,
                       const StreamIdentity& identity);

/// The inverse. Throws `Error` that names file and field where it is damaged, or belongs to another
/// identity.
StreamState load_stream_state(const std::filesystem::path& path, const StreamIdentity& identity);

}  // namespace hourglass::apps
