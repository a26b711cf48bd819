#include "hourglass/training/fused/auxiliary_loss.h"

#include "hourglass/kernels/dense_passes.h"
#include "hourglass/kernels/losses.h"

#include <algorithm>
#include <numeric>

namespace hourglass::training::fused {
namespace {

using kernels::Left;

}  // namespace

AuxiliaryLoss::AuxiliaryLoss(const Dictionary& dictionary, const SparseEncoder& encoder,
                             const SparseDecoder& decoder, Range slice, size_t prefix, size_t term,
                             const Step& step)
    : dictionary_(dictionary),
      encoder_(encoder),
      decoder_(decoder),
      slice_(slice),
      prefix_(prefix),
      term_(term),
      step_(step),
      residuals_(step.most_items * width_stride()),
      reconstructions_(step.most_items * width_stride()),
      no_bias_(width_stride()),
      losses_(static_cast<size_t>(step.most_shards)) {}

/// K
int64_t AuxiliaryLoss::most() const { return std::max<int64_t>(1, dictionary_.width / 2); }

double AuxiliaryLoss::scale() const {
  return std::min(1.0, static_cast<double>(dead()) / static_cast<double>(most()));
}

void AuxiliaryLoss::find_dead(const std::function<bool(int64_t latent)>& is_dead) {
  latents_.clear();
  for (int64_t latent = slice_.first; latent < slice_.end; ++latent) {
    if (is_dead(latent)) latents_.push_back(static_cast<int32_t>(latent));
  }
  if (stride() <= room_) return;
  room_ = stride();
  const int64_t matrix = room_ * width_stride();
  for (Floats* floats :
       {&encoder_rows_, &encoder_columns_, &decoder_rows_, &decoder_columns_, &sums_}) {
    *floats = Floats(matrix);
  }
  for (Floats* floats : {&activations_, &gradients_}) *floats = Floats(step_.most_items * room_);
  for (Floats* floats : {&biases_, &scales_}) *floats = Floats(room_);
  keys_ = Floats(step_.most_shards * room_);
}

void AuxiliaryLoss::gather(const Shard& shard) {
  if (dead() == 0) return;
  // Columns then begin at a line of the cache.
  const LineRange own = lines_of(dead(), shard.index, step_.shards);
  const int64_t first = own.first, end = own.first + own.count;
  if (own.count == 0) return;
  const kernels::RowsOf encoder = dictionary_.encoder_rows(), decoder = dictionary_.decoder_rows();
  const float* biases = dictionary_.parameters.values(dictionary_.encoder_bias);
  for (int64_t i = first; i < end; ++i) {
    const int64_t latent = latents_[static_cast<size_t>(i)];
    std::copy_n(encoder.data + latent * encoder.stride, encoder.stride,
                encoder_rows_.data() + i * width_stride());
    std::copy_n(decoder.data + latent * decoder.stride, decoder.stride,
                decoder_rows_.data() + i * width_stride());
    biases_.data()[i] = biases[latent];
    scales_.data()[i] = encoder_.scales()[latent];
  }
  const auto turn = [&](const Floats& rows, const Floats& columns) {
    kernels::transpose({end - first, dictionary_.width},
                       {rows.data() + first * width_stride(), width_stride()},
                       {columns.data() + first, stride()});
  };
  turn(encoder_rows_, encoder_columns_);
  turn(decoder_rows_, decoder_columns_);
}

void AuxiliaryLoss::compute(const Shard& shard) {
  losses_[static_cast<size_t>(shard.index)] = 0;
  if (dead() == 0) return;
  const Flow& centered = encoder_.centered();
  const kernels::MutableRowsOf activations = {activations_.data() + shard.first * stride(),
                                              stride()};
  kernels::multiply({shard.count, dead(), dictionary_.width},
                    {centered.row(shard.first), centered.stride, Left::Rows},
                    {encoder_columns_.data(), stride()}, activations);
  kernels::add_bias_and_activate(kernels::Activation::Linear, {shard.count, dead()}, biases_.data(),
                                 activations, nullptr);
  if (dead() > most()) {
    for (int64_t i = shard.first; i < shard.first + shard.count; ++i) {
      choose(activations_.data() + i * stride(), keys_.data() + shard.index * room_);
    }
  }
  reconstruct(shard);
}

/// Of an item's activations all but the K with the largest keys become 0.
void AuxiliaryLoss::choose(float* activations, float* keys) const {
  for (int64_t i = 0; i < dead(); ++i) keys[i] = activations[i] * scales_.data()[i];
  const float least = kernels::kth_largest(dead(), keys, most());
  for (int64_t i = 0; i < dead(); ++i) {
    if (keys[i] < least) activations[i] = 0;
  }
}

/// What the chosen make of the residual, the loss, and the gradient of their activations.
void AuxiliaryLoss::reconstruct(const Shard& shard) {
  const int64_t width = dictionary_.width, rows = shard.first * width_stride();
  const float* activations = activations_.data() + shard.first * stride();
  float* gradients = gradients_.data() + shard.first * stride();
  const kernels::MutableRowsOf made = {reconstructions_.data() + rows, width_stride()};
  // The errors are 2 / B · (x̂ − x).
  const float* errors = decoder_.reconstruction(prefix_).row(shard.first);
  const auto to_residual = static_cast<float>(-0.5 * static_cast<double>(step_.batch_items));
  float* residuals = residuals_.data() + rows;
  for (int64_t j = 0; j < shard.count * width_stride(); ++j) residuals[j] = to_residual * errors[j];

  kernels::multiply({shard.count, width, dead()}, {activations, stride(), Left::Rows},
                    {decoder_rows_.data(), width_stride()}, made);
  losses_[static_cast<size_t>(shard.index)] =
      kernels::loss_pass({.loss = kernels::Loss::Mse,
                          .activation = kernels::Activation::Linear,
                          .rows = shard.count,
                          .columns = width,
                          .bias = no_bias_.data(),
                          .logits = made,
                          .target = {residuals, width_stride()},
                          .scale = static_cast<float>(step_.term_weights[term_] * scale() /
                                                      static_cast<double>(step_.batch_items))});
  kernels::multiply({shard.count, dead(), width}, {made.data, made.stride, Left::Rows},
                    {decoder_columns_.data(), stride()}, {gradients, stride()});
  if (dead() <= most()) return;
  for (int64_t i = 0; i < shard.count * stride(); ++i) {
    if (activations[i] == 0) gradients[i] = 0;
  }
}

void AuxiliaryLoss::add_gradients(const Range& latents) {
  const auto place_of = [&](int64_t latent) {
    return std::lower_bound(latents_.begin(), latents_.end(), latent) - latents_.begin();
  };
  const int64_t first = place_of(latents.first), end = place_of(latents.end);
  if (first == end) return;
  add_rows(first, end, activations_, reconstructions_, width_stride(), dictionary_.decoder);
  add_rows(first, end, gradients_, Floats(encoder_.centered().values), encoder_.centered().stride,
           dictionary_.encoder);
  float* biases = dictionary_.gradient(dictionary_.encoder_bias);
  for (int64_t i = first; i < end; ++i) {
    double sum = 0;
    for (int64_t item = 0; item < step_.items; ++item)
      sum += gradients_.data()[item * stride() + i];
    biases[latents_[static_cast<size_t>(i)]] += static_cast<float>(sum);
  }
}

/// Adds factorsᵀ · rows, [m, B] · [B, D], to the gradient's rows of some of the dead.
void AuxiliaryLoss::add_rows(int64_t first, int64_t end, const Floats& factors, const Floats& rows,
                             int64_t row_stride, size_t parameter) {
  const int64_t width = dictionary_.width;
  float* sums = sums_.data() + first * width_stride();
  kernels::multiply({end - first, width, step_.items},
                    {factors.data() + first, stride(), Left::Columns}, {rows.data(), row_stride},
                    {sums, width_stride()});
  for (int64_t i = first; i < end; ++i, sums += width_stride()) {
    float* gradient = dictionary_.gradient_row(parameter, latents_[static_cast<size_t>(i)]);
    for (int64_t j = 0; j < width; ++j) gradient[j] += sums[j];
  }
}

double AuxiliaryLoss::value() const {
  const double sum = std::accumulate(losses_.begin(), losses_.begin() + step_.shards, 0.0);
  return dead() == 0 ? 0 : scale() * sum / static_cast<double>(step_.batch_items);
}

}  // namespace hourglass::training::fused
