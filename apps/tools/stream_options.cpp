#include "hourglass/apps/tools/stream_options.h"

#include "hourglass/apps/tools/anomaly_judgement.h"
#include "hourglass/core/error.h"
#include "hourglass/evaluation/score_tail.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace hourglass::apps {

using namespace evaluation;
using namespace cli;

void StreamOptions::describe(FieldTable& table) {
  table.begin_group("Streams");
  table
      .add("follow", follow,
           "score rows as they arrive, a line each at once: - (standard input), a FIFO, or a file "
           "that grows; of a model needs --load-threshold")
      .shown_as("SOURCE");
  table
      .add(
          "adapt", keeping.adapt,
          "let the threshold follow the scores: spot:Q, flagging a normal row with probability Q, "
          "or "
          "dspot:Q,D, beside a moving average over D rows; running:K,ROWS tells a score K standard "
          "deviations above all before it, once in ROWS unless it gets stranger")
      .shown_as("RULE");
  table.add("calibrate", keeping.calibration, "rows, taken for normal, before it does")
      .at_least(static_cast<double>(kFewestTailScores));
  table
      .add("state", state,
           "keep all that coming lines depend on, and go on from there when the file exists")
      .shown_as("FILE");
  table.add("state_every", state_every, "rows, or a second").at_least(1);
  table
      .add("time_column", time_column,
           "a column, by name or number, that is written beside the score, and watched for jumps")
      .shown_as("NAME");
}

void check(const StreamOptions& options, const CommandLine& line) {
  constexpr std::array<std::string_view, 5> kOfStreams = {"adapt", "calibrate", "state",
                                                          "state_every", "time_column"};
  constexpr std::array<std::string_view, 10> kOfBoth = {
      "follow", "load_threshold", "input_shape", "device", "threads",
      "out",    "force",          "json",        "quiet",  "untrusted"};
  const auto is_one_of = [](const auto& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const auto& name : line.given) {
    if (options.follow.empty() && is_one_of(kOfStreams, name)) {
      throw UsageError("`{}`: is of streams: add `follow`", name);
    }
    if (!options.follow.empty() && !is_one_of(kOfStreams, name) && !is_one_of(kOfBoth, name)) {
      throw UsageError("`{}`: means nothing with `follow`", name);
    }
  }
  if (line.has("calibrate") && !options.keeping.spot()) {
    throw UsageError(
        "`calibrate`: expected `adapt` spot or dspot with it, found none that is calibrated");
  }
  if (line.has("state_every") && options.state.empty()) {
    throw UsageError("`state_every`: expected `state` with it, the file that is kept");
  }
  if (options.follow.empty() || line.has("load_threshold")) return;
  const bool ensemble = !line.positional.empty() && names_ensemble(line.positional.front());
  if (options.keeping.running() || ensemble) return;
  throw UsageError(
      "`follow`: expected `load_threshold` with a file that `save_threshold` wrote, or `adapt` "
      "running or a DETECTOR.json, which need none");
}

}  // namespace hourglass::apps
