#include "hourglass/models/across_rows.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <limits>

namespace hourglass::models {

BatchSelection largest_of_batch(const at::Tensor& values, int64_t count) {
  const at::NoGradGuard no_grad;
  const at::Tensor positive = values.detach().relu().flatten();
  const int64_t most = std::min(count, positive.size(0));
  const at::Tensor largest =
      std::get<0>(positive.topk(most, /*dim=*/0, /*largest=*/true, /*sorted=*/false));
  const at::Tensor above_zero =
      largest.masked_fill(largest <= 0, std::numeric_limits<double>::infinity());
  // Where fewer than `count` are positive, the smallest of these; then all of them are chosen.
  const at::Tensor smallest = above_zero.amin();
  return {.chosen = values.detach() >= smallest, .smallest = smallest};
}

at::Tensor spoke_in_batch(const at::Tensor& code) { return code.detach().ne(0).any(0); }

}  // namespace hourglass::models
