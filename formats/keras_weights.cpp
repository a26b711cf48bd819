#include "hourglass/formats/keras_weights.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/keras_parts.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace hourglass::formats {

Shape channels_first(const Shape& shape) {
  return shape.size() == 3 ? Shape{shape[2], shape[0], shape[1]} : shape;
}

at::Tensor order_of(const Shape& shape) {
  if (shape.size() != 3 || shape[2] == 1 || shape[0] * shape[1] == 1) return {};
  return at::arange(element_count(shape))
      .view({shape[2], shape[0], shape[1]})
      .permute({1, 2, 0})
      .reshape(-1);
}

bool same_order(const at::Tensor& a, const at::Tensor& b) {
  return a.defined() == b.defined() && (!a.defined() || at::equal(a, b));
}

at::Tensor reordered(const at::Tensor& values, int64_t dimension, const at::Tensor& order) {
  if (!order.defined()) return values;
  return at::empty_like(values).index_copy_(dimension, order, values);
}

at::Tensor KerasWeightsFile::read(const std::string& description, const std::string& group,
                                  int number, const Shape& shape) const {
  const std::string path = fmt::format("{}/vars/{}", group, number);
  if (!file_.has(path)) {
    throw Error("{}: expected the weights of {} in '{}', found none", file_.where(), description,
                path);
  }
  at::Tensor values = file_.read(path);
  if (values.sizes() != at::IntArrayRef(shape)) {
    throw Error("{}: expected weights of {} for {} in '{}', found {}", file_.where(),
                shape_text(shape), description, path, shape_text(values.sizes().vec()));
  }
  return values;
}

}  // namespace hourglass::formats
