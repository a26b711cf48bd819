#pragma once

#include <cstdint>

namespace hourglass::kernels {

// The optimizers' steps, one pass over the weights each. All vectors have `size` values, a multiple
// of `kLanes`, and are aligned to 64 bytes.

/// What the weights follow: the sum of the gradients of some shards of the batch, times a factor.
struct GradientSum {
  const float* first;
  int64_t distance = 0;  ///< from the gradient of a shard to the next; a multiple of `kLanes`
  int count = 1;
  float factor = 1;
};

/// The square of its length, for clipping.
double squared_norm(int64_t size, const GradientSum& gradient);

// What each optimizer keeps, and the numbers of a step; as training/optimizer.h says.

struct AdamPass {
  float *mean, *square;
  double beta1 = 0.9, beta2 = 0.999;  ///< in double: 1 − β₂ would lose digits
  float epsilon = 1e-7F;
  float step = 0;             ///< learning rate / (1 − β₁ᵗ)
  float root_correction = 1;  ///< 1 / √(1 − β₂ᵗ)
  float keep = 1;             ///< 1 − learning rate · weight decay
};
struct RmsPropPass {
  float* square;
  double rho = 0.9;
  float epsilon = 1e-7F, learning_rate = 0;
};
struct AdagradPass {
  float* sum_of_squares;
  float epsilon = 1e-10F, learning_rate = 0;
};
struct AdadeltaPass {
  float *square, *delta_square;
  double rho = 0.9;
  float epsilon = 1e-6F, learning_rate = 0;
};
struct SgdPass {
  float* momentum;  ///< null: none
  float factor = 0, learning_rate = 0;
};

void step(int64_t size, float* weights, const GradientSum& gradient, const AdamPass& pass);
void step(int64_t size, float* weights, const GradientSum& gradient, const RmsPropPass& pass);
void step(int64_t size, float* weights, const GradientSum& gradient, const AdagradPass& pass);
void step(int64_t size, float* weights, const GradientSum& gradient, const AdadeltaPass& pass);
void step(int64_t size, float* weights, const GradientSum& gradient, const SgdPass& pass);

}  // namespace hourglass::kernels
