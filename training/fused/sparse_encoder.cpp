#include "hourglass/training/fused/sparse_encoder.h"

#include "hourglass/kernels/dense_passes.h"
#include "hourglass/kernels/sparse_products.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace hourglass::training::fused {
namespace {

using kernels::kLanes;

// Two vectors, as wide as the tiles of the product are.
constexpr int64_t kPanel = 2 * kLanes;

// So many items stay in the second cache while the panels pass.
constexpr int64_t kBlock = 128;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// A batch's least key is within a few percent of the last one's.
constexpr float kGuess = 0.95F;

/// What has to be exceeded by all that are at least `least`.
float just_below(float least) { return std::nextafter(least, -kInfinity); }

}  // namespace

SparseEncoder::SparseEncoder(const Dictionary& dictionary, bool scales_by_norm, bool subtracts_bias,
                             const Flow& input, const Step& step)
    : dictionary_(dictionary),
      scales_by_norm_(scales_by_norm),
      input_(input),
      step_(step),
      panels_((dictionary.latents + kPanel - 1) / kPanel),
      // An odd number of cache lines: lists then do not all begin in the same set of a cache.
      list_stride_((panels_ * 2 + 1) * kLanes),
      centered_(subtracts_bias ? Flow::without_gradient(input.shape, step.most_items) : input),
      subtracts_bias_(subtracts_bias),
      packed_(panels_ * kPanel * dictionary.width),
      biases_(panels_ * kPanel),
      scales_(panels_ * kPanel),
      norms_(panels_ * kPanel),
      training_floors_(panels_ * kPanel),
      inference_floors_(panels_ * kPanel),
      works_(static_cast<size_t>(step.most_shards)) {
  for (Floats* floors : {&training_floors_, &inference_floors_}) {
    std::fill_n(floors->data() + dictionary.latents, panels_ * kPanel - dictionary.latents,
                kInfinity);
  }
  std::fill_n(scales_.data(), panels_ * kPanel, 1.0F);
  const auto listed = static_cast<size_t>(kBlock * list_stride_);
  for (Work& work : works_) {
    work.tile = Floats(kBlock * kPanel);
    // Only the first of each list are ever touched, so they are left as they are.
    work.keys = std::make_unique_for_overwrite<float[]>(listed);
    work.columns = std::make_unique_for_overwrite<int32_t[]>(listed);
    work.counts.resize(kBlock);
    work.bounds.resize(kBlock);
  }
}

void SparseEncoder::add_forward(Program& program, Selection training, Selection inference) {
  const auto now = [this, training, inference] { return step_.training ? training : inference; };
  program.each([this, now](const Shard& shard) {
    center(shard);
    select(shard, now(), now().of_batch > 0 ? guess_ : -kInfinity);
  });
  if (training.of_batch == 0 && inference.of_batch == 0) return;
  program.once([this, now] { find_least_of_batch(now()); });
  program.each([this, now](const Shard& shard) {
    if (begins_again_) select(shard, now(), -kInfinity);
  });
  program.once([this, now] {
    if (begins_again_) find_least_of_batch(now());
  });
  program.each([this, now](const Shard& shard) {
    if (now().of_batch > 0) keep_of_batch(shard);
  });
}

void SparseEncoder::add_refresh(Program& program) {
  program.each([this](const Shard& shard) { refresh(shard.index, step_.shards); });
}

void SparseEncoder::refresh(int part, int parts) {
  const int64_t width = dictionary_.width;
  const kernels::RowsOf encoder = dictionary_.encoder_rows(), decoder = dictionary_.decoder_rows();
  const float* biases = dictionary_.parameters.values(dictionary_.encoder_bias);
  for (int64_t panel = panels_ * part / parts; panel < panels_ * (part + 1) / parts; ++panel) {
    const int64_t first = panel * kPanel, count = std::min(kPanel, dictionary_.latents - first);
    kernels::transpose({count, width}, {encoder.data + first * encoder.stride, encoder.stride},
                       {packed_.data() + first * width, kPanel});
    std::copy_n(biases + first, count, biases_.data() + first);
    kernels::row_norms(count, width, {decoder.data + first * decoder.stride, decoder.stride},
                       norms_.data() + first);
    if (scales_by_norm_) std::copy_n(norms_.data() + first, count, scales_.data() + first);
  }
}

void SparseEncoder::center(const Shard& shard) const {
  if (!subtracts_bias_) return;
  const float* bias = dictionary_.parameters.values(dictionary_.decoder_bias);
  for (int64_t i = shard.first; i < shard.first + shard.count; ++i) {
    const float* x = input_.row(i);
    float* centered = centered_.row(i);
    for (int64_t j = 0; j < dictionary_.width; ++j) centered[j] = x[j] - bias[j];
  }
}

void SparseEncoder::select(const Shard& shard, const Selection& selection, float bound) {
  Work& work = works_[index(shard)];
  work.active.ends.clear();
  work.active.latents.clear();
  work.active.keys.clear();
  work.bound = bound;
  for (int64_t first = 0; first < shard.count; first += kBlock) {
    select_block({shard.index, shard.first + first, std::min(kBlock, shard.count - first)},
                 selection, work);
  }
  give_values(work.active);
}

