#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>

namespace hourglass::evaluation {

/// Whether a file is one of those that leave us and are not run here: .pt2 or ONNX.
bool is_exported_file(const std::filesystem::path& path);

/// What such a file holds, as `model_facts` tells a checkpoint: methods with the shapes of what they
/// take and give, parameters, and the card where it has one. Runs no code of the file. Throws `Error`
/// as `read_pt2` and `read_onnx_summary` do.
nlohmann::json exported_facts(const std::filesystem::path& path);

}  // namespace hourglass::evaluation
