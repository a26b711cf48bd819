#include "hourglass/training/fused/convolution_stage.h"

#include "hourglass/kernels/dense_passes.h"

#include <algorithm>

namespace hourglass::training::fused {
namespace {

// Below so many multiplications a value, computing a map again is faster than writing it to memory and reading it.
constexpr int64_t kLittleWork = 32;

}  // namespace

ConvolutionStage::ConvolutionStage(const StagePlan& plan, const ImageFlow& input, Adds adds,
                                   const Step& step, Parameters& parameters)
    : step_(step), activation_(plan.convolution.plan->activation), pooled_(plan.pooled) {
  const models::LayerPlan& layer = *plan.convolution.plan;
  // An upsampling that nothing crops becomes part of the convolution.
  const bool folded = plan.enlarging.upsampled && plan.enlarging.height == 0 &&
                      layer.kind == "conv" && layer.sizes.at("stride") == 1;
  input_ = ImageInput(input, folded ? Enlarging{} : plan.enlarging, adds, step);
  const int64_t times = folded ? 2 : 1;
  Axis rows = axis_of(layer, times * input_.size().height);
  Axis columns = axis_of(layer, times * input_.size().width);
  if (folded) {
    rows = with_upsampling(rows);
    columns = with_upsampling(columns);
  }
  weights_ = ConvolutionWeights(layer, plan.convolution.name, rows, columns, parameters);
  map_ = {rows.output, columns.output, kernels::padded(weights_.outputs())};
  convolution_ = make_convolution(
      weights_, {rows, columns, input_.size(), map_, input_.wants_gradient()}, step);
  if (plan.norm) {
    norm_ = std::make_unique<BatchNorm>(*plan.norm->plan, plan.norm->name, map_.channels,
                                        map_.height * map_.width, step, parameters);
  }
  const kernels::ImageSize given = output_size();
  output_ =
      Flow({weights_.outputs(), given.height, given.width}, step.most_items, Order::ChannelsLast);
  keeps_maps_ = !pooled_ || convolution_->work() > kLittleWork ||
                !kernels::slope_follows_from_value(activation_);
  if (pooled_ && keeps_maps_) maps_ = Floats(step.most_items * map_.values());
  for (int shard = 0; !keeps_maps_ && shard < step.most_shards; ++shard) {
    own_maps_.emplace_back(map_.values());
  }
  if (!kernels::slope_follows_from_value(activation_))
    slopes_ = Floats(step.most_items * map_.values());
  zeros_ = Floats(map_.channels);
  ones_ = Floats(map_.channels);
  std::fill_n(ones_.data(), map_.channels, 1.0F);
}

kernels::ImageSize ConvolutionStage::output_size() const {
  if (!pooled_) return map_;
  return {(map_.height + 1) / 2, (map_.width + 1) / 2, map_.channels};
}

ImageFlow ConvolutionStage::image() { return {&output_, norm_.get()}; }

float* ConvolutionStage::map(int shard, int64_t item) const {
  if (!pooled_) return output_.row(item);
  return keeps_maps_ ? maps_.data() + item * map_.values()
                     : own_maps_[static_cast<size_t>(shard)].data();
}

void ConvolutionStage::compute_map(int shard, int64_t item) const {
  using enum models::Activation;
  float* values = map(shard, item);
  if (activation_ == Relu || activation_ == Linear) {
    convolution_->forward(shard, {.bias = weights_.bias(), .relu = activation_ == Relu}, values);
    return;
  }
  convolution_->forward(shard, {}, values);
  kernels::add_bias_and_activate(activation_, {map_.height * map_.width, map_.channels},
                                 weights_.bias() ? weights_.bias() : zeros_.data(),
                                 {values, map_.channels},
                                 slopes_ ? slopes_.data() + item * map_.values() : nullptr);
}

void ConvolutionStage::forward(const Shard& shard, int64_t item) {
  input_.read(item, convolution_->input().image(shard.index));
  compute_map(shard.index, item);
  const float* values = map(shard.index, item);
  if (norm_) norm_->add_image(shard, item, map_, values);
  if (pooled_) kernels::pool(map_, values, norm_ ? norm_->sign() : ones_.data(), output_.row(item));
}

void ConvolutionStage::add_forward(Program& program) {
  program.each([this](const Shard& shard) {
    for (int64_t i = 0; i < shard.count; ++i) forward(shard, shard.first + i);
  });
  if (norm_) program.once([this] { norm_->finish_images(); });
}

void ConvolutionStage::set_map_gradient(int shard, int64_t item) const {
  kernels::ImageGradient how = norm_ ? norm_->gradient_map() : kernels::ImageGradient{};
  how.relu = activation_ == models::Activation::Relu;
  how.pooled = pooled_;
  const kernels::Framed<float> gradient = convolution_->output_gradient().image(shard);
  const float* values = map(shard, item);
  kernels::image_gradient(map_, how, values, output_.gradient_row(item), gradient);
  if (how.relu || activation_ == models::Activation::Linear) return;
  for (int64_t row = 0; row < map_.height; ++row) {
    const int64_t place = row * map_.width * map_.channels;
    kernels::multiply_by_slopes(activation_, {map_.width, map_.channels},
                                {values + place, map_.channels},
                                slopes_ ? slopes_.data() + item * map_.values() + place : nullptr,
                                {gradient.data + row * gradient.row, map_.channels});
  }
}

void ConvolutionStage::backward(const Shard& shard, int64_t item) {
  input_.read(item, convolution_->input().image(shard.index));
  if (!keeps_maps_) compute_map(shard.index, item);
  set_map_gradient(shard.index, item);
  convolution_->add_weight_gradient(shard.index, item == shard.first);
  if (float* bias = weights_.bias_gradient(shard.index)) {
    const auto gradient = convolution_->output_gradient().image(shard.index);
    kernels::add_channel_sums(map_, {gradient.data, gradient.row}, bias);
  }
  if (!input_.wants_gradient()) return;
  convolution_->backward(shard.index, input_.gradient(shard.index, item));
  input_.give_gradient(shard, item);
}

void ConvolutionStage::add_backward(Program& program) {
  if (norm_) program.once([this] { norm_->finish_gradients(); });
  program.each([this](const Shard& shard) {
    weights_.clear_gradient(shard.index);
    if (norm_) norm_->write_gradients(shard);
    for (int64_t i = 0; i < shard.count; ++i) backward(shard, shard.first + i);
    if (shard.count > 0) convolution_->write_weight_gradient(shard.index);
  });
}

void ConvolutionStage::add_refresh(Program& program) {
  program.each([this](const Shard& shard) { convolution_->refresh(shard.index); });
}

}  // namespace hourglass::training::fused
