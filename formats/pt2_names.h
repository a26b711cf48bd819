#pragma once

#include <c10/core/ScalarType.h>

#include <array>
#include <optional>
#include <string>

namespace hourglass::formats::pt2 {

// What reader and writer of .pt2 archives have in common.

inline constexpr const char* kBatchSymbol = "s0";
inline constexpr int kSchemaMajor = 8, kSchemaMinor = 20, kAtenOpset = 10;

/// The number that the schema has for a type of tensor elements.
struct TypeNumber {
  at::ScalarType type;
  int number;
};
inline constexpr auto kTypeNumbers = std::to_array<TypeNumber>({{at::kByte, 1},
                                                                {at::kChar, 2},
                                                                {at::kShort, 3},
                                                                {at::kInt, 4},
                                                                {at::kLong, 5},
                                                                {at::kHalf, 6},
                                                                {at::kFloat, 7},
                                                                {at::kDouble, 8},
                                                                {at::kBool, 12},
                                                                {at::kBFloat16, 13}});

inline std::optional<int> number_of(at::ScalarType type) {
  for (const auto& known : kTypeNumbers) {
    if (known.type == type) return known.number;
  }
  return {};
}

inline std::optional<at::ScalarType> type_of(int64_t number) {
  for (const auto& known : kTypeNumbers) {
    if (known.number == number) return known.type;
  }
  return {};
}

}  // namespace hourglass::formats::pt2
