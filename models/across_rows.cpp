#include "hourglass/models/across_rows.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <limits>

namespace hourglass::models {

namespace {

/// The `count` largest of values [N], or all where there are fewer.
at::Tensor largest_of(const at::Tensor& values, int64_t count) {
  const int64_t most = std::min(count, values.size(0));
  return std::get<0>(values.topk(most, /*dim=*/0, /*largest=*/true, /*sorted=*/false));
}

}  // namespace

BatchSelection largest_of_batch(const at::Tensor& values, int64_t count,
                                const Processes& processes) {
  const at::NoGradGuard no_grad;
  at::Tensor largest = largest_of(values.detach().relu().flatten(), count);
  // Whatever is among the largest of all is among the largest of its process.
  if (!processes.alone()) largest = largest_of(processes.gather(largest).rows, count);
  const at::Tensor above_zero =
      largest.masked_fill(largest <= 0, std::numeric_limits<double>::infinity());
  // Where fewer than `count` are positive, the smallest of these; then all of them are chosen.
  const at::Tensor smallest = above_zero.amin();
  return {.chosen = values.detach() >= smallest, .smallest = smallest};
}

at::Tensor spoke_in_batch(const at::Tensor& code, const Processes& processes) {
  at::Tensor spoke = code.detach().ne(0).any(0);
  if (processes.alone()) return spoke;
  const at::Tensor count = spoke.to(at::kLong);
  processes.sum(count);
  return count > 0;
}

}  // namespace hourglass::models
