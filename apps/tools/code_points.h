#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/evaluation/exported_model.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Codes that a user names, and ways between them.

namespace hourglass::apps {

/// Points of a code, all of one size.
struct CodePoints {
  std::vector<std::vector<double>> points;

  /// "0.3,-1.2" or, for several points, "0.3,-1.2;1,0".
  static std::string expects() { return "points of equally many numbers, 0.3,-1.2;1,0 say"; }
  static std::optional<CodePoints> parse(const std::string& text);
  std::string text() const;
};

/// [N, D] float32.
at::Tensor to_tensor(const CodePoints& list);

/// Codes [N, …] in the shape that the checkpoint decodes, [N, code shape…]; as they are for a
/// third-party file. Throws `Error`, naming `where` they come from, when they have another number of
/// values.
at::Tensor shaped_codes(const evaluation::ExportedModel& model, const at::Tensor& codes,
                        const std::string& where);

/// `steps` (≥ 2) codes [steps, D] from `first` [D] to `last` [D], both included, in even steps on
/// the straight line, or along the great circle (Shoemake 1985: "Animating rotation with quaternion
/// curves"), which keeps samples of a Gaussian at their usual distance from 0. Where the two point
/// the same or opposite ways there is no one circle, and the line is taken.
at::Tensor interpolate_codes(const at::Tensor& first, const at::Tensor& last, int64_t steps,
                             bool spherical);

}  // namespace hourglass::apps
