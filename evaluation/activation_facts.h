#pragma once

#include "hourglass/evaluation/activations.h"

#include <nlohmann/json.hpp>

namespace hourglass::evaluation {

/// What activations say in numbers:
///   rows     row numbers
///   layers   rows of name, shape; least, greatest, mean and zeros (the share of values that are 0)
///            where there are values; gradient_norm with gradients
/// and with gradients loss, input_gradient_norm, and weights, rows of name, shape, gradient_norm.
nlohmann::json activation_facts(const Activations& activations);

}  // namespace hourglass::evaluation
