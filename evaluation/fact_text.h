#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace hourglass::evaluation {

// Facts about models and activations as text for people.

/// Of `model_facts`.
std::string model_text(const nlohmann::json& facts);

/// Of `fact_differences` between two files of these names.
std::string difference_text(const nlohmann::json& differences, const std::string& first,
                            const std::string& second);

/// Of `activation_facts`.
std::string activation_text(const nlohmann::json& facts);

}  // namespace hourglass::evaluation
