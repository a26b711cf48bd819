#include "hourglass/training/fused/item_order.h"

namespace hourglass::training::fused {

ItemOrder::ItemOrder(const ImageFlow& input, const Enlarging& enlarging, const Step& step)
    : input_(input, enlarging, {}, step),
      channels_(input.flow->shape[0]),
      output_({channels_, input_.size().height, input_.size().width}, step.most_items) {
  for (int shard = 0; shard < step.most_shards; ++shard)
    images_.emplace_back(input_.size().values());
}

void ItemOrder::add_forward(Program& program) {
  program.each([this](const Shard& shard) {
    const kernels::ImageSize& size = input_.size();
    const int64_t pixels = size.height * size.width;
    const float* image = images_[static_cast<size_t>(shard.index)].data();
    for (int64_t item = shard.first; item < shard.first + shard.count; ++item) {
      input_.read(item,
                  {images_[static_cast<size_t>(shard.index)].data(), size.width * size.channels});
      float* to = output_.row(item);
      for (int64_t channel = 0; channel < channels_; ++channel) {
        for (int64_t pixel = 0; pixel < pixels; ++pixel) {
          *to++ = image[pixel * size.channels + channel];
        }
      }
    }
  });
}

void ItemOrder::add_backward(Program& program) {
  if (!input_.wants_gradient()) return;
  program.each([this](const Shard& shard) {
    const kernels::ImageSize size = input_.gradient_size();
    const int64_t pixels = size.height * size.width;
    for (int64_t item = shard.first; item < shard.first + shard.count; ++item) {
      const float* from = output_.gradient_row(item);
      // The padding of the channels is 0 from the start.
      float* image = input_.gradient(shard.index, item);
      for (int64_t channel = 0; channel < channels_; ++channel) {
        for (int64_t pixel = 0; pixel < pixels; ++pixel) {
          image[pixel * size.channels + channel] = *from++;
        }
      }
      input_.give_gradient(shard, item);
    }
  });
}

}  // namespace hourglass::training::fused
