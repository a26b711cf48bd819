#pragma once

#include "hourglass/figures/canvas.h"

#include <array>

// Private to the room: points in shapes that are told apart without their colour.

namespace hourglass::figures {

enum class Marker { Disc, Square, Triangle, Diamond, Plus, Hourglass };

inline constexpr std::array kMarkers = {Marker::Disc,    Marker::Square, Marker::Triangle,
                                        Marker::Diamond, Marker::Plus,   Marker::Hourglass};

/// All shapes have the area of the disc of this radius.
void draw_marker(Canvas& canvas, Marker marker, Point center, double radius, Color color,
                 double opacity = 1);

}  // namespace hourglass::figures
