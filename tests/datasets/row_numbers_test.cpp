#include "hourglass/datasets/row_numbers.h"

#include "hourglass/tests/support/support.h"

namespace hourglass::datasets {
namespace {

TEST(RowNumbers, ReadsNumbersAndRangesInTheOrderGiven) {
  EXPECT_EQ(parse_row_numbers("7,2-4,0"), (std::vector<int64_t>{7, 2, 3, 4, 0}));
  EXPECT_EQ(row_numbers_text({7, 2, 3, 4, 0}), "7,2-4,0");
  EXPECT_EQ(row_numbers_text({}), "");
}

TEST(RowNumbers, ReadsNothingElse) {
  for (const char* text : {"", "a", "3-1", "-1", "1-2-3", "1,,2", "1.5", "0-99999999999",
                           "9223372036854775807", "9223372036854775806-9223372036854775807"}) {
    EXPECT_FALSE(parse_row_numbers(text)) << text;
  }
}

}  // namespace
}  // namespace hourglass::datasets
