#pragma once

#include "hourglass/models/likelihood.h"

#include <optional>
#include <string>
#include <vector>

namespace hourglass::apps {

/// A loss that a model's reconstruction is enough for, as an option: others need more numbers than
/// `decode` gives.
struct GradientLoss {
  models::Loss loss = models::Loss::Mse;

  /// "one of bce, mse, mae".
  static std::string expects();
  static std::vector<std::string> choices();
  static std::optional<GradientLoss> parse(const std::string& text);
  std::string text() const { return enum_name(loss); }
};

}  // namespace hourglass::apps
