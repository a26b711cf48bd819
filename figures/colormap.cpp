#include "hourglass/figures/colormap.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
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

Color sample_viridis(double t) {
  static const cv::Mat bgr = [] {
    cv::Mat ramp(1, 256, CV_8UC1), colors;
    for (int i = 0; i < 256; ++i) ramp.at<uint8_t>(i) = static_cast<uint8_t>(i);
    cv::applyColorMap(ramp, colors, cv::COLORMAP_VIRIDIS);
    return colors;
  }();
  const auto& color = bgr.at<cv::Vec3b>(static_cast<int>(std::lround(255 * t)));
  return {color[2], color[1], color[0]};
}

}  // namespace

Color sample(ColorMap map, double t) {
  if (std::isnan(t)) return kNotANumber;
  t = std::clamp(t, 0.0, 1.0);
  switch (map) {
    case ColorMap::Gray: return interpolate(kGrayStops, t);
    case ColorMap::Viridis: return sample_viridis(t);
    case ColorMap::RedBlue: return interpolate(kRedBlueStops, t);
    case ColorMap::Tab10: return kTab10Colors[std::min<size_t>(static_cast<size_t>(t * 10), 9)];
    case ColorMap::Hsv: return interpolate(kHsvStops, t);
    case ColorMap::NipySpectral: return interpolate(kNipySpectralStops, t);
  }
  return kNotANumber;
}

std::vector<Color> class_colors(ColorMap map, size_t count) {
  std::vector<Color> colors;
  const size_t steps = map == ColorMap::Hsv || count == 1 ? count : count - 1;
  for (size_t i = 0; i < count; ++i) {
    colors.push_back(map == ColorMap::Tab10
                         ? kTab10Colors[i % kTab10Colors.size()]
                         : sample(map, static_cast<double>(i) / static_cast<double>(steps)));
  }
  return colors;
}

std::vector<Color> distinct_colors(size_t count) {
  return class_colors(count <= kTab10Colors.size() ? ColorMap::Tab10 : ColorMap::NipySpectral,
                      count);
}

}  // namespace hourglass::figures
