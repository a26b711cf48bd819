#include "hourglass/core/terminal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

namespace hourglass {
namespace {

/// A terminal of our own: what a program writes into `stream` can be read back.
class PseudoTerminal {
 public:
  explicit PseudoTerminal(unsigned short columns) {
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0) return;
    stream = ::fdopen(::open(::ptsname(master_), O_RDWR | O_NOCTTY), "w");
    const winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    ::ioctl(master_, TIOCSWINSZ, &size);
  }
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;
  ~PseudoTerminal() {
    if (stream != nullptr) std::fclose(stream);
    ::close(master_);
  }

  std::string written() const {
    std::array<char, 4096> bytes{};
    const auto count = ::read(master_, bytes.data(), bytes.size());
    return {bytes.data(), static_cast<size_t>(std::max<ssize_t>(count, 0))};
  }

  std::FILE* stream = nullptr;

 private:
  int master_ = -1;
};

#define HOURGLASS_NEEDS_TERMINAL(terminal) \
  if ((terminal).stream == nullptr) GTEST_SKIP() << "needs a pseudo-terminal"

TEST(Terminal, IsAsWideAsItSays) {
  const PseudoTerminal terminal(57);
  HOURGLASS_NEEDS_TERMINAL(terminal);
  EXPECT_TRUE(is_terminal(terminal.stream));
  EXPECT_EQ(line_width(terminal.stream), 57U);
}

TEST(Terminal, AFileHasTheUsualWidthAndNoColours) {
  std::FILE* file = std::tmpfile();
  ::unsetenv("COLUMNS");
  EXPECT_FALSE(is_terminal(file));
  EXPECT_EQ(line_width(file), 80U);
  EXPECT_EQ(styled(file, Style::Error, "bad"), "bad");
  std::fclose(file);
}

TEST(Styled, ColoursUnlessNoColorOrADumbTerminalForbidsIt) {
  const PseudoTerminal terminal(80);
  HOURGLASS_NEEDS_TERMINAL(terminal);
  EXPECT_EQ(styled(terminal.stream, Style::Error, "bad"), "\033[1;31mbad\033[0m");
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_EQ(styled(terminal.stream, Style::Error, "bad"), "bad");
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  EXPECT_EQ(styled(terminal.stream, Style::Error, "bad"), "bad");
}

TEST(LiveLine, IsCutToTheTerminalAndTakenAwayAtOnce) {
  const PseudoTerminal terminal(8);
  HOURGLASS_NEEDS_TERMINAL(terminal);
  {
    LiveLine line(terminal.stream);
    line.show("größer als acht");
    EXPECT_EQ(terminal.written(), "\r\033[Kgrößer…");
  }
  // Without anything else being printed: the stream is not left to hold it back.
  EXPECT_EQ(terminal.written(), "\r\033[K");
}

TEST(LiveLine, LeavesNothingInAFile) {
  std::FILE* file = std::tmpfile();
  LiveLine line(file);
  line.show("half way");
  line.clear();
  EXPECT_EQ(std::ftell(file), 0);
  std::fclose(file);
}

}  // namespace
}  // namespace hourglass
