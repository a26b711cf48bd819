#pragma once

#include "hourglass/models/autoencoder.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace hourglass::models {

// Convolutional autoencoder (Masci et al. 2011, in the form of the Keras tutorials): the code is a
// small image of many channels.
//
//   encoder: [conv 3×3, ReLU, batch norm, 2×2 max pool] a filter count; decoder: [conv, ReLU, batch
//   norm, 2×2 upsampling] in reverse, then a conv to the channels of the target. loss =
//   reconstruction(x̂, x)

struct ConvolutionalOptions {
  std::vector<int64_t> filters = {16, 8};    ///< channels after each convolution of the encoder
  Activation activation = Activation::Relu;  ///< of all convolutions but the last
  bool bias = false;                         ///< whether convolutions have one
  Likelihood likelihood;

  /// Adds a row for each field.
  void describe(FieldTable& table);
};

/// Throws `UsageError` for options that cannot work whatever the data.
void check(const ConvolutionalOptions& options);

class ConvolutionalAutoencoder : public Autoencoder {
 public:
  using Options = ConvolutionalOptions;

  /// Images [C, H, W] of any size that all poolings can halve; input and target may differ in
  /// channels alone. Throws what `check` throws, and `UsageError` naming the smallest size that
  /// works.
  ConvolutionalAutoencoder(Options options, ItemShapes shapes);

  at::Tensor encode(const at::Tensor& x) override;         // [B, C, H, W] -> [B, F, h, w]
  at::Tensor decode_logits(const at::Tensor& z) override;  // [B, F, h, w] -> [B, C, H, W]
  std::string code_kind() const override { return "map"; }

 private:
  std::shared_ptr<Stack> encoder_, decoder_;
};

}  // namespace hourglass::models
