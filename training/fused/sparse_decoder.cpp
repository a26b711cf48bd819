#include "hourglass/training/fused/sparse_decoder.h"

#include "hourglass/kernels/dense_passes.h"
#include "hourglass/kernels/losses.h"
#include "hourglass/kernels/sparse_products.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace hourglass::training::fused {

SparseDecoder::SparseDecoder(const Dictionary& dictionary, std::vector<int64_t> prefixes,
                             const Flow& target, const Step& step)
    : dictionary_(dictionary), prefixes_(std::move(prefixes)), target_(target), step_(step) {
  for (size_t i = 0; i < prefixes_.size(); ++i) {
    reconstructions_.push_back(Flow::without_gradient(target.shape, step.most_items));
    sums_.emplace_back(static_cast<size_t>(step.most_shards));
  }
}

/// Calls work(prefix, first, count) for an item's active latents between a prefix and the one before.
template <class Work>
void SparseDecoder::for_parts(const ActiveLatents& active, int64_t item, Work work) const {
  int64_t first = active.begin_of(item);
  const auto end = active.latents.begin() + active.end_of(item);
  for (size_t prefix = 0; prefix < prefixes_.size(); ++prefix) {
    const auto beyond = std::lower_bound(active.latents.begin() + first, end, prefixes_[prefix]);
    const int64_t count = beyond - active.latents.begin() - first;
    work(prefix, first, count);
    first += count;
  }
}

void SparseDecoder::decode(const Shard& shard, const ActiveLatents& active) {
  const int64_t width = dictionary_.width;
  for (int64_t item = 0; item < shard.count; ++item) {
    const int64_t row = shard.first + item;
    for_parts(active, item, [&](size_t prefix, int64_t first, int64_t count) {
      float* x = reconstructions_[prefix].row(row);
      if (prefix > 0) std::copy_n(reconstructions_[prefix - 1].row(row), output().stride, x);
      kernels::combine_rows(width,
                            {active.latents.data() + first, active.values.data() + first, count},
                            dictionary_.decoder_rows(), x,
                            prefix > 0 ? kernels::Into::Add : kernels::Into::Overwrite);
    });
  }
}

void SparseDecoder::add_bias(const Shard& shard) {
  kernels::add_bias_and_activate(kernels::Activation::Linear, {shard.count, dictionary_.width},
                                 dictionary_.parameters.values(dictionary_.decoder_bias),
                                 {output().row(shard.first), output().stride}, nullptr);
}

void SparseDecoder::compare(const Shard& shard) {
  for (size_t prefix = 0; prefix < prefixes_.size(); ++prefix) {
    const Flow& x = reconstructions_[prefix];
    sums_[prefix][static_cast<size_t>(shard.index)] = kernels::loss_pass(
        {.loss = kernels::Loss::Mse,
         .activation = kernels::Activation::Linear,
         .rows = shard.count,
         .columns = dictionary_.width,
         .bias = dictionary_.parameters.values(dictionary_.decoder_bias),
         .logits = {x.row(shard.first), x.stride},
         .target = {target_.row(shard.first), target_.stride},
         .scale = static_cast<float>(1 / static_cast<double>(step_.batch_items))});
  }
}

void SparseDecoder::sum_gradients(const Shard& shard) {
  for (size_t prefix = prefixes_.size() - 1; prefix-- > 0;) {
    const Flow &larger = reconstructions_[prefix + 1], &sum = reconstructions_[prefix];
    const float* from = larger.row(shard.first);
    float* to = sum.row(shard.first);
    for (int64_t j = 0; j < shard.count * sum.stride; ++j) to[j] += from[j];
  }
}

void SparseDecoder::differentiate(const Shard& shard, ActiveLatents& active) const {
  active.gradients.resize(active.latents.size());
  for (int64_t item = 0; item < shard.count; ++item) {
    for_parts(active, item, [&](size_t prefix, int64_t first, int64_t count) {
      kernels::multiply_by_rows(dictionary_.width, reconstructions_[prefix].row(shard.first + item),
                                count, active.latents.data() + first, dictionary_.decoder_rows(),
                                active.gradients.data() + first);
    });
  }
}

double SparseDecoder::squared_error(size_t prefix) const {
  const auto& sums = sums_[prefix];
  return std::accumulate(sums.begin(), sums.begin() + step_.shards, 0.0) /
         static_cast<double>(step_.batch_items);
}

}  // namespace hourglass::training::fused
