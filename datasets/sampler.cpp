#include "hourglass/datasets/sampler.h"

#include "hourglass/core/random.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <numeric>

namespace hourglass::datasets {

void SequentialSampler::positions(int64_t /*epoch*/, int64_t first, std::span<int64_t> to) const {
  std::iota(to.begin(), to.end(), first);
}

void ShuffledSampler::positions(int64_t epoch, int64_t first, std::span<int64_t> to) const {
  if (epoch != epoch_) {
    const uint64_t seed = derive_seed(seed_, "shuffle", static_cast<uint64_t>(epoch));
    order_ = at::randperm(size_, at::detail::createCPUGenerator(seed), at::kLong);
    epoch_ = epoch;
  }
  std::copy_n(order_.const_data_ptr<int64_t>() + first, to.size(), to.begin());
}

}  // namespace hourglass::datasets