void SparseEncoder::select_block(const Shard& block, const Selection& selection, Work& work) {
  std::fill_n(work.counts.begin(), block.count, 0);
  std::fill_n(work.bounds.begin(), block.count, work.bound);
  const Floats& floors = step_.training ? training_floors_ : inference_floors_;
  const int64_t width = dictionary_.width;
  const kernels::KeptRows lists = {work.keys.get(), work.columns.get(), list_stride_,
                                   work.counts.data(), work.bounds.data()};
  for (int64_t first = 0; first < panels_ * kPanel; first += kPanel) {
    kernels::multiply({block.count, kPanel, width},
                      {centered_.row(block.first), centered_.stride, kernels::Left::Rows},
                      {packed_.data() + first * width, kPanel}, {work.tile.data(), kPanel});
    kernels::keep_larger({block.count, kPanel}, {work.tile.data(), kPanel},
                         {biases_.data() + first, scales_.data() + first, floors.data() + first},
                         static_cast<int32_t>(first), lists);
    if (selection.of_item > 0) raise_bounds(block.count, selection, work);
  }
  for (int64_t item = 0; item < block.count; ++item) {
    append_item(work, item, selection, work.active);
  }
  const int64_t most = selection.of_batch * step_.batch_items;
  if (most > 0 && work.active.size() > 2 * most) {
    work.bound =
        just_below(kernels::kth_largest(work.active.size(), work.active.keys.data(), most));
  }
}

/// Shortens the lists that have become long to what may still be among the largest.
void SparseEncoder::raise_bounds(int64_t items, const Selection& selection, Work& work) const {
  const int64_t most = selection.of_item + std::max<int64_t>(selection.of_item, kPanel);
  for (int64_t item = 0; item < items; ++item) {
    int64_t& count = work.counts[static_cast<size_t>(item)];
    if (count <= most) continue;
    float* keys = work.keys.get() + item * list_stride_;
    int32_t* columns = work.columns.get() + item * list_stride_;
    const float least = kernels::kth_largest(count, keys, selection.of_item);
    work.bounds[static_cast<size_t>(item)] = just_below(least);
    int64_t kept = 0;
    for (int64_t i = 0; i < count; ++i) {
      keys[kept] = keys[i];
      columns[kept] = columns[i];
      kept += keys[i] >= least ? 1 : 0;
    }
    count = kept;
  }
}

/// An item's list, of which no more than the largest are wanted, becomes part of what is active.
void SparseEncoder::append_item(const Work& lists, int64_t item, const Selection& selection,
                                ActiveLatents& active) const {
  const float* keys = lists.keys.get() + item * list_stride_;
  const int32_t* columns = lists.columns.get() + item * list_stride_;
  const int64_t count = lists.counts[static_cast<size_t>(item)];
  const float least = selection.of_item > 0 && count > selection.of_item
                          ? kernels::kth_largest(count, keys, selection.of_item)
                          : -kInfinity;
  for (int64_t i = 0; i < count; ++i) {
    if (keys[i] < least) continue;
    active.keys.push_back(keys[i]);
    active.latents.push_back(columns[i]);
  }
  active.ends.push_back(active.size());
}

void SparseEncoder::find_least_of_batch(const Selection& selection) {
  begins_again_ = false;
  if (selection.of_batch == 0) return;
  all_keys_.clear();
  bool had_bound = false;
  for (int shard = 0; shard < step_.shards; ++shard) {
    const Work& work = works_[static_cast<size_t>(shard)];
    all_keys_.insert(all_keys_.end(), work.active.keys.begin(), work.active.keys.end());
    had_bound = had_bound || work.bound > -kInfinity;
  }
  if (!step_.processes.alone()) had_bound = gather_keys(had_bound);
  const int64_t most = selection.of_batch * step_.batch_items;
  const int64_t count = std::ssize(all_keys_);
  if (count < most && had_bound) {
    begins_again_ = true;
    return;
  }
  if (count > most) {
    least_kept_ = kernels::kth_largest(count, all_keys_.data(), most);
  } else {
    least_kept_ = count > 0 ? *std::min_element(all_keys_.begin(), all_keys_.end()) : 0;
  }
  guess_ = count < most ? -kInfinity : kGuess * least_kept_;
}

/// The keys of all processes, and whether any of them had a bound.
bool SparseEncoder::gather_keys(bool had_bound) {
  const at::Tensor bounds = at::full({1}, had_bound ? 1 : 0, at::kLong);
  step_.processes.sum(bounds);
  const at::Tensor all =
      step_.processes.gather(at::from_blob(all_keys_.data(), {std::ssize(all_keys_)}, at::kFloat))
          .rows;
  all_keys_.assign(all.const_data_ptr<float>(), all.const_data_ptr<float>() + all.numel());
  return bounds.item<int64_t>() > 0;
}

void SparseEncoder::keep_of_batch(const Shard& shard) {
  ActiveLatents& active = works_[index(shard)].active;
  size_t kept = 0, next = 0;
  for (int64_t& end : active.ends) {
    for (const auto last = static_cast<size_t>(end); next < last; ++next) {
      active.keys[kept] = active.keys[next];
      active.latents[kept] = active.latents[next];
      kept += active.keys[next] >= least_kept_ ? 1 : 0;
    }
    end = static_cast<int64_t>(kept);
  }
  active.keys.resize(kept);
  active.latents.resize(kept);
  give_values(active);
}

/// f: the pre-activation of what is active, which the key is but for the scale.
void SparseEncoder::give_values(ActiveLatents& active) const {
  active.values.resize(active.keys.size());
  for (size_t i = 0; i < active.keys.size(); ++i) {
    const auto latent = active.latents[i];
    active.values[i] = active.keys[i] / scales_.data()[latent];
    // What lies below its threshold is listed for the threshold's gradient.
    if (dictionary_.threshold && active.keys[i] <= inference_floors_.data()[latent]) {
      active.values[i] = 0;
    }
  }
}

}  // namespace hourglass::training::fused
