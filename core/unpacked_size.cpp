#include "hourglass/core/unpacked_size.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"

#include <algorithm>

namespace hourglass {
namespace {

constexpr const char* kRatioVariable = "HOURGLASS_UNPACK_RATIO";
constexpr int64_t kUsualRatio = 100, kGreatestRatio = 1'000'000;

std::string thousands(uint64_t number) {
  return with_thousands(static_cast<int64_t>(std::min<uint64_t>(number, INT64_MAX)));
}

}  // namespace

uint64_t unpack_ratio() {
  const std::string text = environment(kRatioVariable);
  const auto ratio = text.empty() ? kUsualRatio : parse_integer(text);
  if (!ratio || *ratio < 1 || *ratio > kGreatestRatio) {
    throw Error("${}: expected a whole number from 1 to {}, found '{}'", kRatioVariable,
                kGreatestRatio, text);
  }
  return static_cast<uint64_t>(*ratio);
}

void check_unpacked_size(const std::string& name, uint64_t stored, uint64_t unpacked) {
  if (unpacked <= kUnpackedFreely || (unpacked - 1) / unpack_ratio() < stored) return;
  throw Error(
      "{}: expected {} bytes to unpack to at most {} times as many, found {}: if you trust the "
      "file, set {} to a larger number",
      name, thousands(stored), unpack_ratio(), thousands(unpacked), kRatioVariable);
}

}  // namespace hourglass
