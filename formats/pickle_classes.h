#pragma once

#include <c10/core/ScalarType.h>

#include <optional>
#include <string_view>

namespace hourglass::formats {

// Classes that pickles name, as module and name: "torch FloatStorage".

inline constexpr std::string_view kOrderedDictClass = "collections OrderedDict";
inline constexpr std::string_view kTensorClass = "torch._utils _rebuild_tensor_v2";
/// As LibTorch reads quantized tensors, and tensors of a class of their own. No state dictionary of
/// ours has them.
inline constexpr std::string_view kQuantizedTensorClass = "torch._utils _rebuild_qtensor";
inline constexpr std::string_view kTensorOfTypeClass = "torch._tensor _rebuild_from_type_v2";
inline constexpr std::string_view kParameterClass = "torch._utils _rebuild_parameter";
inline constexpr std::string_view kSizeClass = "torch Size";
inline constexpr std::string_view kDeviceClass = "torch device";

/// What the elements of a storage class are, of those that `torch.save` writes for tensors.
std::optional<at::ScalarType> storage_type(std::string_view name);

/// The same of every type of number that LibTorch's own readers know: "torch QInt8Storage".
std::optional<at::ScalarType> any_storage_type(std::string_view name);

/// Whether state dictionaries have it.
bool is_known_class(std::string_view name);

}  // namespace hourglass::formats
