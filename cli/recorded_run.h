#pragma once

#include "hourglass/cli/run_model.h"
#include "hourglass/core/fields.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/run_options.h"
#include "hourglass/runs/run_record.h"
#include "hourglass/runs/run_title.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::cli {

/// What a run's folder holds, and the commands that belong to it.
class RecordedRun {
 public:
  /// Throws `Error` where the folder holds no run. That metrics or model cannot be read is one of
  /// the problems, and so is that there is no model of the kind that may be loaded.
  explicit RecordedRun(const std::filesystem::path& folder, const RunModelOptions& model = {});
  RecordedRun(const RecordedRun&) = delete;
  RecordedRun& operator=(const RecordedRun&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  const runs::RunRecord& record() const { return record_; }
  const std::optional<runs::MetricsTable>& metrics() const { return metrics_; }
  const std::optional<evaluation::ExportedModel>& model() const { return model_; }
  const std::vector<std::string>& problems() const { return problems_; }

  /// Why there is no model: the problem that it is; "" where there is one.
  const std::string& model_problem() const { return model_problem_; }

  /// Whether nothing in the folder may run: what people are told to do with it does not, either.
  bool untrusted() const { return untrusted_; }

  /// Values of all parameters of the model; 0 where there is none.
  int64_t parameter_count() const;

  /// The recipe, or "dense autoencoder".
  std::string title() const;

  /// The options by name, and what each would have been without flags: the recipe's value, or the
  /// variant's default.
  const runs::RunOptions& options() const { return options_; }
  const FieldTable& fields() const { return table_; }
  std::string usual_value(const Field& field) const;

  /// Whether this run was given another value.
  bool is_changed(const Field& field) const;

  /// As a shell takes them: to train the same again, and to go on.
  std::string training_command() const;
  std::string resume_command() const;

 private:
  std::filesystem::path folder_;
  runs::RunRecord record_;
  std::optional<runs::MetricsTable> metrics_;
  std::optional<evaluation::ExportedModel> model_;
  std::string model_problem_;
  std::vector<std::string> problems_;
  bool untrusted_;
  runs::RunOptions options_;
  FieldTable table_;
  std::vector<runs::ChangedOption> changes_;

  /// What the trainer sets options to because of what is changed.
  std::map<std::string, std::string> following_values() const;
  std::string trainer() const { return record_.variant + "_autoencoder"; }
};

/// As a shell takes it: quoted where it would be read otherwise.
std::string shell_word(const std::string& text);

/// The command that goes on with the run in a folder.
std::string resume_command(const std::string& variant, const std::filesystem::path& folder);

}  // namespace hourglass::cli
