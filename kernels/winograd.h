#pragma once

#include "hourglass/kernels/channel_passes.h"
#include "hourglass/kernels/convolution.h"

#include <cstdint>

namespace hourglass::kernels {

// Winograd's minimal filtering F(2 x 2, 3 x 3) (Lavin & Gray 2016, "Fast algorithms for convolutional neural networks"): a
// 3 x 3 convolution of stride 1 takes 16 multiplications for each 2 x 2 pixels of a channel, not 36.
//
//   Y = Aᵀ [Σ over channels of (G g Gᵀ) ⊙ (Bᵀ d B)] A,  of a kernel g (3 x 3), pixels d (4 x 4) and Y (2 x 2)
//
//        1  0 −1  0         1  0  0
//   Bᵀ = 0  1  1  0     G = ½  ½  ½     Aᵀ = 1  1  1  0
//        0 −1  1  0         ½ −½  ½          0  1 −1 −1
//        0  1  0 −1         0  0  1
//
// Each of the 16 places is a product of matrices of its own: tiles by channels, times inputs by outputs.

inline constexpr int64_t kPlaces = 16;

/// Tiles of 2 x 2 pixels that cover an image, channels last. At each place they are a matrix [rows · columns, channels].
struct Tiles {
  int64_t rows = 0, columns = 0;
  int64_t channels = 0;  ///< a multiple of kLanes

  int64_t count() const { return rows * columns; }
  /// Floats from a place to the next. Not a power of two, of which few fit a cache together.
  int64_t place() const { return count() * channels + kLanes; }
};

/// Bᵀ d B: places [16, tiles, channels] of the 4 x 4 pixels around each tile. The image begins one pixel above and left of the
/// first tile.
void tiles_around(const Tiles& tiles, Framed<const float> image, float* places);

/// Aᵀ m A: the image that the tiles cover, of what is at their places.
void image_of_tiles(const Tiles& tiles, const float* places, const Finish& finish,
                    Framed<float> image);

/// A y Aᵀ: the gradient of the places, given that of the image.
void gradient_of_places(const Tiles& tiles, Framed<const float> image, float* places);

/// G g Gᵀ of so many kernels [3, 3, values]: [16, values].
void places_of_kernels(int64_t values, const float* kernels, float* places);

/// Gᵀ u G: the gradient of kernels [3, 3, values], given that of their places [16, values].
void gradient_of_kernels(int64_t values, const float* places, float* kernels);

}  // namespace hourglass::kernels
