#include "hourglass/figures/ticks.h"

#include <gtest/gtest.h>

namespace hourglass::figures {
namespace {

using Values = std::vector<double>;
using Labels = std::vector<std::string>;

TEST(LinearTicks, ChoosesOnesTwosAndFives) {
  EXPECT_EQ(linear_ticks(0, 1, 6).values, (Values{0, 0.2, 0.4, 0.6, 0.8, 1.0}));
  EXPECT_EQ(linear_ticks(-0.3, 10.2, 5).values, (Values{0, 5, 10}));
  EXPECT_EQ(linear_ticks(3, 97, 10).values, (Values{10, 20, 30, 40, 50, 60, 70, 80, 90}));
}

TEST(LinearTicks, LabelsHaveTheDecimalsOfTheStep) {
  EXPECT_EQ(linear_ticks(0.264, 0.291, 6).labels,
            (Labels{"0.265", "0.270", "0.275", "0.280", "0.285", "0.290"}));
  EXPECT_EQ(linear_ticks(-1, 1, 5).labels, (Labels{"−1.0", "−0.5", "0.0", "0.5", "1.0"}));
  EXPECT_EQ(linear_ticks(0, 60000, 4).labels, (Labels{"0", "20000", "40000", "60000"}));
}

TEST(LinearTicks, TakesAPowerOutOfTinyAndHugeLabels) {
  const Ticks tiny = linear_ticks(0, 3.2e-8, 4);
  EXPECT_EQ(tiny.labels, (Labels{"0", "1", "2", "3"}));
  EXPECT_EQ(tiny.factor, "×10⁻⁸");
  const Ticks huge = linear_ticks(0, 1.5e6, 4);
  EXPECT_EQ(huge.labels, (Labels{"0.0", "0.5", "1.0", "1.5"}));
  EXPECT_EQ(huge.factor, "×10⁶");
}

TEST(LinearTicks, TellsNumbersApartThatDifferLate) {
  EXPECT_EQ(linear_ticks(1000.0001, 1000.0003, 3).labels,
            (Labels{"1000.0001", "1000.0002", "1000.0003"}));
}

TEST(LinearTicks, WholeAxesHaveWholeMarks) {
  EXPECT_EQ(linear_ticks(0.9, 3.1, 10, true).values, (Values{1, 2, 3}));
  EXPECT_EQ(linear_ticks(0.9, 1.1, 10, true).values, (Values{1}));
}

TEST(LogTicks, MarksPowersOfTen) {
  const Ticks ticks = log_ticks(1e-5, 1, 8);
  EXPECT_EQ(ticks.labels, (Labels{"10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰"}));
  EXPECT_DOUBLE_EQ(ticks.values.front(), 1e-5);
}

TEST(LogTicks, LeavesPowersOutWhenThereAreManyAndAddsMarksWhenThereAreFew) {
  EXPECT_EQ(log_ticks(1e-12, 1, 6).labels, (Labels{"10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "10⁰"}));
  EXPECT_EQ(log_ticks(0.015, 0.6, 8).labels, (Labels{"0.02", "0.05", "0.1", "0.2", "0.5"}));
  EXPECT_EQ(log_ticks(4e-9, 3e-8, 8).labels, (Labels{"5×10⁻⁹", "10⁻⁸", "2×10⁻⁸"}));
}

TEST(LogTicks, BetweenTwoPowersMarksAreLinear) {
  EXPECT_EQ(log_ticks(0.26, 0.31, 6).labels,
            (Labels{"0.26", "0.27", "0.28", "0.29", "0.30", "0.31"}));
}

TEST(NumberText, KeepsTheSignificantDigits) {
  EXPECT_EQ(number_text(0.032111), "0.0321");
  EXPECT_EQ(number_text(-1.5), "−1.50");
  EXPECT_EQ(number_text(12300), "12300");
  EXPECT_EQ(number_text(1.234e-8, 2), "1.2×10⁻⁸");
  EXPECT_EQ(number_text(0), "0");
}

}  // namespace
}  // namespace hourglass::figures
