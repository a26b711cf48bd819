#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hourglass::models {

/// Masks of a network of one hidden layer, 1 where a weight is: what it gives for value i depends
/// on the values before i alone (MADE: Germain et al. 2015, "MADE: Masked autoencoder for distribution
/// estimation"). For D values and H hidden units.
struct AutoregressiveMasks {
  at::Tensor hidden;  ///< [H, D] float32
  at::Tensor output;  ///< [D, H] float32

  /// The same for values in the opposite order: i depends on those behind it.
  AutoregressiveMasks reversed() const;
};

/// Unit k may look at the values up to the one of its number, which goes round through 1 … D − 1;
/// value i at the units of numbers below i.
AutoregressiveMasks autoregressive_masks(int64_t values, int64_t units);

/// Hidden units that are enough for so many values: 8 for each, 64 … 512.
int64_t autoregressive_units(int64_t values);

}  // namespace hourglass::models
