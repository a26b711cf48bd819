#include "hourglass/figures/tensor.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>
#include <c10/util/StringUtil.h>

#include <algorithm>

namespace hourglass::figures {

at::Tensor host_values(const at::Tensor& tensor, std::string_view expected,
                       std::initializer_list<int64_t> ranks) {
  const bool fits = tensor.defined() && tensor.numel() > 0 &&
                    std::find(ranks.begin(), ranks.end(), tensor.dim()) != ranks.end();
  if (!fits) throw Error("{}, found {}", expected, shape_text(tensor));
  return tensor.detach().to(at::kCPU, at::kFloat).contiguous();
}

std::string shape_text(const at::Tensor& tensor) {
  return tensor.defined() ? c10::str(tensor.sizes()) : "nothing";
}

}  // namespace hourglass::figures
