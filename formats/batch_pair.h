#pragma once

#include "hourglass/formats/graph.h"

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <vector>

namespace hourglass::formats {

/// A value of a TorchScript program, computed for batches of two sizes.
struct BatchPair {
  static constexpr int64_t kOne = 2, kOther = 3;

  c10::IValue one, other;
  /// The numbers that a graph has for its tensors: of a tensor one, of a list or tuple one for each;
  /// empty while there are none.
  std::vector<ValueId> ids = {};
  /// Whether it follows from items, and not from their number and shape alone.
  bool is_of_items = false;
};

/// Whether a value is a tensor, or a list or tuple of them.
bool is_tensors(const c10::IValue& value);
/// Those tensors; none for other values.
std::vector<at::Tensor> tensors_of(const c10::IValue& value);

/// The same type, shape and numbers.
bool same(const at::Tensor& a, const at::Tensor& b);
bool same(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b);

/// The size that is `one` and `other` for the two batches.
Size size_of(int64_t one, int64_t other);

/// A list or tuple of that type.
c10::IValue joined(const std::vector<c10::IValue>& elements, const c10::TypePtr& type);

/// What an operation is told for an argument, tensors aside. Throws `Error` for what is no number,
/// text or list of numbers; `where` names the operation.
Argument::Content told_content(const BatchPair& pair, const c10::Argument& expected,
                               const std::string& where);

}  // namespace hourglass::formats
