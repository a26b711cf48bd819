#pragma once

#include "hourglass/runs/run_options.h"
#include "hourglass/runs/run_record.h"

#include <optional>
#include <string>

namespace hourglass::cli {

/// What a trainer is asked to do.
struct TrainerRequest {
  runs::RunOptions options;
  std::optional<runs::RunRecord> resumed;
  bool log_lines = false;  ///< lines were asked for, instead of a bar
  bool answered = false;   ///< the line asked for --help or the like, which was printed
};

/// Reads the command line of the program `<variant>_autoencoder`. An option's value is that of the
/// command line, else of a file that the line names (--config, --architecture, the run of
/// --resume), else of the recipe, else the variant's own. Throws `UsageError` also for an option of
/// the command line that does nothing beside the others (runs/dependences.h).
TrainerRequest parse_trainer_line(const std::string& variant, int argc, const char* const* argv);

}  // namespace hourglass::cli
