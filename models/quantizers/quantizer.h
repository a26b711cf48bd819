#pragma once

#include "hourglass/core/processes.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/quantizers/quantization.h"

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace hourglass::models {

// How vectors become whole numbers, and vectors again (vector_quantized.h). N is the number of
// vectors, D of the values in each, L of the indices that each becomes, K of what an index may be.

/// A batch's vectors while the model learns.
struct QuantizedVectors {
  at::Tensor indices;  ///< int64 [N, L]
  /// [N, D]: what the indices stand for; their gradient goes straight through to what was quantised.
  at::Tensor values;
  std::vector<at::Tensor> terms;  ///< what `terms` declared
};

class Quantizer : public torch::nn::Module {
 public:
  /// L and K.
  virtual int64_t indices_of_vector() const { return 1; }
  virtual int64_t size() const = 0;

  /// [N, D] -> [N, L] int64.
  virtual at::Tensor encode(const at::Tensor& vectors) = 0;
  /// [..., L] -> [..., D].
  virtual at::Tensor decode(const at::Tensor& indices) = 0;

  /// What it adds to the reconstruction loss.
  virtual std::vector<Term> terms() const { return {}; }
  /// While training, what `after_step` needs of the batch is remembered.
  virtual QuantizedVectors quantize(const at::Tensor& vectors, bool training) = 0;
  /// After the optimizer's step, without gradients; the processes have the other vectors.
  virtual void after_step(const StepContext& /*context*/, const Processes& /*processes*/) {}
};

/// A codebook's options, and how much its distance from the encoder weighs.
struct CodebookOptions {
  int64_t size = 128;
  double commitment = 0.25;
  double decay = 0.99;
  double reseed_below = 0.01;
};

/// For vectors of `width` values.
std::shared_ptr<Quantizer> make_quantizer(const Quantization& quantization,
                                          const CodebookOptions& options, int64_t width);

}  // namespace hourglass::models
