#include "hourglass/models/widths.h"

#include "hourglass/core/error.h"
#include "hourglass/core/fields.h"

#include <fmt/format.h>

#include <algorithm>

namespace hourglass::models {
namespace {

constexpr int64_t kWideItem = 64;  // values: the smallest images that people train on
constexpr int64_t kLeastHidden = 8, kLeastCode = 2;

}  // namespace

void Widths::check() const {
  for (const int64_t width : widths_) {
    if (width < 1) throw UsageError("`widths`: expected at least 1 unit, found {}", width);
  }
}

std::optional<Widths> Widths::parse(const std::string& text) {
  if (text == "auto") return Widths();
  auto widths = TextCodec<std::vector<int64_t>>::parse(text);
  if (!widths || widths->empty()) return {};
  if (*std::min_element(widths->begin(), widths->end()) < 1) return {};
  return Widths(std::move(*widths));
}

std::string Widths::text() const {
  return automatic() ? "auto" : TextCodec<std::vector<int64_t>>::format(widths_);
}

std::vector<int64_t> automatic_widths(const std::vector<int64_t>& most, const Shape& item) {
  const int64_t values = element_count(item);
  if (values >= kWideItem) return most;
  std::vector<int64_t> widths;
  for (const int64_t width : most) {
    const int64_t scaled = (width * values + kWideItem - 1) / kWideItem;
    widths.push_back(std::max(scaled, std::min(width, kLeastHidden)));
  }
  const int64_t code = (most.back() * values + kWideItem - 1) / kWideItem;
  widths.back() = std::max(code, std::clamp<int64_t>(values - 1, 1, kLeastCode));
  return widths;
}

std::string automatic_widths_help(const std::vector<int64_t>& most) {
  return fmt::format("; auto: {}, in proportion for items of fewer than {} values",
                     TextCodec<std::vector<int64_t>>::format(most), kWideItem);
}

}  // namespace hourglass::models
