#pragma once

#include "hourglass/training/fused/parameters.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace hourglass::training::fused {

// The sparse autoencoder computed by hand (sparse_network.h): B items of D values, W latents of which few are
// active for any item. Encoder and decoder both lie as a row of D values for each latent.

/// The parameters of a sparse autoencoder.
struct Dictionary {
  Parameters& parameters;
  int64_t latents, width;  ///< W, D
  // Their numbers.
  size_t encoder, encoder_bias;     ///< [W, D], [W]
  size_t decoder, decoder_bias;     ///< [W, D], [D]
  std::optional<size_t> threshold;  ///< [W], where there is one

  kernels::RowsOf encoder_rows() const { return rows_of(encoder); }
  kernels::RowsOf decoder_rows() const { return rows_of(decoder); }
  kernels::RowsOf rows_of(size_t number) const {
    return {parameters.values(number), parameters.at(number).stride};
  }
  /// The one gradient of a parameter, and its row for a latent.
  float* gradient(size_t number) const { return parameters.gradient(number, 0); }
  float* gradient_row(size_t number, int64_t latent) const {
    return gradient(number) + latent * parameters.at(number).stride;
  }
};

/// The latents that are active for the items of one shard: item after item, latents ascending. The
/// vectors keep the memory of the fullest batch so far.
struct ActiveLatents {
  std::vector<int64_t> ends;               ///< of each item: one behind its last
  std::vector<int32_t> latents;            ///< of each active one, and so on:
  std::vector<float> keys;                 ///< what the selection compared, see sparse_encoder.h
  std::vector<float> values;               ///< f
  std::vector<float> gradients;            ///< of f; later of the pre-activation
  std::vector<float> threshold_gradients;  ///< of the threshold, where there is one

  int64_t size() const { return std::ssize(latents); }
  int64_t begin_of(int64_t item) const {
    return item == 0 ? 0 : ends[static_cast<size_t>(item - 1)];
  }
  int64_t end_of(int64_t item) const { return ends[static_cast<size_t>(item)]; }
};

}  // namespace hourglass::training::fused
