#include "hourglass/evaluation/score_list.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <cmath>

namespace hourglass::evaluation {

std::vector<double> score_list(const at::Tensor& scores, std::string_view what) {
  const at::Tensor doubles = scores.flatten().to(at::kCPU, at::kDouble).contiguous();
  const auto* first = doubles.const_data_ptr<double>();
  std::vector<double> list(first, first + doubles.numel());
  if (list.empty()) throw Error("{}: expected scores, found none", what);
  for (size_t i = 0; i < list.size(); ++i) {
    if (!std::isfinite(list[i])) {
      throw Error("{}: expected finite scores, found {} for item {}", what, list[i], i);
    }
  }
  return list;
}

}  // namespace hourglass::evaluation
