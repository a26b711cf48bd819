#include "hourglass/core/printable.h"

#include "hourglass/core/text_table.h"
#include "hourglass/tests/support/support.h"

namespace hourglass {
namespace {

TEST(Printable, LeavesLettersAsTheyAre) {
  for (const char* text : {"", "best.pt", "Müller, 日本, 😀", "a\\b"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, ShowsWhatWouldChangeATerminal) {
  EXPECT_EQ(printable("a\nb\r\t\x1b[31mred\x7f"), "a\\nb\\x0d\\t\\x1b[31mred\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\u009b31m");  // one character that begins an escape
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\xc2"), "\xc2");
}

TEST(Printable, IsEveryCellOfATable) {
  TextTable table({"name", "what"});
  table.add({"\x1b[2J", "a\nb"});
  const std::string text = table.text();
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("\\x1b[2J  a\\nb"), std::string::npos) << text;
}

}  // namespace
}  // namespace hourglass
