#pragma once

#include "hourglass/formats/card.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/run_options.h"
#include "hourglass/training/trainer.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::runs {

/// The last format of run.json that this version reads, and the one it writes and goes on with.
inline constexpr int kRunFormat = 2;

struct MachineRecord {
  std::string processor = "unknown processor";
  int64_t cores = 0;
  std::string system = "unknown system";
  std::string instructions;  ///< of the fused engine's kernels: "AVX3"; empty: not recorded
};

/// What the run's recipe has to reach, beside what this run reached.
struct ExpectationRecord {
  std::string column;             ///< of metrics.csv: "train_loss"
  int64_t epoch = 0;              ///< at whose end
  double at_most = 0;             ///< what `value` has to be
  double value = 0;               ///< what this run reached
  std::string published;          ///< the source's number, as text
  std::vector<double> reference;  ///< the same recipe in another framework, a number a seed
};

struct RunResults {
  training::RunEnd end = training::RunEnd::Finished;
  int64_t epochs = 0;           ///< finished, those before resuming included
  double training_seconds = 0;  ///< without validation and pictures
  formats::EpochResult best;
  std::optional<formats::EpochResult> last;
  std::optional<ExpectationRecord> expected;  ///< none where there is nothing to compare
};

/// run.json: what is trained, on what, by what machine; and what came of it.
struct RunRecord {
  int format = kRunFormat;
  std::string variant;
  std::string network;  ///< empty in runs of version 0.1
  std::string recipe;   ///< empty: none
  formats::RecordedOptions options;
  formats::DataCard data;
  MachineRecord machine;
  int64_t processes = 1;                         ///< that trained, in the latest session
  std::optional<int64_t> parameters;             ///< trained values; none in runs of version 0.1
  std::map<std::string, std::string> libraries;  ///< name -> version
  std::string started;                           ///< UTC: "20261121-091700"
  std::optional<RunResults> results;             ///< none before the first
};

/// The object of run.json.
nlohmann::json to_json(const RunRecord& record);

/// The inverse; `where` is the file. Required: format, variant, recipe, options and data. Throws
/// `Error` of one line that names file and key, also for a later format.
RunRecord run_record_from_json(const nlohmann::json& json, const std::string& where);

/// `run.json` of a run's folder. Throws `Error` when it is missing or damaged, which its own digest
/// tells, or of a later format.
RunRecord read_run_record(const std::filesystem::path& folder);

/// Replaces it in one step, with a digest of what it says.
void write_run_record(const std::filesystem::path& folder, const RunRecord& record);

/// The record of a run that is to go on. Throws `Error` as `read_run_record` does, for a run of
/// another variant, and for one of an earlier format, naming the version that can go on with it.
RunRecord read_resumable_record(const std::filesystem::path& folder, const std::string& variant);

/// Of this project and LibTorch, as records and cards have them.
std::map<std::string, std::string> library_versions();

/// What is known before the first step: what is trained, on what, by what machine. `table` binds
/// the options.
RunRecord new_run_record(const RunOptions& options, const FieldTable& table,
                         const formats::DataCard& data);

/// What the run's recipe has to reach, beside what this run, on items of these shapes, reached. None where there is nothing to
/// compare: no recipe, options that are not the recipe's (the seed may differ), or an epoch that
/// was not reached yet.
std::optional<ExpectationRecord> expectation_record(const RunOptions& options,
                                                    const models::ItemShapes& shapes,
                                                    const MetricsTable& metrics);

/// Throws `Error` when the data at hand are not those of the record.
void check_same_data(const RunRecord& record, const formats::DataCard& data);

}  // namespace hourglass::runs
