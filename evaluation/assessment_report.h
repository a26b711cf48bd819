#pragma once

#include "hourglass/evaluation/assessment.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace hourglass::evaluation {

/// A checkpoint, and what was found of it and its data.
struct AssessedModel {
  std::string path, name;
  std::string rows, training_rows;  ///< "359 validation rows of digits"
  bool seen_in_training = false;
  std::string device;
  Assessment found;
};

/// Names all by their paths, without folders and endings that all of them share: "ev-f32" for
/// "runs/ev-f32/best.pt".
void name_all(std::vector<AssessedModel>& all);

nlohmann::json to_json(const AssessedModel& model);

/// Two rows a checkpoint, the model's and the PCA's, with a column a measure.
std::string measure_table(const std::vector<AssessedModel>& all);

/// What the table leaves open, in some lines.
std::string details_text(const AssessedModel& model);

}  // namespace hourglass::evaluation
