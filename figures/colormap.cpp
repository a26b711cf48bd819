#include "hourglass/figures/colormap.h"

#include "hourglass/figures/opencv.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <span>

namespace hourglass::figures {
namespace {

/// A map is linear between stops, in each channel.
struct Stop {
  double t;        // 0 … 1
  double r, g, b;  // 0 … 1
};

constexpr Stop kGrayStops[] = {{0, 0, 0, 0}, {1, 1, 1, 1}};

constexpr Stop kHsvStops[] = {
    {0, 1, 0, 0},
    {10.0 / 63, 1, 0.9375, 0},
    {11.0 / 63, 0.96875, 1, 0},
    {21.0 / 63, 0.03125, 1, 0},
    {22.0 / 63, 0, 1, 0.0625},
    {32.0 / 63, 0, 1, 1},
    {42.0 / 63, 0, 0.0625, 1},
    {43.0 / 63, 0.03125, 0, 1},
    {53.0 / 63, 0.96875, 0, 1},
    {54.0 / 63, 1, 0, 0.9375},
    {1, 1, 0, 0.09375},
};

constexpr Stop kNipySpectralStops[] = {
    {0.00, 0, 0, 0},        {0.05, 0.4667, 0, 0.5333}, {0.10, 0.5333, 0, 0.6},
    {0.15, 0, 0, 0.6667},   {0.20, 0, 0, 0.8667},      {0.25, 0, 0.4667, 0.8667},
    {0.30, 0, 0.6, 0.8667}, {0.35, 0, 0.6667, 0.6667}, {0.40, 0, 0.6667, 0.5333},
    {0.45, 0, 0.6, 0},      {0.50, 0, 0.7333, 0},      {0.55, 0, 0.8667, 0},
    {0.60, 0, 1, 0},        {0.65, 0.7333, 1, 0},      {0.70, 0.9333, 0.9333, 0},
    {0.75, 1, 0.8, 0},      {0.80, 1, 0.6, 0},         {0.85, 1, 0, 0},
    {0.90, 0.8667, 0, 0},   {0.95, 0.8, 0, 0},         {1.00, 0.8, 0.8, 0.8},
};

/// ColorBrewer's eleven-class RdBu, reversed.
constexpr Stop kRedBlueStops[] = {
    {0.0, 5 / 255.0, 48 / 255.0, 97 / 255.0},
    {0.1, 33 / 255.0, 102 / 255.0, 172 / 255.0},
    {0.2, 67 / 255.0, 147 / 255.0, 195 / 255.0},
    {0.3, 146 / 255.0, 197 / 255.0, 222 / 255.0},
    {0.4, 209 / 255.0, 229 / 255.0, 240 / 255.0},
    {0.5, 247 / 255.0, 247 / 255.0, 247 / 255.0},
    {0.6, 253 / 255.0, 219 / 255.0, 199 / 255.0},
    {0.7, 244 / 255.0, 165 / 255.0, 130 / 255.0},
    {0.8, 214 / 255.0, 96 / 255.0, 77 / 255.0},
    {0.9, 178 / 255.0, 24 / 255.0, 43 / 255.0},
    {1.0, 103 / 255.0, 0, 31 / 255.0},
};

constexpr std::array<Color, 10> kTab10Colors = {{{31, 119, 180},
                                                 {255, 127, 14},
                                                 {44, 160, 44},
                                                 {214, 39, 40},
                                                 {148, 103, 189},
                                                 {140, 86, 75},
                                                 {227, 119, 194},
                                                 {127, 127, 127},
                                                 {188, 189, 34},
                                                 {23, 190, 207}}};

/// A colour in Oklab (Ottosson 2020), where distances are about as large as they look.
struct Oklab {
  double lightness, a, b;
};

Oklab to_oklab(Color color) {
  const auto linear = [](uint8_t channel) {
    const double share = channel / 255.0;
    return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
  };
  const double r = linear(color.r), g = linear(color.g), b = linear(color.b);
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

double squared_distance(const Oklab& x, const Oklab& y) {
  const double lightness = x.lightness - y.lightness, a = x.a - y.a, b = x.b - y.b;
  return lightness * lightness + a * a + b * b;
}

/// Distinct: Tab10, then again and again the colour that is farthest from its nearest neighbour
/// among those taken and the page's white, on a lattice of sRGB that leaves out what is too light,
/// too dark or too glaring for dots.
const std::array<Color, kDistinctColors>& told_apart() {
  static const auto colors = [] {
    struct Candidate {
      Color color;
      Oklab place;
      double nearest;  // squared distance
    };
    constexpr int kStep = 15;  // divides 255
    std::vector<Candidate> candidates;
    for (int code = 0; code < 18 * 18 * 18; ++code) {
      const auto channel = [](int step) { return static_cast<uint8_t>(kStep * step); };
      const Color color = {channel(code / 324), channel(code / 18 % 18), channel(code % 18)};
      const Oklab place = to_oklab(color);
      const bool glaring = std::hypot(place.a, place.b) > 0.18;
      if (place.lightness < 0.35 || place.lightness > 0.85 || glaring) continue;
      candidates.push_back({color, place, squared_distance(place, to_oklab(kWhite))});
    }
    const auto take = [&](Color color) {
      for (auto& candidate : candidates) {
        candidate.nearest =
            std::min(candidate.nearest, squared_distance(candidate.place, to_oklab(color)));
      }
      return color;
    };
    std::array<Color, kDistinctColors> taken;
    for (size_t i = 0; i < taken.size(); ++i) {
      taken[i] = take(i < kTab10Colors.size()
                          ? kTab10Colors[i]
                          : std::max_element(candidates.begin(), candidates.end(),
                                             [](const Candidate& x, const Candidate& y) {
                                               return x.nearest < y.nearest;
                                             })
                                ->color);
    }
    return taken;
  }();
  return colors;
}

constexpr Color kNotANumber = {255, 0, 255};

Color interpolate(std::span<const Stop> stops, double t) {
  const auto right = std::find_if(stops.begin() + 1, std::prev(stops.end()),
                                  [t](const Stop& stop) { return stop.t >= t; });
  const auto left = std::prev(right);
  const double share = (t - left->t) / (right->t - left->t);
  const auto mix = [share](double from, double to) {
    return static_cast<uint8_t>(std::lround(255 * std::lerp(from, to, share)));
  };
  return {mix(left->r, right->r), mix(left->g, right->g), mix(left->b, right->b)};
}

/// Which of 256 steps.
uint8_t step_at(double t) { return static_cast<uint8_t>(std::lround(255 * t)); }

template <size_t N>
Color step_of(const std::array<Color, N>& colors, double t) {
  return colors[std::min(static_cast<size_t>(t * N), N - 1)];
}

}  // namespace

Color sample(ColorMap map, double t) {
  if (std::isnan(t)) return kNotANumber;
  t = std::clamp(t, 0.0, 1.0);
  switch (map) {
    case ColorMap::Gray: return interpolate(kGrayStops, t);
    case ColorMap::GrayReversed: return interpolate(kGrayStops, 1 - t);
    case ColorMap::Viridis: return opencv().viridis(step_at(t));
    case ColorMap::Magma: return opencv().magma(step_at(t));
    case ColorMap::RedBlue: return interpolate(kRedBlueStops, t);
    case ColorMap::Distinct: return step_of(told_apart(), t);
    case ColorMap::Tab10: return step_of(kTab10Colors, t);
    case ColorMap::Hsv: return interpolate(kHsvStops, t);
    case ColorMap::NipySpectral: return interpolate(kNipySpectralStops, t);
  }
  return kNotANumber;
}

const std::array<Color, 256>& color_table(ColorMap map) {
  static const auto tables = [] {
    std::map<ColorMap, std::array<Color, 256>> filled;
    for (const auto& entry : names_of(ColorMap{})) {
      for (size_t i = 0; i < 256; ++i) {
        filled[entry.value][i] = sample(entry.value, static_cast<double>(i) / 255);
      }
    }
    return filled;
  }();
  return tables.at(map);
}

std::vector<Color> class_colors(ColorMap map, size_t count) {
  const auto color_of = [&](size_t i) {
    if (map == ColorMap::Tab10) return kTab10Colors[i % kTab10Colors.size()];
    if (map == ColorMap::Distinct) return told_apart()[i % kDistinctColors];
    const size_t steps = map == ColorMap::Hsv || count == 1 ? count : count - 1;
    return sample(map, static_cast<double>(i) / static_cast<double>(steps));
  };
  std::vector<Color> colors;
  for (size_t i = 0; i < count; ++i) colors.push_back(color_of(i));
  return colors;
}

std::vector<Color> distinct_colors(size_t count) {
  return class_colors(count <= kDistinctColors ? ColorMap::Distinct : ColorMap::NipySpectral,
                      count);
}

}  // namespace hourglass::figures
