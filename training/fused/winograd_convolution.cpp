#include "hourglass/training/fused/winograd_convolution.h"

#include <algorithm>
#include <utility>

namespace hourglass::training::fused {
namespace {

using kernels::ImageSize;
using kernels::kPlaces;
using kernels::Tiles;

constexpr int64_t kTaps = 3, kKernel = kTaps * kTaps;
// Measured on one core, the three products of a step together: of 8 x 8 pixels and 16 channels 0.8 of the time of sums over
// the kernel's places, of 14 x 14 and 64 channels a half. With 4 x 4, a step of digits-conv took 1.03 of the time.
constexpr int64_t kFewestPixels = 8;
constexpr int64_t kTilesOfABand = 64;

bool suits_side(const Axis& axis) {
  return axis.kernel == kTaps && axis.stride == 1 && axis.input % 2 == 0 && axis.output % 2 == 0 &&
         std::min(axis.input, axis.output) >= kFewestPixels;
}

int64_t rows_of_band(const ImageSize& image) {
  return std::clamp<int64_t>(kTilesOfABand / (image.width / 2), 1, image.height / 2);
}

/// The floats that a band's places take.
int64_t band_values(const ImageSize& image, int64_t channels) {
  return kPlaces * Tiles{rows_of_band(image), image.width / 2, channels}.place();
}

/// Of an image with margins, from so many floats behind its first pixel on.
kernels::Framed<const float> seen_from(const kernels::Framed<float>& image, int64_t offset) {
  return {image.data + offset, image.row};
}

/// Rows of tiles at a time, so that their places stay in the second cache: `action(first, rows)`.
template <class Action>
void for_bands(const ImageSize& image, const Action& action) {
  const int64_t all = image.height / 2, most = rows_of_band(image);
  for (int64_t first = 0; first < all; first += most) action(first, std::min(most, all - first));
}

}  // namespace

bool WinogradConvolution::suits(const ConvolutionShape& shape) {
  return suits_side(shape.rows) && suits_side(shape.columns) &&
         shape.input.channels % kernels::kLanes == 0;
}

WinogradConvolution::WinogradConvolution(ConvolutionWeights weights, const ConvolutionShape& shape,
                                         const Step& step)
    : ImageConvolution(std::move(weights), shape, step),
      forward_(pass(shape.rows.forward().front(), shape.columns.forward().front(), input(),
                    shape.output)) {
  if (shape.gradient_of_input) {
    backward_ = pass(shape.rows.backward().front(), shape.columns.backward().front(),
                     output_gradient(), shape.input);
  }
  // Going backward, inputs and outputs change places.
  const int64_t inputs =
      std::max(band_values(shape.output, from_channels_), band_values(shape.input, to_channels_));
  const int64_t outputs =
      std::max(band_values(shape.output, to_channels_), band_values(shape.input, from_channels_));
  const int64_t weights_of_place = from_channels_ * to_channels_;
  for (int shard = 0; shard < step.most_shards; ++shard) {
    workspaces_.push_back({Floats(inputs), Floats(outputs), Floats(kPlaces * weights_of_place),
                           Floats(kKernel * weights_of_place)});
  }
}

WinogradConvolution::Pass WinogradConvolution::pass(const AxisPhase& rows, const AxisPhase& columns,
                                                    const Frame& from,
                                                    const ImageSize& image) const {
  const int64_t inputs = from.size().channels, weights_of_place = from_channels_ * to_channels_;
  return {.from = rows.from * from.row() + columns.from * inputs,
          .row_taps = rows.taps,
          .column_taps = columns.taps,
          .image = image,
          .inputs = inputs,
          .kernels = Floats(kKernel * weights_of_place),
          .places = Floats(kPlaces * weights_of_place)};
}

int64_t WinogradConvolution::work() const { return kPlaces / 4 * from_channels_; }

void WinogradConvolution::refresh(int shard) {
  const int64_t weights_of_place = from_channels_ * to_channels_;
  const auto copy = [&](Pass& pass, const BlockLayout& layout) {
    for_taps(pass.row_taps, pass.column_taps, [&](int64_t row, int64_t column, int64_t number) {
      weights_.copy(row, column, layout, pass.kernels.data() + number * weights_of_place);
    });
    kernels::places_of_kernels(weights_of_place, pass.kernels.data(), pass.places.data());
  };
  if (shard == 0) copy(forward_, {to_channels_, 1});
  if (shard == step_->shards - 1 && backward_.inputs > 0) copy(backward_, {1, from_channels_});
}

void WinogradConvolution::run(const Pass& pass, int shard, const kernels::Framed<float>& image,
                              const kernels::Finish& finish, float* to) {
  const Workspace& space = workspaces_[static_cast<size_t>(shard)];
  const int64_t inputs = pass.inputs, outputs = pass.image.channels;
  const int64_t columns = pass.image.width / 2, row = pass.image.width * outputs;
  for_bands(pass.image, [&](int64_t first, int64_t rows) {
    const Tiles from{rows, columns, inputs}, result{rows, columns, outputs};
    kernels::tiles_around(from, seen_from(image, pass.from + 2 * first * image.row),
                          space.inputs.data());
    for (int64_t place = 0; place < kPlaces; ++place) {
      kernels::multiply({from.count(), outputs, inputs},
                        {space.inputs.data() + place * from.place(), inputs, kernels::Left::Rows},
                        {pass.places.data() + place * inputs * outputs, outputs},
                        {space.outputs.data() + place * result.place(), outputs});
    }
    kernels::image_of_tiles(result, space.outputs.data(), finish, {to + 2 * first * row, row});
  });
}

void WinogradConvolution::forward(int shard, const kernels::Finish& finish, float* output) {
  run(forward_, shard, input().image(shard), finish, output);
}

void WinogradConvolution::backward(int shard, float* input_gradient) {
  run(backward_, shard, output_gradient().image(shard), {}, input_gradient);
}

void WinogradConvolution::add_weight_gradient(int shard, bool first_image) {
  const Workspace& space = workspaces_[static_cast<size_t>(shard)];
  const auto image = input().image(shard), gradient = output_gradient().image(shard);
  const int64_t inputs = from_channels_, outputs = to_channels_;
  const int64_t columns = forward_.image.width / 2;
  for_bands(forward_.image, [&](int64_t first, int64_t rows) {
    const Tiles from{rows, columns, inputs}, result{rows, columns, outputs};
    kernels::tiles_around(from, seen_from(image, forward_.from + 2 * first * image.row),
                          space.inputs.data());
    kernels::gradient_of_places(result, seen_from(gradient, 2 * first * gradient.row),
                                space.outputs.data());
    const auto into = first_image && first == 0 ? kernels::Into::Overwrite : kernels::Into::Add;
    for (int64_t place = 0; place < kPlaces; ++place) {
      kernels::multiply(
          {inputs, outputs, from.count()},
          {space.inputs.data() + place * from.place(), inputs, kernels::Left::Columns},
          {space.outputs.data() + place * result.place(), outputs},
          {space.gradient_places.data() + place * inputs * outputs, outputs}, into);
    }
  });
}

void WinogradConvolution::write_weight_gradient(int shard) {
  const Workspace& space = workspaces_[static_cast<size_t>(shard)];
  const int64_t weights_of_place = from_channels_ * to_channels_;
  kernels::gradient_of_kernels(weights_of_place, space.gradient_places.data(),
                               space.gradient.data());
  for_taps(forward_.row_taps, forward_.column_taps,
           [&](int64_t row, int64_t column, int64_t number) {
             weights_.add_gradient(row, column, {to_channels_, 1},
                                   space.gradient.data() + number * weights_of_place, shard);
           });
}

}  // namespace hourglass::training::fused
