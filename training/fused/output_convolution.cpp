#include "hourglass/training/fused/output_convolution.h"

#include <algorithm>
#include <numeric>

namespace hourglass::training::fused {
namespace {

bool folds(const StagePlan& plan) { return plan.enlarging.upsampled && plan.enlarging.height == 0; }

Axis spread_axis(const StagePlan& plan, int64_t input) {
  const models::LayerPlan& layer = *plan.convolution.plan;
  const Axis axis = axis_of(layer, folds(plan) ? 2 * input : input);
  if (folds(plan)) return with_upsampling(axis);
  return axis.transposed ? axis : as_transposed(axis);
}

}  // namespace

bool OutputConvolution::suits(const StagePlan& plan) {
  const models::LayerPlan& layer = *plan.convolution.plan;
  if (plan.norm || plan.pooled) return false;
  const int64_t stride = layer.sizes.at("stride"), kernel = layer.sizes.at("kernel");
  if (layer.kind == "conv" && stride != 1) return false;
  if (layer.kind == "deconv" && plan.enlarging.upsampled) return false;
  const int64_t outputs = layer.sizes.at("outputs");
  const int64_t side = folds(plan) ? kernel + 1 : kernel;
  return kernels::padded(outputs * side * side) < kernels::padded(outputs) * side * side;
}

OutputConvolution::OutputConvolution(const StagePlan& plan, const ImageFlow& input, Adds adds,
                                     const Step& step, Parameters& parameters)
    : step_(step),
      activation_(plan.convolution.plan->activation),
      input_(input, folds(plan) ? Enlarging{} : plan.enlarging, adds, step),
      rows_(spread_axis(plan, input_.size().height)),
      columns_(spread_axis(plan, input_.size().width)),
      weights_(*plan.convolution.plan, plan.convolution.name, rows_, columns_, parameters) {
  const kernels::ImageSize& size = input_.size();
  const int64_t stride = rows_.stride, kernel = rows_.kernel;
  // All patches, and all of the output even where no patch reaches it.
  const auto framed = [&](const Axis& axis) {
    return std::max((axis.input - 1) * stride + kernel, axis.before + axis.output);
  };
  const int64_t height = framed(rows_), width = framed(columns_);
  entries_ = weights_.outputs() * kernel * kernel;
  table_row_ = kernels::padded(entries_);
  patches_ = {.rows = size.height,
              .columns = size.width,
              .planes = weights_.outputs(),
              .kernel = kernel,
              .stride = stride,
              .row = width,
              .plane = height * width,
              .table_row = table_row_};
  first_ = rows_.before * width + columns_.before;
  output_ = Flow({weights_.outputs(), rows_.output, columns_.output}, step.most_items);
  if (!kernels::slope_follows_from_value(activation_)) {
    slopes_ = Floats(step.most_items * output_.stride);
  }
  zeros_ = Floats(output_.stride);
  forward_weights_ = Floats(size.channels * table_row_);
  backward_weights_ = Floats(entries_ * kernels::padded(size.channels));
  const int64_t pixels = size.height * size.width;
  for (int shard = 0; shard < step.most_shards; ++shard) {
    scratch_.push_back({.input = Floats(pixels * size.channels),
                        .table = Floats(pixels * table_row_),
                        .images = Floats(weights_.outputs() * patches_.plane),
                        .weights = Floats(size.channels * table_row_)});
  }
}

void OutputConvolution::add_refresh(Program& program) {
  program.each([this](const Shard& shard) {
    const int64_t kernel = rows_.kernel, channels = kernels::padded(input_.size().channels);
    for (int64_t place = shard.index; place < kernel * kernel; place += step_.shards) {
      const int64_t row = place / kernel, column = place % kernel;
      weights_.copy(row, column, {table_row_, kernel * kernel}, forward_weights_.data() + place);
      weights_.copy(row, column, {1, kernel * kernel * channels},
                    backward_weights_.data() + place * channels);
    }
  });
}

void OutputConvolution::read(int shard, int64_t item) const {
  const kernels::ImageSize& size = input_.size();
  input_.read(item,
              {scratch_[static_cast<size_t>(shard)].input.data(), size.width * size.channels});
}

void OutputConvolution::forward(int shard, int64_t item) const {
  const Scratch& scratch = scratch_[static_cast<size_t>(shard)];
  const int64_t channels = input_.size().channels;
  read(shard, item);
  kernels::multiply({patches_.rows * patches_.columns, table_row_, channels},
                    {scratch.input.data(), channels, kernels::Left::Rows},
                    {forward_weights_.data(), table_row_}, {scratch.table.data(), table_row_});
  std::fill_n(scratch.images.data(), patches_.planes * patches_.plane, 0.0F);
  kernels::add_patches(patches_, scratch.table.data(), scratch.images.data());
  float* to = output_.row(item);
  for (int64_t plane = 0; plane < patches_.planes; ++plane) {
    const float bias = weights_.bias() ? weights_.bias()[plane] : 0;
    const float* from = scratch.images.data() + plane * patches_.plane + first_;
    for (int64_t row = 0; row < rows_.output; ++row, from += patches_.row) {
      for (int64_t column = 0; column < columns_.output; ++column) *to++ = from[column] + bias;
    }
  }
  if (activation_ == models::Activation::Linear) return;
  kernels::add_bias_and_activate(activation_, area(), zeros_.data(),
                                 {output_.row(item), output_.stride},
                                 slopes_ ? slopes_.data() + item * output_.stride : nullptr);
}

void OutputConvolution::backward(const Shard& shard, int64_t item) const {
  const Scratch& scratch = scratch_[static_cast<size_t>(shard.index)];
  const int64_t channels = input_.size().channels, pixels = patches_.rows * patches_.columns;
  float* gradient = output_.gradient_row(item);
  if (activation_ != models::Activation::Linear) {
    kernels::multiply_by_slopes(activation_, area(), {output_.row(item), output_.stride},
                                slopes_ ? slopes_.data() + item * output_.stride : nullptr,
                                {gradient, output_.stride});
  }
  // The frame beyond the output gets no gradient: whatever was added up there is cut off.
  std::fill_n(scratch.images.data(), patches_.planes * patches_.plane, 0.0F);
  float* bias = weights_.bias_gradient(shard.index);
  for (int64_t plane = 0; plane < patches_.planes; ++plane) {
    float* to = scratch.images.data() + plane * patches_.plane + first_;
    float sum = 0;
    for (int64_t row = 0; row < rows_.output;
         ++row, to += patches_.row, gradient += columns_.output) {
      std::copy_n(gradient, columns_.output, to);
      if (bias) sum = std::accumulate(gradient, gradient + columns_.output, sum);
    }
    if (bias) bias[plane] += sum;
  }
  kernels::take_patches(patches_, scratch.images.data(), scratch.table.data());
  read(shard.index, item);
  kernels::multiply({channels, table_row_, pixels},
                    {scratch.input.data(), channels, kernels::Left::Columns},
                    {scratch.table.data(), table_row_}, {scratch.weights.data(), table_row_},
                    item == shard.first ? kernels::Into::Overwrite : kernels::Into::Add);
  if (!input_.wants_gradient()) return;
  const int64_t wide = kernels::padded(channels);
  kernels::multiply({pixels, wide, entries_},
                    {scratch.table.data(), table_row_, kernels::Left::Rows},
                    {backward_weights_.data(), wide}, {input_.gradient(shard.index, item), wide});
  input_.give_gradient(shard, item);
}

void OutputConvolution::add_forward(Program& program) {
  program.each([this](const Shard& shard) {
    for (int64_t i = 0; i < shard.count; ++i) forward(shard.index, shard.first + i);
  });
}

void OutputConvolution::add_backward(Program& program) {
  program.each([this](const Shard& shard) {
    weights_.clear_gradient(shard.index);
    for (int64_t i = 0; i < shard.count; ++i) backward(shard, shard.first + i);
    if (shard.count == 0) return;
    const int64_t kernel = rows_.kernel;
    for (int64_t place = 0; place < kernel * kernel; ++place) {
      weights_.add_gradient(place / kernel, place % kernel, {table_row_, kernel * kernel},
                            scratch_[static_cast<size_t>(shard.index)].weights.data() + place,
                            shard.index);
    }
  });
}

}  // namespace hourglass::training::fused
