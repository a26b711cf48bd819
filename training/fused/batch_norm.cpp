#include "hourglass/training/fused/batch_norm.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace hourglass::training::fused {
namespace {

constexpr double kEpsilon = 1e-3;

}  // namespace

BatchNorm::BatchNorm(const models::LayerPlan& plan, const std::string& name, int64_t channels,
                     int64_t values, const Step& step, Parameters& parameters)
    : step_(step),
      parameters_(parameters),
      weight_(parameters.add(name + ".weight", plan.tensors.at("weight"), {0})),
      bias_(parameters.add(name + ".bias", plan.tensors.at("bias"), {0})),
      running_mean_(plan.tensors.at("running_mean")),
      running_var_(plan.tensors.at("running_var")),
      steps_(plan.tensors.at("num_batches_tracked")),
      channels_(static_cast<size_t>(plan.sizes.at("channels"))),
      values_(values),
      shards_(static_cast<size_t>(step.most_shards)) {
  for (Floats* floats : {&mean_, &inverse_, &scale_, &shift_, &slope_, &offset_, &curve_}) {
    *floats = Floats(channels);
  }
  for (Sums& sums : shards_) {
    for (Floats* floats : {&sums.center, &sums.image_sums, &sums.image_squares}) {
      *floats = Floats(channels);
    }
    for (auto* list : {&sums.sums, &sums.squares, &sums.gradient_sums, &sums.gradient_products}) {
      list->resize(channels_);
    }
  }
}

void BatchNorm::add_image(const Shard& shard, int64_t item, const kernels::ImageSize& size,
                          const float* image) {
  if (!step_.training) return;
  Sums& sums = shards_[static_cast<size_t>(shard.index)];
  sums.items = shard.count;
  float* center = sums.center.data();
  if (item == shard.first) {
    // The first image's mean is near enough to all.
    std::fill_n(center, size.channels, 0.0F);
    kernels::moments(size, image, center, sums.image_sums.data(), sums.image_squares.data());
    for (size_t c = 0; c < channels_; ++c) {
      center[c] = sums.image_sums.data()[c] / static_cast<float>(values_);
      sums.sums[c] = sums.squares[c] = 0;
    }
  }
  kernels::moments(size, image, center, sums.image_sums.data(), sums.image_squares.data());
  for (size_t c = 0; c < channels_; ++c) {
    sums.sums[c] += sums.image_sums.data()[c];
    sums.squares[c] += sums.image_squares.data()[c];
  }
}

BatchNorm::Moments BatchNorm::moments(size_t channel, double count) const {
  // About the center of the first shard that has images; always in the order of the shards.
  double sum = 0, squares = 0;
  const auto first = std::find_if(shards_.begin(), shards_.end(),
                                  [](const Sums& shard) { return shard.items > 0; });
  const double origin = first->center.data()[channel];
  for (const Sums& shard : shards_) {
    if (shard.items == 0) continue;
    const double apart = shard.center.data()[channel] - origin;
    const auto values = static_cast<double>(shard.items * values_);
    sum += shard.sums[channel] + values * apart;
    squares += shard.squares[channel] + 2 * apart * shard.sums[channel] + values * apart * apart;
  }
  const double mean = sum / count;
  return {origin + mean, std::max(0.0, squares / count - mean * mean)};
}

void BatchNorm::finish_images() {
  const auto count = static_cast<double>(step_.items * values_);
  std::vector<Moments> batch(channels_);
  for (size_t c = 0; c < channels_; ++c) {
    batch[c] = step_.training ? moments(c, count)
                              : Moments{running_mean_.const_data_ptr<float>()[c],
                                        running_var_.const_data_ptr<float>()[c]};
    const double inverse = 1 / std::sqrt(batch[c].variance + kEpsilon);
    const double scale = parameters_.values(weight_)[c] * inverse;
    mean_.data()[c] = static_cast<float>(batch[c].mean);
    inverse_.data()[c] = static_cast<float>(inverse);
    scale_.data()[c] = static_cast<float>(scale);
    shift_.data()[c] = static_cast<float>(parameters_.values(bias_)[c] - batch[c].mean * scale);
  }
  if (step_.training && count > 1) average(batch, count);
  for (Sums& shard : shards_) shard.items = 0;
}

void BatchNorm::average(const std::vector<Moments>& batch, double count) {
  int64_t& steps = *steps_.mutable_data_ptr<int64_t>();
  ++steps;
  const float share = std::max(0.01F, 2.0F / static_cast<float>(steps + 1));
  float* mean = running_mean_.mutable_data_ptr<float>();
  float* variance = running_var_.mutable_data_ptr<float>();
  const double unbiased = count / (count - 1);
  for (size_t c = 0; c < channels_; ++c) {
    // std::lerp would take the first form always, which loses digits of a small variance in the first steps.
    const auto blend = [share](float& average, double newest) {
      const auto value = static_cast<float>(newest);
      average = share < 0.5F ? average + share * (value - average)
                             : value - (value - average) * (1 - share);
    };
    blend(mean[c], batch[c].mean);
    blend(variance[c], batch[c].variance * unbiased);
  }
}

void BatchNorm::add_gradient(const Shard& shard, int64_t item, const kernels::ImageSize& size,
                             const float* gradient, const float* image) {
  Sums& sums = shards_[static_cast<size_t>(shard.index)];
  sums.items = shard.count;
  kernels::gradient_moments(size, gradient, image, mean_.data(), sums.image_sums.data(),
                            sums.image_squares.data());
  for (size_t c = 0; c < channels_; ++c) {
    if (item == shard.first) sums.gradient_sums[c] = sums.gradient_products[c] = 0;
    sums.gradient_sums[c] += sums.image_sums.data()[c];
    sums.gradient_products[c] += sums.image_squares.data()[c];
  }
}

void BatchNorm::finish_gradients() {
  const auto count = static_cast<double>(step_.items * values_);
  for (size_t c = 0; c < channels_; ++c) {
    double sum = 0, product = 0;
    for (const Sums& shard : shards_) {
      if (shard.items == 0) continue;
      sum += shard.gradient_sums[c];
      product += shard.gradient_products[c];
    }
    const double inverse = inverse_.data()[c];
    const double slope = parameters_.values(weight_)[c] * inverse;
    const double curve = -slope * inverse * inverse * product / count;
    slope_.data()[c] = static_cast<float>(slope);
    curve_.data()[c] = static_cast<float>(curve);
    offset_.data()[c] = static_cast<float>(-slope * sum / count - curve * mean_.data()[c]);
  }
  for (Sums& shard : shards_) shard.items = 0;
}

void BatchNorm::write_gradients(const Shard& shard) const {
  const Sums& sums = shards_[static_cast<size_t>(shard.index)];
  float* weight = parameters_.gradient(weight_, shard.index);
  float* bias = parameters_.gradient(bias_, shard.index);
  for (size_t c = 0; c < channels_; ++c) {
    const bool any = shard.count > 0;
    weight[c] = any ? static_cast<float>(sums.gradient_products[c] * inverse_.data()[c]) : 0;
    bias[c] = any ? static_cast<float>(sums.gradient_sums[c]) : 0;
  }
}

}  // namespace hourglass::training::fused
