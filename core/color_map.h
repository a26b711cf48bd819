#pragma once

#include "hourglass/core/fields.h"

#include <array>

namespace hourglass {

/// Colour maps with the colours that matplotlib gives the maps of these names; `Distinct` is our
/// own.
enum class ColorMap {
  Gray,          ///< black to white
  GrayReversed,  ///< white to black, as ink on paper
  Viridis,       ///< dark blue to yellow, of even steps to the eye
  Magma,         ///< black over red to light yellow, of even steps to the eye
  RedBlue,       ///< blue over white to red: for values below and above zero
  Distinct,      ///< the ten of Tab10 and fourteen more that are told apart, for classes
  Tab10,         ///< ten distinct colours, for classes
  Hsv,           ///< around the colour wheel, for classes: both ends are red
  NipySpectral   ///< black over the spectrum to light grey, for classes
};
constexpr auto names_of(ColorMap) {
  return std::to_array<EnumName<ColorMap>>({{ColorMap::Gray, "gray"},
                                            {ColorMap::GrayReversed, "gray_r"},
                                            {ColorMap::Viridis, "viridis"},
                                            {ColorMap::Magma, "magma"},
                                            {ColorMap::RedBlue, "RdBu_r"},
                                            {ColorMap::Distinct, "distinct"},
                                            {ColorMap::Tab10, "tab10"},
                                            {ColorMap::Hsv, "hsv"},
                                            {ColorMap::NipySpectral, "nipy_spectral"}});
}

/// Whether the map has no colour: its values look like those of an image in grey.
constexpr bool is_gray(ColorMap map) { return map <= ColorMap::GrayReversed; }

/// Whether a step along the map reads as a step of a value.
constexpr bool suits_values(ColorMap map) { return map <= ColorMap::RedBlue; }

/// Whether all of its colours are seen on white, so that dots can have them.
constexpr bool suits_classes(ColorMap map) {
  return map >= ColorMap::Distinct || map == ColorMap::Viridis || map == ColorMap::Magma;
}

}  // namespace hourglass
