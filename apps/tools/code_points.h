#pragma once

#include "hourglass/core/fields.h"

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

namespace hourglass::apps {

/// Codes that a user names, all of one size.
struct CodePoints {
  std::vector<std::vector<double>> points;

  /// "0.3,-1.2" or, for several points, "0.3,-1.2;1,0".
  static std::string expects() { return "points of equally many numbers, 0.3,-1.2;1,0 say"; }
  static std::optional<CodePoints> parse(const std::string& text);
  std::string text() const;
};

/// [N, D] float32.
at::Tensor to_tensor(const CodePoints& list);

}  // namespace hourglass::apps
