#pragma once

#include <ATen/core/Tensor.h>

#include <string_view>
#include <vector>

namespace hourglass::evaluation {

/// Scores [N] of any floating type as float64 numbers. Throws `Error`, beginning with `what`, when
/// there are none, or naming the first that is not finite.
std::vector<double> score_list(const at::Tensor& scores, std::string_view what);

}  // namespace hourglass::evaluation
