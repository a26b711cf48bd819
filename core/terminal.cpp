#include "hourglass/core/terminal.h"

#include "hourglass/core/files.h"
#include "hourglass/core/text.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace hourglass {
namespace {

constexpr const char* kEraseLine = "\r\033[K";
constexpr size_t kUsualWidth = 80;

const char* escape_of(Style style) {
  switch (style) {
    case Style::Error: return "\033[1;31m";
    case Style::Note: return "\033[33m";
    case Style::Good: return "\033[32m";
    case Style::Heading: return "\033[1m";
  }
  return "";
}

}  // namespace

bool is_terminal(std::FILE* stream) {
  return ::isatty(::fileno(stream)) != 0 && environment("TERM") != "dumb";
}

size_t line_width(std::FILE* stream) {
  winsize size{};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const auto columns = parse_integer(environment("COLUMNS"));
  return columns && *columns > 0 ? static_cast<size_t>(*columns) : kUsualWidth;
}

std::string styled(std::FILE* stream, Style style, const std::string& text) {
  if (text.empty() || !is_terminal(stream) || !environment("NO_COLOR").empty()) return text;
  return escape_of(style) + text + "\033[0m";
}

LiveLine::LiveLine(std::FILE* stream, bool wanted)
    : stream_(stream), shown_(wanted && is_terminal(stream)) {}

void LiveLine::show(const std::string& text) {
  if (!shown_) return;
  drawn_ = true;
  const std::string line = kEraseLine + shortened(text, line_width(stream_) - 1);
  std::fputs(line.c_str(), stream_);
  std::fflush(stream_);
}

void LiveLine::clear() noexcept {
  if (!drawn_) return;
  drawn_ = false;
  std::fputs(kEraseLine, stream_);
  std::fflush(stream_);
}

}  // namespace hourglass
