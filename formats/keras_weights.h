#pragma once

#include "hourglass/core/shape.h"
#include "hourglass/formats/hdf5.h"

#include <string>
#include <string_view>

namespace hourglass::formats {

/// Of a map's values [H, W, C] in a row: int64, where each lies in [C, H, W]. Undefined where that
/// is the same place, and for shapes of other things than maps.
at::Tensor order_of(const Shape& keras_shape);

bool same_order(const at::Tensor& a, const at::Tensor& b);

/// The values along `dimension`, in Keras' order, put where `order` says.
at::Tensor reordered(const at::Tensor& values, int64_t dimension, const at::Tensor& order);

/// A .weights.h5 file.
class KerasWeightsFile {
 public:
  KerasWeightsFile(std::string_view bytes, const std::string& where) : file_(bytes, where) {}

  /// Number `number` of a group. Throws `Error` naming the layer (`description`) where it is
  /// missing or of another shape.
  at::Tensor read(const std::string& description, const std::string& group, int number,
                  const Shape& shape) const;

 private:
  Hdf5File file_;
};

}  // namespace hourglass::formats
