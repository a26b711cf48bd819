#include "hourglass/core/text_table.h"

#include <gtest/gtest.h>

namespace hourglass {
namespace {

TEST(TextTable, PutsNumbersToTheRightAndCountsCharacters) {
  TextTable table({"name", "size"});
  EXPECT_TRUE(table.empty());
  table.add({"größe", "1,024"});
  table.add({"b", "7"});
  EXPECT_EQ(table.text(),
            "  name    size\n"
            "  größe  1,024\n"
            "  b          7\n");
}

TEST(TextTable, WrapsTheLastColumnWhereTheLineIsTooLong) {
  TextTable table({"recipe", "what"});
  table.add({"mnist-2d", "a code of two numbers, for pictures of it"});
  EXPECT_EQ(table.text("", 36),
            "recipe    what\n"
            "mnist-2d  a code of two numbers, for\n"
            "          pictures of it\n");
  EXPECT_EQ(table.text("", 30),
            "recipe\n    what\n"
            "mnist-2d\n    a code of two numbers, for\n    pictures of it\n");
}

}  // namespace
}  // namespace hourglass
