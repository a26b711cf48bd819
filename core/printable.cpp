#include "hourglass/core/printable.h"

#include <fmt/format.h>

#include <cstdint>

namespace hourglass {
namespace {

/// Whether the bytes at `at` are a control character of the second set, U+0080 to U+009F.
bool is_second_control(std::string_view text, size_t at) {
  if (text[at] != '\xc2' || at + 1 == text.size()) return false;
  const auto next = static_cast<uint8_t>(text[at + 1]);
  return next >= 0x80 && next <= 0x9f;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if (byte == '\n') {
      shown += "\\n";
    } else if (byte == '\t') {
      shown += "\\t";
    } else if (byte < ' ' || byte == 0x7f) {
      shown += fmt::format("\\x{:02x}", byte);
    } else if (is_second_control(text, i)) {
      shown += fmt::format("\\u{:04x}", static_cast<uint8_t>(text[++i]));
    } else {
      shown += text[i];
    }
  }
  return shown;
}

}  // namespace hourglass
