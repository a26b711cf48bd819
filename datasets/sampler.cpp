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

void StretchSampler::positions(int64_t epoch, int64_t first, std::span<int64_t> to) const {
  for (int64_t next = (epoch - 1) * size_ + first; !to.empty();) {
    const int64_t pass = next / whole_->size(), begin = next % whole_->size();
    const int64_t count = std::min(std::ssize(to), whole_->size() - begin);
    whole_->positions(pass + 1, begin, to.first(static_cast<size_t>(count)));
    to = to.subspan(static_cast<size_t>(count));
    next += count;
  }
}

}  // namespace hourglass::datasets
