#include "hourglass/figures/colormap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace hourglass::figures {
namespace {

/// Within one step of 255 in every channel.
void expect_close(Color found, Color expected) {
  EXPECT_LE(std::abs(found.r - expected.r), 1);
  EXPECT_LE(std::abs(found.g - expected.g), 1);
  EXPECT_LE(std::abs(found.b - expected.b), 1);
}

struct Entry {
  int i;  // of 0 … 255
  Color color;
};

void expect_entries(ColorMap map, std::initializer_list<Entry> entries) {
  for (const auto& entry : entries) {
    SCOPED_TRACE(entry.i);
    expect_close(sample(map, entry.i / 255.0), entry.color);
  }
}

// The expected colours are matplotlib 3.10's, at these entries of its tables of 256.

TEST(Sample, NipySpectralHasMatplotlibsColours) {
  expect_entries(ColorMap::NipySpectral, {{0, {0, 0, 0}},
                                          {20, {129, 0, 146}},
                                          {47, {0, 0, 205}},
                                          {64, {0, 120, 221}},
                                          {100, {0, 170, 141}},
                                          {128, {0, 188, 0}},
                                          {171, {208, 248, 0}},
                                          {200, {255, 169, 0}},
                                          {230, {220, 0, 0}},
                                          {255, {204, 204, 204}}});
}

TEST(Sample, HsvHasMatplotlibsColours) {
  expect_entries(ColorMap::Hsv, {{0, {255, 0, 0}},
                                 {20, {255, 118, 0}},
                                 {47, {232, 255, 0}},
                                 {64, {132, 255, 0}},
                                 {100, {0, 255, 81}},
                                 {128, {0, 255, 246}},
                                 {171, {2, 12, 255}},
                                 {200, {161, 0, 255}},
                                 {230, {255, 0, 172}},
                                 {255, {255, 0, 24}}});
}

TEST(Sample, ViridisHasMatplotlibsColours) {
  expect_entries(ColorMap::Viridis, {{0, {68, 1, 84}},
                                     {64, {59, 82, 139}},
                                     {128, {33, 145, 140}},
                                     {200, {112, 207, 87}},
                                     {255, {253, 231, 37}}});
}

TEST(Sample, RedBlueHasMatplotlibsColours) {
  expect_entries(ColorMap::RedBlue, {{0, {5, 48, 97}},
                                     {64, {107, 172, 209}},
                                     {128, {247, 246, 246}},
                                     {200, {219, 107, 85}},
                                     {255, {103, 0, 31}}});
}

TEST(Sample, ClampsAndMarksWhatIsNotANumber) {
  EXPECT_EQ(sample(ColorMap::Gray, -3), (Color{0, 0, 0}));
  EXPECT_EQ(sample(ColorMap::Gray, 1e9), (Color{255, 255, 255}));
  EXPECT_EQ(sample(ColorMap::Gray, std::numeric_limits<double>::quiet_NaN()), (Color{255, 0, 255}));
}

TEST(ClassColors, NipySpectralInTenStepsIsMatplotlibs) {
  const auto colors = class_colors(ColorMap::NipySpectral, 10);
  const std::vector<Color> expected = {{0, 0, 0},    {106, 0, 157},  {0, 53, 221},  {0, 164, 187},
                                       {0, 155, 15}, {0, 225, 0},    {204, 249, 0}, {255, 176, 0},
                                       {229, 0, 0},  {204, 204, 204}};
  ASSERT_EQ(colors.size(), expected.size());
  for (size_t i = 0; i < colors.size(); ++i) expect_close(colors[i], expected[i]);
}

TEST(ClassColors, Tab10BeginsAgainBeyondTen) {
  const auto colors = class_colors(ColorMap::Tab10, 12);
  EXPECT_EQ(colors[0], (Color{31, 119, 180}));
  EXPECT_EQ(colors[9], (Color{23, 190, 207}));
  EXPECT_EQ(colors[11], colors[1]);
}

TEST(ClassColors, HsvDoesNotEndWhereItBegan) {
  const auto colors = class_colors(ColorMap::Hsv, 10);
  const int distance = std::abs(colors[0].r - colors[9].r) + std::abs(colors[0].g - colors[9].g) +
                       std::abs(colors[0].b - colors[9].b);
  EXPECT_GT(distance, 100);
}

TEST(DistinctColors, AreTab10UpToTenAndDifferBeyond) {
  EXPECT_EQ(distinct_colors(10), class_colors(ColorMap::Tab10, 10));
  for (const size_t count : {11, 24, 25, 60}) {
    const auto colors = distinct_colors(count);
    for (const Color color : colors) {
      EXPECT_EQ(std::count(colors.begin(), colors.end(), color), 1) << "of " << count;
    }
  }
}

TEST(DistinctColors, AreFarFromEachOtherAndFromWhite) {
  // Distances in CIELAB (1976), another space than the one they are chosen in: 2.3 is just seen.
  const auto lab = [](Color color) {
    const auto linear = [](double share) {
      return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
    };
    const double r = linear(color.r / 255.0), g = linear(color.g / 255.0),
                 b = linear(color.b / 255.0);
    const auto root = [](double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16 / 116.0; };
    const double x = root((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505),
                 y = root(0.2126 * r + 0.7152 * g + 0.0722 * b),
                 z = root((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    return std::array{116 * y - 16, 500 * (x - y), 200 * (y - z)};
  };
  auto colors = distinct_colors(kDistinctColors);
  colors.push_back(kWhite);
  double nearest = 1e9;
  for (size_t i = 0; i < colors.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const auto a = lab(colors[i]), c = lab(colors[j]);
      nearest = std::min(nearest, std::hypot(a[0] - c[0], a[1] - c[1], a[2] - c[2]));
    }
  }
  EXPECT_GT(nearest, 15);
}

TEST(ColorTable, HasTheMapsColoursInEvenSteps) {
  for (const auto& entry : names_of(ColorMap{})) {
    EXPECT_EQ(color_table(entry.value).front(), sample(entry.value, 0)) << entry.name;
    EXPECT_EQ(color_table(entry.value)[100], sample(entry.value, 100.0 / 255)) << entry.name;
    EXPECT_EQ(color_table(entry.value).back(), sample(entry.value, 1)) << entry.name;
  }
  EXPECT_EQ(color_table(ColorMap::GrayReversed).front(), kWhite);
}

TEST(ColorMaps, OfClassesAreSeenOnWhite) {
  for (const auto& entry : names_of(ColorMap{})) {
    if (!suits_classes(entry.value)) continue;
    for (const Color color : class_colors(entry.value, 10)) EXPECT_NE(color, kWhite) << entry.name;
  }
}

TEST(ClassColors, OneClassHasAColour) {
  EXPECT_EQ(class_colors(ColorMap::NipySpectral, 1), (std::vector<Color>{{0, 0, 0}}));
}

}  // namespace
}  // namespace hourglass::figures
