#pragma once

#include "hourglass/models/autoencoder.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace hourglass::models {

// Denoising autoencoder (Vincent et al. 2008): learns to undo noise. The data set corrupts the
// inputs and keeps the targets clean, so the loss is the plain reconstruction loss and the network
// one of the plain variants:
//
//   loss = reconstruction(decode(encode(x + noise)), x)

enum class DenoisingNetwork { Convolutional, Dense };

constexpr auto names_of(DenoisingNetwork) {
  return std::to_array<EnumName<DenoisingNetwork>>(
      {{DenoisingNetwork::Convolutional, "convolutional"}, {DenoisingNetwork::Dense, "dense"}});
}

struct DenoisingOptions {
  DenoisingNetwork network = DenoisingNetwork::Convolutional;
  std::vector<int64_t> filters = {32,
                                  32};  ///< of the convolutional network: see ConvolutionalOptions
  std::vector<int64_t> widths = {128, 32};   ///< of the dense network: see DenseOptions
  Activation activation = Activation::Relu;  ///< of the hidden layers
  Likelihood likelihood;

  /// Adds a row for each field.
  void describe(FieldTable& table);
};

/// Throws `UsageError` for options that cannot work whatever the data.
void check(const DenoisingOptions& options);

/// The network that the options name. Throws what its constructor throws.
AutoencoderPtr build(const DenoisingOptions& options, const ItemShapes& shapes);

}  // namespace hourglass::models
