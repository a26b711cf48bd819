#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/ArrayRef.h>

#include <cstdint>

namespace hourglass {

/// What an item is, which its shape alone decides, wherever it was read from: an image [C, H, W] of
/// one to four channels, a sequence [T, F] of several features, or a vector [D], as which all other
/// shapes are treated, one feature over time [T, 1] among them.
enum class ItemKind { Vector, Sequence, Image };

/// `item_shape` is without the batch: of a batch, `items.sizes().slice(1)`.
inline ItemKind item_kind(c10::IntArrayRef item_shape) {
  if (item_shape.size() == 2 && item_shape[1] > 1) return ItemKind::Sequence;
  const bool image = item_shape.size() == 3 && item_shape[0] >= 1 && item_shape[0] <= 4;
  return image ? ItemKind::Image : ItemKind::Vector;
}

/// Whether the items of a batch [N, shape…] are images.
inline bool holds_images(const at::Tensor& items) {
  return item_kind(items.sizes().slice(1)) == ItemKind::Image;
}

}  // namespace hourglass
