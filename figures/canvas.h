#pragma once

#include "hourglass/figures/font.h"
#include "hourglass/figures/geometry.h"
#include "hourglass/figures/picture.h"

#include <span>
#include <string>
#include <vector>

// Private to the room: what every picture is drawn with, anti-aliased and to fractions of a pixel.

namespace hourglass::figures {

inline constexpr Color kInk = {38, 38, 38};            ///< text
inline constexpr Color kFrameColor = {110, 110, 110};  ///< axes and frames
inline constexpr Color kGridColor = {228, 228, 228};   ///< lines behind the data

inline constexpr double kTitleSize = 12 * kPoint;
inline constexpr double kTextSize = 10 * kPoint;
inline constexpr double kSmallSize = 8.5 * kPoint;  ///< tick labels, captions
inline constexpr double kMargin = 10 * kPoint;      ///< white around the whole
inline constexpr double kGap = 6 * kPoint;          ///< between neighbours
inline constexpr double kThin = 2;  ///< width of frames and ticks: whole pixels stay crisp

inline constexpr double kUpward = 90;  ///< turn of a text that is read from bottom to top

enum class Horizontal { Left, Center, Right };
enum class Vertical { Top, Middle, Baseline };

/// Which point of the text lies at the place that is given; top and middle are those of a capital.
struct TextStyle {
  double size = kTextSize;
  Horizontal horizontal = Horizontal::Center;
  Vertical vertical = Vertical::Middle;
  Color color = kInk;
  double turn = 0;  ///< degrees, against the clock
};

struct Stroke {
  Color color = kFrameColor;
  double width = kThin;
  double opacity = 1;
};

class Canvas {
 public:
  Canvas(double width, double height);

  Box box() const;

  /// Fills whole pixels, so that neighbouring boxes meet without a seam.
  void fill(const Box& box, Color color);

  /// Fills what the contours enclose, by the even-odd rule.
  void fill(const std::vector<Contour>& contours, Color color, double opacity = 1);

  /// A line through the points with round joins and ends; a single point gives a dot.
  void polyline(std::span<const Point> points, const Stroke& stroke);

  void line(Point from, Point to, const Stroke& stroke = {});
  void disc(Point center, double radius, Color color, double opacity = 1);

  /// A horizontal or vertical line on whole pixels.
  void rule(Point from, Point to, const Stroke& stroke = {});

  /// Four rules along the sides of the box.
  void frame(const Box& box, const Stroke& stroke = {});

  void text(const std::string& text, Point at, const TextStyle& style = {});

  /// Scales the picture to the box: up by repeating pixels, down by averaging them.
  void image(const Picture& picture, const Box& box);

  /// The picture drawn so far; ends the canvas.
  Picture take() { return std::move(picture_); }

 private:
  Picture picture_;
};

}  // namespace hourglass::figures
