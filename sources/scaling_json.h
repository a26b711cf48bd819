#pragma once

#include "hourglass/datasets/dataset.h"

#include <nlohmann/json.hpp>

// In the namespace of Scaling, where the JSON library looks for them.
namespace hourglass::datasets {

void to_json(nlohmann::json& json, const datasets::Scaling& scaling);
void from_json(const nlohmann::json& json, datasets::Scaling& scaling);

}  // namespace hourglass::datasets
