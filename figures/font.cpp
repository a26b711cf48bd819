#include "hourglass/figures/font.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>

namespace hourglass::figures {

namespace embedded {
std::string_view font_outlines();  // font/outlines.txt
}

namespace {

struct Glyph {
  double advance = 0;             // in ems
  std::vector<Contour> contours;  // in ems, y downwards
};

/// Reads the numbers and command letters of font/outlines.txt.
class OutlineReader {
 public:
  explicit OutlineReader(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }

  char command() {
    const char letter = text_.front();
    text_.remove_prefix(1);
    return letter;
  }

  int number(int base = 10) {
    while (!text_.empty() && text_.front() == ' ') text_.remove_prefix(1);
    int value = 0;
    const auto [end, error] =
        std::from_chars(text_.data(), text_.data() + text_.size(), value, base);
    if (error != std::errc{}) throw Error("font: expected a number at '{}'", text_.substr(0, 20));
    text_.remove_prefix(static_cast<size_t>(end - text_.data()));
    return value;
  }

  double ems() { return number() / 1000.0; }

  Point point() {
    const double x = ems(), y = ems();
    return {x, -y};
  }

 private:
  std::string_view text_;
};

/// Appends a quadratic Bézier curve from the contour's last point.
void add_curve(Contour& contour, Point control, Point end) {
  constexpr int kSteps = 6;  // corners cannot be seen at the largest size of text that pictures use
  const Point start = contour.back();
  for (int i = 1; i <= kSteps; ++i) {
    const double t = static_cast<double>(i) / kSteps, s = 1 - t;
    contour.push_back({s * s * start.x + 2 * s * t * control.x + t * t * end.x,
                       s * s * start.y + 2 * s * t * control.y + t * t * end.y});
  }
}

using Font = std::unordered_map<char32_t, Glyph>;

Font read_font() {
  Font font;
  for (const auto& line : split_text(embedded::font_outlines(), '\n')) {
    if (line.empty() || line.front() == '#') continue;
    OutlineReader reader(line);
    Glyph& glyph = font[static_cast<char32_t>(reader.number(16))];
    glyph.advance = reader.ems();
    if (!reader.at_end()) reader.command();  // the blank before the path
    while (!reader.at_end()) {
      const char command = reader.command();
      const Point point = reader.point();
      if (command == 'M') {
        glyph.contours.push_back({point});
      } else if (command == 'L') {
        glyph.contours.back().push_back(point);
      } else {
        add_curve(glyph.contours.back(), point, reader.point());
      }
    }
  }
  return font;
}

const Glyph& glyph_of(char32_t character) {
  static const Font font = read_font();
  const auto found = font.find(character);
  return found != font.end() ? found->second : font.at(U'?');
}

/// Whether the byte goes on with a UTF-8 character that an earlier one began.
bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

std::u32string decode_utf8(std::string_view text) {
  std::u32string characters;
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    size_t length = 1;
    while (first >= 0xC0 && length < text.size() && continues_character(text[length])) ++length;
    // The first of n > 1 bytes begins with n ones and a zero. A single one is ASCII, or broken.
    char32_t character = length == 1 ? first : first & (0xFFU >> (length + 1));
    if (length == 1 && first >= 0x80) character = U'?';
    for (const char byte : text.substr(1, length - 1)) {
      character = character << 6 | (static_cast<unsigned char>(byte) & 0x3FU);
    }
    characters += character;
    text.remove_prefix(length);
  }
  return characters;
}

}  // namespace

std::vector<Contour> text_outlines(std::string_view text, double size) {
  std::vector<Contour> outlines;
  double x = 0;
  for (const char32_t character : decode_utf8(text)) {
    const Glyph& glyph = glyph_of(character);
    for (Contour contour : glyph.contours) {
      for (Point& point : contour) point = {x + size * point.x, size * point.y};
      outlines.push_back(std::move(contour));
    }
    x += size * glyph.advance;
  }
  return outlines;
}

double text_width(std::string_view text, double size) {
  double width = 0;
  for (const char32_t character : decode_utf8(text)) width += size * glyph_of(character).advance;
  return width;
}

std::string text_beginning(const std::string& text, double size, double width) {
  size_t end = 0;
  double reached = 0;
  while (end < text.size()) {
    size_t next = end + 1;
    while (next < text.size() && continues_character(text[next])) ++next;
    reached += text_width(std::string_view(text).substr(end, next - end), size);
    if (reached > width && end > 0) break;
    end = next;
  }
  return text.substr(0, end);
}

std::vector<std::string> wrap_text(const std::string& text, double size, double width) {
  std::vector<std::string> lines = {""};
  for (std::string word : split_text(text, ' ')) {
    const std::string longer = lines.back().empty() ? word : lines.back() + " " + word;
    if (text_width(longer, size) <= width) {
      lines.back() = longer;
      continue;
    }
    if (!lines.back().empty()) lines.emplace_back();
    while (text_width(word, size) > width) {
      lines.back() = text_beginning(word, size, width);
      word.erase(0, lines.back().size());
      lines.emplace_back();
    }
    lines.back() = word;
  }
  if (lines.size() > 1 && lines.back().empty()) lines.pop_back();
  return lines;
}

std::string shorten_text(const std::string& text, double size, double width) {
  if (text_width(text, size) <= width) return text;
  const double room = width - text_width("…", size);
  std::string start = text_beginning(text, size, room);
  if (text_width(start, size) > room) start.clear();
  while (!start.empty() && start.back() == ' ') start.pop_back();
  return start + "…";
}

}  // namespace hourglass::figures
