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

}  // namespace
}  // namespace hourglass
