#pragma once

#include "hourglass/evaluation/activations.h"

#include <filesystem>

namespace hourglass::evaluation {

// Activations as a file of named arrays: "rows", "input", "layers/encoder.dense1", and with
// gradients "loss", "input_gradient", "layer_gradients/encoder.dense1",
// "weight_gradients/encoder.dense1.weight". In JSON the groups are objects and the arrays nested
// lists.

/// Whether the path ends in .npz or .json.
bool is_activation_file(const std::filesystem::path& path);

/// Throws `UsageError`, naming the `option`, unless it is one.
void expect_activation_file(const std::filesystem::path& path, const std::string& option);

/// Replaces the file in one step, in the form its suffix names.
void save_activations(const std::filesystem::path& path, const Activations& activations);

/// The inverse. Throws `Error` for what is not such a file.
Activations load_activations(const std::filesystem::path& path);

}  // namespace hourglass::evaluation
