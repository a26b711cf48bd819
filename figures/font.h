#pragma once

#include "hourglass/figures/geometry.h"

#include <string>
#include <string_view>
#include <vector>

// Private to the room. OpenCV's own letters are single strokes made for marking video frames, so
// pictures are lettered with the outlines of DejaVu Sans: ASCII, Latin-1 letters, Greek and some
// signs of mathematics.

namespace hourglass::figures {

/// Height of a capital or digit, as a share of the text's size.
inline constexpr double kCapitalHeight = 0.729;

/// The outlines of a line of UTF-8 text of this size (the em, in pixels), filled by the even-odd
/// rule. The baseline starts at (0, 0). A character that the font lacks becomes '?'.
std::vector<Contour> text_outlines(std::string_view text, double size);

/// Pixels from the start of the text to its end.
double text_width(std::string_view text, double size);

/// The longest beginning of the text that fits into `width` pixels; its first character at least.
std::string text_beginning(const std::string& text, double size, double width);

/// The text in as many lines of at most `width` pixels as it needs, broken at blanks; within a word
/// where that alone is too long.
std::vector<std::string> wrap_text(const std::string& text, double size, double width);

/// The text itself where it fits into `width` pixels, otherwise its longest beginning that does,
/// and "…".
std::string shorten_text(const std::string& text, double size, double width);

}  // namespace hourglass::figures
