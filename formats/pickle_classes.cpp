#include "hourglass/formats/pickle_classes.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace hourglass::formats {
namespace {

constexpr std::pair<std::string_view, at::ScalarType> kStorageClasses[] = {
    {"torch DoubleStorage", at::kDouble}, {"torch FloatStorage", at::kFloat},
    {"torch HalfStorage", at::kHalf},     {"torch BFloat16Storage", at::kBFloat16},
    {"torch LongStorage", at::kLong},     {"torch IntStorage", at::kInt},
    {"torch ShortStorage", at::kShort},   {"torch CharStorage", at::kChar},
    {"torch ByteStorage", at::kByte},     {"torch BoolStorage", at::kBool}};

/// What checkpoints have beside tensors; nobody asks for their values.
constexpr std::string_view kTypes[] = {
    "torch float64", "torch float32", "torch float16", "torch bfloat16", "torch int64",
    "torch int32",   "torch int16",   "torch int8",    "torch uint8",    "torch bool"};

}  // namespace

std::optional<at::ScalarType> storage_type(std::string_view name) {
  for (const auto& [known, type] : kStorageClasses) {
    if (known == name) return type;
  }
  return {};
}

std::optional<at::ScalarType> any_storage_type(std::string_view name) {
  for (int place = 0; place < static_cast<int>(at::ScalarType::Undefined); ++place) {
    const auto type = static_cast<at::ScalarType>(place);
    if (fmt::format("torch {}Storage", at::toString(type)) == name) return type;
  }
  return {};
}

bool is_known_class(std::string_view name) {
  for (const auto known :
       {kOrderedDictClass, kTensorClass, kParameterClass, kSizeClass, kDeviceClass}) {
    if (known == name) return true;
  }
  return storage_type(name) ||
         std::find(std::begin(kTypes), std::end(kTypes), name) != std::end(kTypes);
}

}  // namespace hourglass::formats
