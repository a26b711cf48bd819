#pragma once

#include "hourglass/models/autoencoder.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/run_options.h"
#include "hourglass/sources/open.h"

#include <nlohmann/json.hpp>

#include <filesystem>

namespace hourglass::runs {

/// The parts of `run.json` that are known before the first step: what is trained, on what, by what
/// machine.
nlohmann::json new_run_record(const RunOptions& options, const FieldTable& table,
                              const sources::DataInfo& data);

/// `run.json` of a run's folder. Throws `Error` when it is missing, damaged or of a later format.
nlohmann::json read_run_record(const std::filesystem::path& folder);

/// Throws `Error` when the data at hand are not those of the record.
void check_same_data(const nlohmann::json& record, const sources::DataInfo& data);

/// What `best.pt` says of itself (its extra file `hourglass.json`), without the epoch and its
/// metrics.
nlohmann::json model_metadata(const nlohmann::json& record, models::Autoencoder& model,
                              const sources::DataInfo& data);

/// {"loss": 0.03, …}
nlohmann::json to_json(const training::Measurements& measurements);

/// What the run's recipe has to reach, beside what this run reached: column, epoch, at_most, value.
/// Null where there is nothing to compare: no recipe, options that are not the recipe's (the seed
/// may differ), or an epoch that was not reached yet.
nlohmann::json expectation_record(const RunOptions& options, const MetricsTable& metrics);

}  // namespace hourglass::runs
