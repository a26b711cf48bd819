#include "hourglass/training/fused/dense_code.h"

#include "hourglass/kernels/dense_passes.h"

#include <algorithm>

namespace hourglass::training::fused {
namespace {

using kernels::Left;

// As SparseEncoder's: a tile stays in the first cache.
constexpr int64_t kColumns = 2 * kernels::kLanes, kRows = 128;

}  // namespace

DenseCode::DenseCode(const Dictionary& dictionary, const Flow& code, const Step& step)
    : dictionary_(dictionary),
      code_(code),
      step_(step),
      gradients_(step.most_items * code.stride),
      works_(static_cast<size_t>(step.most_shards)) {
  for (Work& work : works_) {
    work.columns = Floats(dictionary.width * kColumns);
    work.tile = Floats(kRows * kColumns);
    work.next.resize(static_cast<size_t>(step.most_items));
  }
}

void DenseCode::decode(const Shard& shard, const Flow& reconstruction) const {
  kernels::multiply({shard.count, dictionary_.width, dictionary_.latents},
                    {code_.row(shard.first), code_.stride, Left::Rows}, dictionary_.decoder_rows(),
                    {reconstruction.row(shard.first), reconstruction.stride});
}

void DenseCode::differentiate(const Shard& shard, const Flow& error, ActiveLatents& active) {
  Work& work = works_[static_cast<size_t>(shard.index)];
  const kernels::RowsOf decoder = dictionary_.decoder_rows();
  active.gradients.resize(active.latents.size());
  for (int64_t item = 0; item < shard.count; ++item) {
    work.next[static_cast<size_t>(item)] = active.begin_of(item);
  }
  for (int64_t first = 0; first < dictionary_.latents; first += kColumns) {
    const int64_t columns = std::min(kColumns, dictionary_.latents - first);
    kernels::transpose({columns, dictionary_.width},
                       {decoder.data + first * decoder.stride, decoder.stride},
                       {work.columns.data(), kColumns});
    for (int64_t row = 0; row < shard.count; row += kRows) {
      const int64_t rows = std::min(kRows, shard.count - row);
      kernels::multiply({rows, kColumns, dictionary_.width},
                        {error.row(shard.first + row), error.stride, Left::Rows},
                        {work.columns.data(), kColumns}, {work.tile.data(), kColumns});
      for (int64_t item = row; item < row + rows; ++item) {
        const float* products = work.tile.data() + (item - row) * kColumns - first;
        int64_t& next = work.next[static_cast<size_t>(item)];
        for (; next < active.end_of(item); ++next) {
          const int32_t latent = active.latents[static_cast<size_t>(next)];
          if (latent >= first + columns) break;
          active.gradients[static_cast<size_t>(next)] = products[latent];
        }
      }
    }
  }
}

void DenseCode::keep_gradients(const Shard& shard, const ActiveLatents& active) {
  for (int64_t item = 0; item < shard.count; ++item) {
    float* row = gradients_.data() + (shard.first + item) * code_.stride;
    std::fill_n(row, dictionary_.latents, 0.0F);
    for (auto i = active.begin_of(item); i < active.end_of(item); ++i) {
      row[active.latents[static_cast<size_t>(i)]] = active.gradients[static_cast<size_t>(i)];
    }
  }
}

void DenseCode::write_rows(const LatentGradients::Range& latents, const Flow& error,
                           const Flow& centered) const {
  if (latents.first == latents.end) return;
  const auto write = [&](const float* factors, const Flow& rows, size_t parameter) {
    kernels::multiply({latents.end - latents.first, dictionary_.width, step_.items},
                      {factors + latents.first, code_.stride, Left::Columns},
                      {rows.row(0), rows.stride},
                      {dictionary_.gradient_row(parameter, latents.first),
                       dictionary_.parameters.at(parameter).stride});
  };
  write(code_.row(0), error, dictionary_.decoder);
  write(gradients_.data(), centered, dictionary_.encoder);
}

}  // namespace hourglass::training::fused
