#pragma once

#include <filesystem>

namespace hourglass {
class FieldTable;  // core/fields.h
}

namespace hourglass::cli {

/// Adds the row of `--untrusted`, the same for all programs that load models.
void describe_untrusted(FieldTable& table, bool& untrusted);

/// Which of a run's models is loaded.
struct RunModelOptions {
  bool untrusted = false;  ///< whether nothing in the run's folder may run

  /// Adds a row for each field.
  void describe(FieldTable& table);
};

/// The file that a run's model is loaded from: best.pt, which is a program; where nothing may run,
/// best.safetensors, which is data. Throws `Error` where that is missing, or holds something else
/// than its name says.
std::filesystem::path run_model_path(const std::filesystem::path& folder,
                                     const RunModelOptions& options = {});

}  // namespace hourglass::cli
