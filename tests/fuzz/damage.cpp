#include "hourglass/tests/fuzz/damage.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace hourglass::fuzz {
namespace {

using namespace std::string_view_literals;

// What readers have stumbled over: limits of numbers in binary and in text, brackets, quotes, ends.
constexpr std::array kWords = {"\0\0\0\0"sv,
                               "\xff\xff\xff\xff"sv,
                               "\xff\xff\xff\x7f"sv,
                               "\0\0\0\x80"sv,
                               "\x01\0\0\0\0\0\0\0"sv,
                               "\xff"sv,
                               "\0"sv,
                               "999999999999"sv,
                               "-1"sv,
                               "9223372036854775807"sv,
                               "1e400"sv,
                               "nan"sv,
                               "[[[[[[[["sv,
                               "{\"a\":"sv,
                               "\""sv,
                               "\n"sv,
                               ","sv,
                               "PK\x03\x04"sv,
                               "../../x"sv,
                               "\xc3\x28"sv};

}  // namespace

std::string Damage::piece(const std::string& text, size_t most) {
  const size_t first = below(text.size());
  return text.substr(first, 1 + below(std::min(most, text.size() - first)));
}

void Damage::change(std::string& bytes) {
  constexpr size_t kMostBytes = 64;
  const size_t place = below(bytes.size());
  switch (below(7)) {
    case 0:
      if (!bytes.empty()) bytes[place] = static_cast<char>(bytes[place] ^ (1U << below(8)));
      break;
    case 1:
      if (!bytes.empty()) bytes[place] = static_cast<char>(below(256));
      break;
    case 2: bytes.erase(place, 1 + below(kMostBytes)); break;
    case 3: bytes.insert(place, piece(bytes + " ", kMostBytes)); break;
    case 4: bytes.insert(place, kWords[below(kWords.size())]); break;
    case 5: {
      const std::string_view word = kWords[below(kWords.size())];
      bytes.replace(place, word.size(), word);
      break;
    }
    default: bytes.replace(place, below(kMostBytes), piece(any_file() + " ", kMostBytes)); break;
  }
}

std::string Damage::next() {
  std::string bytes = any_file();
  for (size_t changes = 1 + below(6); changes > 0; --changes) change(bytes);
  return bytes;
}

}  // namespace hourglass::fuzz
