#pragma once

#include "hourglass/evaluation/code_distribution.h"
#include "hourglass/evaluation/exported_model.h"

#include <filesystem>

namespace hourglass::evaluation {

/// A sampler and what it was fitted to, of one model: kept in a safetensors file.
struct FittedSampler {
  Sampler sampler;
  CodeDistributionPtr distribution;
};

/// Replaces the file in one step. The sampler's text and the model's digest are its metadata.
void write_sampler(const std::filesystem::path& path, const FittedSampler& fitted,
                   const ExportedModel& model);

/// Throws `Error` where the file is no sampler, or another model's, or does not fit the model's codes.
FittedSampler read_sampler(const std::filesystem::path& path, const ExportedModel& model);

}  // namespace hourglass::evaluation
