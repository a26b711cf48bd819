#pragma once

#include "hourglass/models/autoencoder.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace hourglass::models {

// Dense autoencoder (Hinton & Salakhutdinov 2006): fully connected layers down to the code and back
// up.
//
//   z = f(… f(W₁ x + b₁) …),  x̂ = g(… f(V₁ z + c₁) …),  loss = reconstruction(x̂, x)

struct DenseOptions {
  /// Hidden widths, then the code; the decoder mirrors them. Units.
  std::vector<int64_t> widths = {128, 64, 32};
  Activation activation = Activation::Relu;         ///< of the hidden layers
  Activation code_activation = Activation::Linear;  ///< of the code
  /// Of the hidden and code layers' weights; the output layer always starts Glorot uniform.
  Initializer initializer = Initializer::GlorotUniform;
  bool tied_weights = false;  ///< the decoder uses the encoder's weights, transposed
  Likelihood likelihood;

  /// Adds a row for each field.
  void describe(FieldTable& table);
};

/// Throws `UsageError` for options that cannot work whatever the data: widths that are none or not
/// positive, a likelihood that does not fit its output activation.
void check(const DenseOptions& options);

class DenseAutoencoder : public Autoencoder {
 public:
  using Options = DenseOptions;

  /// Input and target may have any shape; they are flattened. Throws what `check` throws, and
  /// `UsageError` for tied weights where input and target differ in size.
  DenseAutoencoder(Options options, ItemShapes shapes);

  at::Tensor encode(const at::Tensor& x) override;         // [B, shape…] -> [B, C]
  at::Tensor decode_logits(const at::Tensor& z) override;  // [B, C] -> [B, shape…]

 protected:
  const std::vector<std::shared_ptr<DenseLayer>>& encoder_layers() const { return encoder_layers_; }

 private:
  std::shared_ptr<Stack> encoder_, decoder_;
  std::vector<std::shared_ptr<DenseLayer>> encoder_layers_;
};

}  // namespace hourglass::models
