#include "hourglass/training/fused/phased_convolution.h"

#include <algorithm>
#include <utility>

namespace hourglass::training::fused {

PhasedConvolution::PhasedConvolution(ConvolutionWeights weights, const ConvolutionShape& shape,
                                     const Step& step)
    : ImageConvolution(std::move(weights), shape, step) {
  const auto rows = shape.rows.forward(), columns = shape.columns.forward();
  const Steps from = {input().row(), from_channels_};
  const Steps gradient = {output_gradient().row(), to_channels_};
  forward_ = parts(rows, columns, from, from_channels_,
                   {shape.output.width * to_channels_, to_channels_}, to_channels_);
  weight_gradient_ = parts(rows, columns, from, from_channels_, gradient, to_channels_);
  const int64_t places = shape.rows.kernel * shape.columns.kernel;
  forward_weights_ = Floats(places * from_channels_ * to_channels_);
  for (int shard = 0; shard < step.most_shards; ++shard) {
    gradients_.emplace_back(places * from_channels_ * to_channels_);
  }
  if (!shape.gradient_of_input) return;
  backward_ =
      parts(shape.rows.backward(), shape.columns.backward(), gradient, to_channels_,
            {shape.input.width * gradient_channels_, gradient_channels_}, gradient_channels_);
  backward_weights_ = Floats(places * to_channels_ * gradient_channels_);
}

std::vector<PhasedConvolution::Part> PhasedConvolution::parts(
    const std::vector<AxisPhase>& rows, const std::vector<AxisPhase>& columns, const Steps& from,
    int64_t from_channels, const Steps& to, int64_t to_channels) const {
  std::vector<Part> parts;
  int64_t weights = 0;
  for (const AxisPhase& r : rows) {
    for (const AxisPhase& c : columns) {
      Part part{.from = r.from * from.row + c.from * from.pixel,
                .to = r.to * to.row + c.to * to.pixel,
                .weights = weights,
                .row_taps = r.taps,
                .column_taps = c.taps};
      part.sizes = {.rows = r.count,
                    .columns = c.count,
                    .outputs = to_channels,
                    .runs = static_cast<int64_t>(r.taps.size()),
                    .run = static_cast<int64_t>(c.taps.size()) * from_channels,
                    .from_row = r.from_step * from.row,
                    .from_pixel = c.from_step * from.pixel,
                    .from_run = from.row,
                    .to_row = r.to_step * to.row,
                    .to_pixel = c.to_step * to.pixel};
      weights += part.sizes.runs * part.sizes.run * to_channels;
      parts.push_back(std::move(part));
    }
  }
  return parts;
}

int64_t PhasedConvolution::work() const {
  int64_t most = 0;
  for (const Part& part : forward_) most = std::max(most, part.sizes.runs * part.sizes.run);
  return most;
}

/// Calls `action(place's row, its column, offset of its block)`, where blocks of a part's taps follow each other.
template <class Action>
void PhasedConvolution::for_blocks(const std::vector<Part>& parts, int64_t block,
                                   const Action& action) {
  for (const Part& part : parts) {
    for_taps(part.row_taps, part.column_taps, [&](int64_t row, int64_t column, int64_t number) {
      action(row, column, part.weights + number * block);
    });
  }
}

void PhasedConvolution::refresh(int shard) {
  int64_t number = 0;
  const auto mine = [&] { return number++ % step_->shards == shard; };
  for_blocks(forward_, from_channels_ * to_channels_,
             [&](int64_t row, int64_t column, int64_t offset) {
               if (mine())
                 weights_.copy(row, column, {to_channels_, 1}, forward_weights_.data() + offset);
             });
  for_blocks(
      backward_, to_channels_ * gradient_channels_,
      [&](int64_t row, int64_t column, int64_t offset) {
        if (mine()) {
          weights_.copy(row, column, {1, gradient_channels_}, backward_weights_.data() + offset);
        }
      });
}

void PhasedConvolution::forward(int shard, const kernels::Finish& finish, float* output) {
  const float* image = input().image(shard).data;
  for (const Part& part : forward_) {
    kernels::correlate(part.sizes, image + part.from, forward_weights_.data() + part.weights,
                       output + part.to, finish);
  }
}

void PhasedConvolution::add_weight_gradient(int shard, bool first) {
  const float* image = input().image(shard).data;
  const float* gradient = output_gradient().image(shard).data;
  float* sums = gradients_[static_cast<size_t>(shard)].data();
  for (const Part& part : weight_gradient_) {
    kernels::correlate_for_weights(part.sizes, image + part.from, gradient + part.to,
                                   sums + part.weights,
                                   first ? kernels::Into::Overwrite : kernels::Into::Add);
  }
}

void PhasedConvolution::write_weight_gradient(int shard) {
  const float* sums = gradients_[static_cast<size_t>(shard)].data();
  for_blocks(forward_, from_channels_ * to_channels_,
             [&](int64_t row, int64_t column, int64_t offset) {
               weights_.add_gradient(row, column, {to_channels_, 1}, sums + offset, shard);
             });
}

void PhasedConvolution::backward(int shard, float* input_gradient) {
  const float* gradient = output_gradient().image(shard).data;
  for (const Part& part : backward_) {
    kernels::correlate(part.sizes, gradient + part.from, backward_weights_.data() + part.weights,
                       input_gradient + part.to);
  }
}

}  // namespace hourglass::training::fused
