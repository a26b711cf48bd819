#include "hourglass/training/fused/latent_gradients.h"

#include "hourglass/kernels/dense_passes.h"
#include "hourglass/kernels/sparse_products.h"

#include <algorithm>
#include <numeric>

namespace hourglass::training::fused {

LatentGradients::LatentGradients(const Dictionary& dictionary, const SparseDecoder& decoder,
                                 const Flow& centered, bool subtracts_bias, const Step& step)
    : dictionary_(dictionary),
      decoder_(decoder),
      centered_(centered),
      subtracts_bias_(subtracts_bias),
      step_(step),
      counts_(static_cast<size_t>(step.most_shards),
              std::vector<int64_t>(static_cast<size_t>(dictionary.latents))),
      ends_(static_cast<size_t>(dictionary.latents)),
      first_of_shard_(static_cast<size_t>(step.most_shards) + 1),
      threshold_sums_(counts_.size()),
      value_sums_(ends_.size()),
      bias_parts_(step.most_shards * kernels::padded(dictionary.width)),
      rows_(counts_.size()),
      factors_(counts_.size()) {}

LatentGradients::Range LatentGradients::latents_of(const Shard& shard) const {
  const auto index = static_cast<size_t>(shard.index);
  return {first_of_shard_[index], first_of_shard_[index + 1]};
}

void LatentGradients::count(const Shard& shard, const ActiveLatents& active) {
  auto& counts = counts_[static_cast<size_t>(shard.index)];
  std::fill(counts.begin(), counts.end(), 0);
  for (size_t i = 0; i < active.latents.size(); ++i) {
    if (active.values[i] != 0) ++counts[static_cast<size_t>(active.latents[i])];
  }
  if (!dictionary_.threshold) return;
  auto& sums = threshold_sums_[static_cast<size_t>(shard.index)];
  sums.assign(static_cast<size_t>(dictionary_.latents), 0.0F);
  for (size_t i = 0; i < active.latents.size(); ++i) {
    sums[static_cast<size_t>(active.latents[i])] += active.threshold_gradients[i];
  }
}

void LatentGradients::arrange() {
  int64_t place = 0;
  for (size_t latent = 0; latent < ends_.size(); ++latent) {
    for (int shard = 0; shard < step_.shards; ++shard) {
      int64_t& count = counts_[static_cast<size_t>(shard)][latent];
      place += std::exchange(count, place);
    }
    ends_[latent] = place;
  }
  const auto size = static_cast<size_t>(place);
  items_.resize(size);
  values_.resize(size);
  gradients_.resize(size);
  share_latents();
}

/// Cuts the latents where the work so far reaches each shard's part.
void LatentGradients::share_latents() {
  constexpr int64_t kRow = 4;  // what writing a row costs beside reading one
  const int64_t work = ends_.back() + kRow * dictionary_.latents;
  int64_t latent = 0;
  for (int shard = 0; shard < step_.shards; ++shard) {
    first_of_shard_[static_cast<size_t>(shard)] = latent;
    const int64_t goal = work * (shard + 1) / step_.shards;
    while (latent < dictionary_.latents && begin_of(latent) + kRow * latent < goal) ++latent;
  }
  first_of_shard_[static_cast<size_t>(step_.shards)] = dictionary_.latents;
}

void LatentGradients::place(const Shard& shard, const ActiveLatents& active) {
  auto& next = counts_[static_cast<size_t>(shard.index)];
  for (int64_t item = 0; item < shard.count; ++item) {
    for (int64_t i = active.begin_of(item); i < active.end_of(item); ++i) {
      const auto from = static_cast<size_t>(i);
      if (active.values[from] == 0) continue;
      const auto to = static_cast<size_t>(next[static_cast<size_t>(active.latents[from])]++);
      items_[to] = static_cast<int32_t>(shard.first + item);
      values_[to] = active.values[from];
      gradients_[to] = active.gradients[from];
    }
  }
}

void LatentGradients::write_rows(const Shard& shard) {
  const auto [first, end] = latents_of(shard);
  size_t prefix = 0;
  for (int64_t latent = first; latent < end; ++latent) {
    while (latent >= decoder_.prefixes()[prefix]) ++prefix;
    const Flow& error = decoder_.reconstruction(prefix);
    const int64_t from = begin_of(latent), count = ends_[static_cast<size_t>(latent)] - from;
    const int32_t* items = items_.data() + from;
    kernels::combine_rows(dictionary_.width, {items, values_.data() + from, count},
                          {error.row(0), error.stride},
                          dictionary_.gradient_row(dictionary_.decoder, latent));
    kernels::combine_rows(dictionary_.width, {items, gradients_.data() + from, count},
                          {centered_.row(0), centered_.stride},
                          dictionary_.gradient_row(dictionary_.encoder, latent));
  }
}

void LatentGradients::write_biases(const Shard& shard) {
  const auto [first, end] = latents_of(shard);
  float* biases = dictionary_.gradient(dictionary_.encoder_bias);
  for (int64_t latent = first; latent < end; ++latent) {
    const int64_t from = begin_of(latent), to = ends_[static_cast<size_t>(latent)];
    const auto sum = [&](const std::vector<float>& values) {
      return std::accumulate(values.begin() + from, values.begin() + to, 0.0F);
    };
    biases[latent] = sum(gradients_);
    value_sums_[static_cast<size_t>(latent)] = sum(values_);
  }
  if (dictionary_.threshold) write_thresholds(shard);
}

void LatentGradients::write_thresholds(const Shard& shard) {
  const auto [first, end] = latents_of(shard);
  float* gradient = dictionary_.gradient(*dictionary_.threshold);
  for (int64_t latent = first; latent < end; ++latent) {
    gradient[latent] = 0;
    for (int part = 0; part < step_.shards; ++part) {
      gradient[latent] += threshold_sums_[static_cast<size_t>(part)][static_cast<size_t>(latent)];
    }
  }
}

void LatentGradients::add_to_decoder_bias(const Shard& shard) {
  const auto index = static_cast<size_t>(shard.index);
  float* part = bias_parts_.data() + shard.index * kernels::padded(dictionary_.width);
  const Flow& error = decoder_.reconstruction(0);  // all prefixes have the bias
  kernels::sum_columns({shard.count, dictionary_.width}, {error.row(shard.first), error.stride},
                       part);
  if (!subtracts_bias_) return;
  const float* biases = dictionary_.gradient(dictionary_.encoder_bias);
  auto& rows = rows_[index];
  auto& factors = factors_[index];
  rows.clear();
  factors.clear();
  const auto [first, end] = latents_of(shard);
  for (int64_t latent = first; latent < end; ++latent) {
    if (biases[latent] == 0) continue;
    rows.push_back(static_cast<int32_t>(latent));
    factors.push_back(-biases[latent]);
  }
  kernels::combine_rows(dictionary_.width, {rows.data(), factors.data(), std::ssize(rows)},
                        dictionary_.encoder_rows(), part, kernels::Into::Add);
}

void LatentGradients::write_decoder_bias() {
  const int64_t stride = kernels::padded(dictionary_.width);
  kernels::sum_columns({step_.shards, dictionary_.width}, {bias_parts_.data(), stride},
                       dictionary_.gradient(dictionary_.decoder_bias));
}

}  // namespace hourglass::training::fused
