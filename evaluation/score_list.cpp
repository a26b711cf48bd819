#include "hourglass/evaluation/score_list.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace hourglass::evaluation {

std::vector<double> score_list(const at::Tensor& scores, std::string_view what) {
  const at::Tensor doubles = scores.flatten().to(at::kCPU, at::kDouble).contiguous();
  const auto* first = doubles.const_data_ptr<double>();
  const std::vector<double> list(first, first + doubles.numel());
  if (list.empty()) throw Error("{}: expected scores, found none", what);
  for (size_t i = 0; i < list.size(); ++i) {
    if (!std::isfinite(list[i])) {
      throw Error("{}: expected finite scores, found {} for item {}", what, list[i], i);
    }
  }
  return list;
}

double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

}  // namespace hourglass::evaluation
