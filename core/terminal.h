#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

// What a standard stream is to people: a terminal of so many columns, with colours or without, or a
// file or pipe, which gets plain text.

namespace hourglass {

/// Whether lines can be redrawn in place: a terminal, and none that TERM calls dumb.
bool is_terminal(std::FILE* stream);

/// Characters that fit on a line; of a file or pipe $COLUMNS where that is set, else 80.
size_t line_width(std::FILE* stream);

/// What a text means to its reader.
enum class Style { Error, Note, Good, Heading };

/// The text in the colour of its meaning; as it is where the stream is no terminal, and where
/// NO_COLOR is set to anything (no-color.org).
std::string styled(std::FILE* stream, Style style, const std::string& text);

/// One line that is redrawn in place while work goes on. On what is no terminal nothing is shown.
class LiveLine {
 public:
  explicit LiveLine(std::FILE* stream, bool wanted = true);
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;
  ~LiveLine() { clear(); }

  bool shown() const { return shown_; }

  /// Replaces the line, cut where it is wider than the terminal: one that wraps could not be
  /// redrawn.
  void show(const std::string& text);

  /// Takes it away, so that whatever is printed next, on either stream, has a line of its own. A
  /// terminal that is gone is no failure.
  void clear() noexcept;

 private:
  std::FILE* stream_;
  bool shown_, drawn_ = false;
};

}  // namespace hourglass
