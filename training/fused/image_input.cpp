#include "hourglass/training/fused/image_input.h"

#include <algorithm>

namespace hourglass::training::fused {

Frame::Frame(const kernels::ImageSize& size, const Margin& rows, const Margin& columns, int shards)
    : size_(size),
      row_((columns.before + size.width + columns.after) * size.channels),
      first_(rows.before * row_ + columns.before * size.channels) {
  for (int shard = 0; shard < shards; ++shard) {
    memory_.emplace_back((rows.before + size.height + rows.after) * row_);
  }
}

ImageInput::ImageInput(const ImageFlow& source, const Enlarging& enlarging, Adds adds,
                       const Step& step)
    : source_(source),
      source_height_(source.flow->shape[1]),
      source_width_(source.flow->shape[2]),
      repeat_(enlarging.upsampled ? 2 : 1),
      adds_(adds.to_input) {
  const int64_t channels = source.flow->shape[0];
  size_ = {enlarging.height > 0 ? enlarging.height : repeat_ * source_height_,
           enlarging.width > 0 ? enlarging.width : repeat_ * source_width_,
           source.channels_last() ? kernels::padded(channels) : channels};
  const bool alike = size_.height == source_height_ && size_.width == source_width_;
  if (!wants_gradient() || (source.channels_last() && alike && !adds_)) return;
  const kernels::ImageSize size = gradient_size();
  for (int shard = 0; shard < step.most_shards; ++shard) {
    gradients_.emplace_back(size.values());
    if (!alike) gathered_.emplace_back(source_height_ * source_width_ * size.channels);
  }
}

kernels::ImageSize ImageInput::gradient_size() const {
  return {size_.height, size_.width, kernels::padded(size_.channels)};
}

void ImageInput::read(int64_t item, kernels::Framed<float> image) const {
  const float* values = source_.flow->row(item);
  if (source_.channels_last()) {
    const kernels::Affine affine =
        source_.norm ? source_.norm->affine() : kernels::Affine{nullptr, nullptr};
    kernels::place(size_, values, source_width_, affine, repeat_, image);
    return;
  }
  if (size_.channels == 1 && repeat_ == 1) {
    for (int64_t row = 0; row < size_.height; ++row) {
      std::copy_n(values + row * source_width_, size_.width, image.data + row * image.row);
    }
    return;
  }
  for (int64_t channel = 0; channel < size_.channels; ++channel) {
    const float* plane = values + channel * source_height_ * source_width_;
    for (int64_t row = 0; row < size_.height; ++row) {
      const float* from = plane + row / repeat_ * source_width_;
      float* to = image.data + row * image.row + channel;
      for (int64_t column = 0; column < size_.width; ++column) {
        to[column * size_.channels] = from[column / repeat_];
      }
    }
  }
}

float* ImageInput::gradient(int shard, int64_t item) const {
  return gradients_.empty() ? source_.flow->gradient_row(item)
                            : gradients_[static_cast<size_t>(shard)].data();
}

kernels::ImageSize ImageInput::source_size() const {
  return {source_height_, source_width_, kernels::padded(size_.channels)};
}

const float* ImageInput::gathered(int shard) const {
  const auto index = static_cast<size_t>(shard);
  if (gathered_.empty()) return gradients_[index].data();
  const kernels::ImageSize source = source_size();
  if (repeat_ == 2) {
    kernels::gather_repeated(source, gradient_size(), gradients_[index].data(),
                             gathered_[index].data());
  } else {
    // What was cropped has no gradient: the rest of the memory stays 0.
    kernels::place(gradient_size(), gradients_[index].data(), size_.width, {nullptr, nullptr}, 1,
                   {gathered_[index].data(), source_width_ * source.channels});
  }
  return gathered_[index].data();
}

void ImageInput::give_gradient(const Shard& shard, int64_t item) const {
  if (!gradients_.empty()) copy_gradient(shard.index, item);
  if (source_.norm) {
    source_.norm->add_gradient(shard, item, source_size(), source_.flow->gradient_row(item),
                               source_.flow->row(item));
  }
}

void ImageInput::copy_gradient(int shard, int64_t item) const {
  const float* from = gathered(shard);
  float* to = source_.flow->gradient_row(item);
  const int64_t pixels = source_height_ * source_width_;
  const int64_t channels = gradient_size().channels;
  if (source_.channels_last()) {
    for (int64_t i = 0; i < pixels * channels; ++i) to[i] = adds_ ? to[i] + from[i] : from[i];
    return;
  }
  for (int64_t channel = 0; channel < size_.channels; ++channel) {
    for (int64_t pixel = 0; pixel < pixels; ++pixel) {
      float& value = to[channel * pixels + pixel];
      const float given = from[pixel * channels + channel];
      value = adds_ ? value + given : given;
    }
  }
}

}  // namespace hourglass::training::fused
