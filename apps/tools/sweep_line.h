#pragma once

#include "hourglass/runs/sweep.h"

namespace hourglass::apps {

/// The command line of `sweep`: the options of a trainer, and a few of its own.
struct SweepLine {
  runs::SweepRequest request;
  bool json = false, quiet = false;
  bool answered = false;  ///< the line asked for --help or the like, which was printed
};

/// Answers --help and the like. Throws `UsageError` as the command line of a
/// trainer does, for options that a sweep does not take, and where neither a recipe nor a variant is
/// named.
SweepLine parse_sweep_line(int argc, const char* const* argv);

}  // namespace hourglass::apps
