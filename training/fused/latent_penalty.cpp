#include "hourglass/training/fused/latent_penalty.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hourglass::training::fused {
namespace {

int64_t count_active(const ActiveLatents& active, int64_t first, int64_t end) {
  return std::count_if(active.values.begin() + first, active.values.begin() + end,
                       [](float f) { return f != 0; });
}

}  // namespace

LatentPenalty::LatentPenalty(const Dictionary& dictionary, const SparseEncoder& encoder,
                             size_t term, const Step& step)
    : dictionary_(dictionary),
      encoder_(encoder),
      step_(step),
      term_(term),
      sums_(static_cast<size_t>(step.most_shards)) {}

void LatentPenalty::compute(const Shard& shard, ActiveLatents& active) {
  double& sum = sums_[static_cast<size_t>(shard.index)];
  sum = 0;
  if (step_.training) active.threshold_gradients.resize(active.latents.size());
  for (int64_t item = 0; item < shard.count; ++item) {
    const int64_t first = active.begin_of(item), end = active.end_of(item);
    sum += of_item(active, first, end);
    if (step_.training) differentiate_item(active, first, end);
  }
}

double LatentPenalty::value() const {
  return std::accumulate(sums_.begin(), sums_.begin() + step_.shards, 0.0) /
         static_cast<double>(step_.batch_items);
}

float LatentPenalty::weight() const {
  return static_cast<float>(step_.term_weights[term_] / static_cast<double>(step_.batch_items));
}

double WeightedL1::of_item(const ActiveLatents& active, int64_t first, int64_t end) const {
  double sum = 0;
  for (auto i = static_cast<size_t>(first); i < static_cast<size_t>(end); ++i) {
    sum += active.values[i] * encoder_.norms()[active.latents[i]];
  }
  return sum;
}

void WeightedL1::differentiate_item(ActiveLatents& active, int64_t first, int64_t end) const {
  for (auto i = static_cast<size_t>(first); i < static_cast<size_t>(end); ++i) {
    active.gradients[i] += weight() * encoder_.norms()[active.latents[i]];
  }
}

void WeightedL1::add_to_rows(const LatentGradients& sums, const LatentGradients::Range& latents) {
  const kernels::RowsOf decoder = dictionary_.decoder_rows();
  for (int64_t latent = latents.first; latent < latents.end; ++latent) {
    const float norm = encoder_.norms()[latent];
    if (norm == 0) continue;
    const float factor = weight() * sums.sum_of_values(latent) / norm;
    const float* row = decoder.data + latent * decoder.stride;
    float* gradient = dictionary_.gradient_row(dictionary_.decoder, latent);
    for (int64_t j = 0; j < dictionary_.width; ++j) gradient[j] += factor * row[j];
  }
}

JumpPenalty::JumpPenalty(const Dictionary& dictionary, const SparseEncoder& encoder, size_t term,
                         const Step& step, double bandwidth, double target)
    : LatentPenalty(dictionary, encoder, term, step),
      bandwidth_(static_cast<float>(bandwidth)),
      target_(target) {}

double JumpPenalty::of_item(const ActiveLatents& active, int64_t first, int64_t end) const {
  const auto count = static_cast<double>(count_active(active, first, end));
  return target_ == 0 ? count : 2 / target_ * (count - target_) * (count - target_);
}

void JumpPenalty::differentiate_item(ActiveLatents& active, int64_t first, int64_t end) const {
  float of_count = weight();
  if (target_ != 0) {
    const auto count = static_cast<double>(count_active(active, first, end));
    of_count *= static_cast<float>(4 / target_ * (count - target_));
  }
  const float* thresholds = encoder_.floors_of_inference();
  for (auto i = static_cast<size_t>(first); i < static_cast<size_t>(end); ++i) {
    const float threshold = thresholds[active.latents[i]];
    const bool is_near = std::abs((active.keys[i] - threshold) / bandwidth_) < 0.5F;
    float& gradient = active.gradients[i];
    active.threshold_gradients[i] =
        is_near ? -(threshold * gradient + of_count) / bandwidth_ : 0.0F;
    if (active.values[i] == 0) gradient = 0;
  }
}

}  // namespace hourglass::training::fused
