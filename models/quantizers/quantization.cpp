#include "hourglass/models/quantizers/quantization.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace hourglass::models {
namespace {

// So many vectors of FSQ are listed for whoever asks what an index stands for.
constexpr int64_t kMostVectors = 65536;
// With more, the 10⁻³ by which FSQ's bound is too wide are over half a level, and numbers at the
// bound would be rounded to a level beyond the last.
constexpr int64_t kMostLevels = 1001;
constexpr int64_t kMostCodebooks = 64;

std::optional<Quantization> parse_levels(const std::string& text) {
  Quantization found = {.kind = Quantization::Kind::Fsq};
  int64_t product = 1;
  for (const auto& part : split_text(text, ',')) {
    const auto number = parse_integer(part);
    if (!number || *number < 2 || *number > kMostLevels) return {};
    product *= *number;
    if (product > kMostVectors) return {};
    found.levels.push_back(*number);
  }
  if (found.levels.empty()) return {};
  return found;
}

}  // namespace

std::string Quantization::expects() {
  return fmt::format(
      "ema, learned, fsq:LEVELS,... (2 to {} each, at most {} in all) or residual:CODEBOOKS (2 to "
      "{})",
      kMostLevels, kMostVectors, kMostCodebooks);
}

std::optional<Quantization> Quantization::parse(const std::string& text) {
  if (text == "ema") return Quantization{};
  if (text == "learned") return Quantization{.kind = Kind::Learned};
  if (text.starts_with("fsq:")) return parse_levels(text.substr(4));
  if (!text.starts_with("residual:")) return {};
  const auto number = parse_integer(text.substr(9));
  if (!number || *number < 2 || *number > kMostCodebooks) return {};
  return Quantization{.kind = Kind::Residual, .codebooks = *number};
}

std::string Quantization::text() const {
  switch (kind) {
    case Kind::Ema: return "ema";
    case Kind::Learned: return "learned";
    case Kind::Fsq: return fmt::format("fsq:{}", fmt::join(levels, ","));
    case Kind::Residual: return fmt::format("residual:{}", codebooks);
  }
  return "?";
}

}  // namespace hourglass::models
