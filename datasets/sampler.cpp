#include "hourglass/datasets/sampler.h"

#include "hourglass/core/random.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

namespace hourglass::datasets {

at::Tensor SequentialSampler::order(int64_t /*epoch*/) const {
  return at::arange(size_, at::kLong);
}

at::Tensor ShuffledSampler::order(int64_t epoch) const {
  const uint64_t seed = derive_seed(seed_, "shuffle", static_cast<uint64_t>(epoch));
  return at::randperm(size_, at::detail::createCPUGenerator(seed), at::kLong);
}

}  // namespace hourglass::datasets
