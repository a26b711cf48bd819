#include "hourglass/formats/batch_pair.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

namespace hourglass::formats {
namespace {

using c10::IValue;

void append_tensors(const IValue& value, std::vector<at::Tensor>& to) {
  if (value.isTensor()) to.push_back(value.toTensor());
  if (value.isTensorList()) {
    for (const auto& tensor : value.toTensorVector()) to.push_back(tensor);
  }
  if (value.isTuple()) {
    for (const auto& element : value.toTupleRef().elements()) append_tensors(element, to);
  }
}

/// Types, layouts and memory formats are whole numbers in TorchScript.
Argument::Content whole_number(const BatchPair& pair, const std::string& name) {
  if (name == "dtype") return static_cast<at::ScalarType>(pair.one.toInt());
  if (name == "layout" || name == "memory_format") return std::monostate();
  return size_of(pair.one.toInt(), pair.other.toInt());
}

/// A schema may ask for so many numbers, of which one may stand for all.
std::vector<Size> sizes_of(const BatchPair& pair, const c10::Argument& expected) {
  const auto one = pair.one.toIntVector(), other = pair.other.toIntVector();
  std::vector<Size> sizes;
  for (size_t i = 0; i < one.size(); ++i) sizes.push_back(size_of(one[i], other.at(i)));
  const auto count = static_cast<size_t>(expected.N().value_or(0));
  if (sizes.size() == 1 && count > 1) sizes.resize(count, sizes.front());
  return sizes;
}

}  // namespace

bool is_tensors(const IValue& value) {
  if (value.isTensor() || value.isTensorList()) return true;
  if (!value.isTuple()) return false;
  const auto& elements = value.toTupleRef().elements();
  return std::all_of(elements.begin(), elements.end(), is_tensors);
}

std::vector<at::Tensor> tensors_of(const IValue& value) {
  std::vector<at::Tensor> tensors;
  append_tensors(value, tensors);
  return tensors;
}

bool same(const at::Tensor& a, const at::Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  return a.is_same(b) ||
         (a.scalar_type() == b.scalar_type() && a.sizes() == b.sizes() && at::equal(a, b));
}

bool same(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return same(x, y); });
}

Size size_of(int64_t one, int64_t other) {
  const int64_t per_item = (other - one) / (BatchPair::kOther - BatchPair::kOne);
  return {one - per_item * BatchPair::kOne, per_item};
}

IValue joined(const std::vector<IValue>& elements, const c10::TypePtr& type) {
  if (type->kind() == c10::TypeKind::TupleType) return c10::ivalue::Tuple::create(elements);
  c10::List<IValue> list(type->expectRef<c10::ListType>().getElementType());
  for (const IValue& element : elements) list.push_back(element);
  return IValue(list);
}

Argument::Content told_content(const BatchPair& pair, const c10::Argument& expected,
                               const std::string& where) {
  const IValue& value = pair.one;
  if (value.isNone() || value.isDevice()) return std::monostate();
  if (value.isTensor() && !value.toTensor().defined()) return std::monostate();
  if (value.isBool()) return value.toBool();
  if (value.isDouble()) return value.toDouble();
  if (value.isString()) return value.toStringRef();
  if (value.isInt()) return whole_number(pair, expected.name());
  if (value.isIntList()) return sizes_of(pair, expected);
  if (value.isDoubleList()) return value.toDoubleVector();
  // A list without elements does not say of what.
  if (value.isList() && value.toListRef().empty()) return std::vector<Size>();
  throw Error("{}: expected numbers, texts and tensors as arguments, found {} as '{}'", where,
              value.tagKind(), expected.name());
}

}  // namespace hourglass::formats
