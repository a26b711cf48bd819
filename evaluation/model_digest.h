#pragma once

#include "hourglass/evaluation/exported_model.h"

#include <string>

namespace hourglass::evaluation {

/// SHA-256 of the model's file. It is kept beside a threshold and an index, which are of use with
/// this very model alone.
std::string model_sha256(const ExportedModel& model);

/// Throws `Error` unless `recorded`, the SHA-256 that `file` was made with, is the model's.
void expect_same_model(const ExportedModel& model, const std::string& recorded,
                       const std::string& file);

}  // namespace hourglass::evaluation
