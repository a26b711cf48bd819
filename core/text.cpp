#include "hourglass/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <ctime>
#include <iterator>
#include <numeric>

namespace hourglass {
namespace {

/// Levenshtein distance.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substitution, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

bool is_digit(char character) { return character >= '0' && character <= '9'; }

/// Takes the digits off the beginning, without the zeros that lead them.
std::string_view take_number(std::string_view& text) {
  size_t end = 0, first = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  while (first + 1 < end && text[first] == '0') ++first;
  const std::string_view number = text.substr(first, end - first);
  text.remove_prefix(end);
  return number;
}

template <class Number>
std::optional<Number> parse_whole(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return {};
  return number;
}

}  // namespace

std::vector<std::string> split_text(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
    if (text.empty()) parts.emplace_back();
  }
  return parts;
}

std::string join_text(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const auto& part : parts) {
    if (&part != &parts.front()) text += separator;
    text += part;
  }
  return text;
}

std::string replaced(std::string text, char from, char to) {
  std::replace(text.begin(), text.end(), from, to);
  return text;
}

bool natural_less(std::string_view a, std::string_view b) {
  std::string_view rest_a = a, rest_b = b;
  while (!rest_a.empty() && !rest_b.empty()) {
    if (is_digit(rest_a.front()) && is_digit(rest_b.front())) {
      const std::string_view left = take_number(rest_a), right = take_number(rest_b);
      if (left.size() != right.size()) return left.size() < right.size();
      if (left != right) return left < right;
    } else {
      // As `std::string` compares: bytes of UTF-8 without a sign.
      const auto left = static_cast<unsigned char>(rest_a.front());
      const auto right = static_cast<unsigned char>(rest_b.front());
      if (left != right) return left < right;
      rest_a.remove_prefix(1);
      rest_b.remove_prefix(1);
    }
  }
  if (rest_a.empty() != rest_b.empty()) return rest_a.empty();
  return a < b;  // "01" and "1"
}

size_t count_characters(std::string_view text) {
  // Bytes that do not continue a character.
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<uint8_t>(byte) & 0xC0U) != 0x80U;
  }));
}

std::string shortened(std::string_view text, size_t most) {
  if (count_characters(text) <= most) return std::string(text);
  if (most == 0) return "";
  size_t end = 0;
  for (size_t kept = 0; kept + 1 < most; ++kept) {
    do ++end;
    while (count_characters(text.substr(end, 1)) == 0);
  }
  return std::string(text.substr(0, end)) + "…";
}

std::vector<std::string> wrap_words(std::string_view text, size_t width) {
  std::vector<std::string> lines(1);
  for (const auto& word : split_text(text, ' ')) {
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (count_characters(line) + 1 + count_characters(word) <= width) {
      line += " " + word;
    } else {
      lines.push_back(word);
    }
  }
  return lines;
}

std::string fitted_line(std::vector<LinePiece> pieces, size_t most) {
  const auto joined = [&] {
    std::string line;
    for (const auto& piece : pieces) line += piece.text;
    return line;
  };
  while (count_characters(joined()) > most) {
    // The last of the highest rank.
    const auto dispensable =
        std::max_element(pieces.rbegin(), pieces.rend(),
                         [](const auto& a, const auto& b) { return a.rank < b.rank; });
    if (dispensable == pieces.rend() || dispensable->rank == 0) return shortened(joined(), most);
    pieces.erase(std::next(dispensable).base());
  }
  return joined();
}

std::string_view trimmed(std::string_view text, std::string_view characters) {
  const size_t first = text.find_first_not_of(characters);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(characters) - first + 1);
}

std::string in_small_letters(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return std::tolower(letter); });
  return text;
}

std::optional<std::string> nearest_word(std::string_view word,
                                        const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  // A third of the letters may be wrong; beyond that a suggestion confuses more than it helps.
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    const size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  const auto nearest = nearest_word(word, candidates);
  return nearest ? fmt::format(" (did you mean '{}'?)", *nearest) : "";
}

std::optional<double> parse_double(std::string_view text) { return parse_whole<double>(text); }
std::optional<int64_t> parse_integer(std::string_view text) { return parse_whole<int64_t>(text); }

std::string with_thousands(int64_t number) {
  std::string digits = std::to_string(std::abs(number));
  for (auto at = static_cast<int64_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<size_t>(at), ",");
  }
  return number < 0 ? fmt::format("-{}", digits) : digits;
}

std::string clock_time(double seconds) {
  const auto total = static_cast<int64_t>(std::llround(std::max(0.0, seconds)));
  const int64_t hours = total / 3600, minutes = total / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, total % 60)
                   : fmt::format("{}:{:02}", minutes, total % 60);
}

std::string utc_timestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &utc);
  return text;
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",;\t\"\r\n") == std::string::npos) return text;
  std::string quoted;
  for (const char letter : text) quoted += letter == '"' ? "\"\"" : std::string(1, letter);
  return '"' + quoted + '"';
}

std::string csv_line(std::vector<std::string> cells) {
  for (auto& cell : cells) cell = csv_cell(cell);
  return join_text(cells, ",") + "\n";
}

}  // namespace hourglass
