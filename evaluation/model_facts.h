#pragma once

#include "hourglass/evaluation/exported_model.h"

#include <nlohmann/json.hpp>

#include <filesystem>

namespace hourglass::evaluation {

/// What is known of a TorchScript file, ours or a third-party:
///   file, bytes, parameter_count
///   methods     rows of name, signature, output_shape ("" where the input's shape is not known)
///   layers      rows of name, type, output_shape, parameters; none in a third-party file
///   modules     rows of name, type
///   parameters  rows of name, shape, count
///   model, data, results, options   objects of the card; empty in a third-party file
nlohmann::json model_facts(ExportedModel& model);

/// The same of a file's parts, whatever its format: its card (an empty object where it has none), and
/// rows of methods (name, signature, output_shape) and parameters (name, shape, count).
nlohmann::json facts_of_parts(const std::filesystem::path& path, const nlohmann::json& card,
                              const nlohmann::json& methods, const nlohmann::json& parameters);

/// Rows of what, first, second: all in which two files differ but their names, null where one has
/// nothing. "options.epochs", "layers.encoder.dense1.output_shape", "results.training.loss".
nlohmann::json fact_differences(const nlohmann::json& first, const nlohmann::json& second);

}  // namespace hourglass::evaluation
