#pragma once

#include "hourglass/models/autoencoder.h"
#include "hourglass/models/quantizers/quantizer.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace hourglass::models {

// Vector-quantised autoencoder (VQ-VAE: van den Oord, Vinyals & Kavukcuoglu 2017): the code is
// integers, at each place of the encoder's map what a quantizer makes of the vector there.
//
//   e = encoder(x), q = what the quantizer's indices of e stand for, at each place
//   loss = reconstruction(decoder(e + sg(q − e)), x) + the quantizer's terms       (sg: no gradient; straight through)
//
// The quantizers, with their formulas and papers: models/quantizers/.

struct VectorQuantizedOptions {
  Quantization quantizer;
  int64_t codebook_size = 128;
  double commitment = 0.25;
  double decay = 0.99;
  double reseed_below = 0.01;

  void describe(FieldTable& table) {
    table
        .add("quantizer", quantizer,
             "how a vector becomes a number: the nearest of a codebook that follows running "
             "averages (ema) or is learned by a loss (learned); fsq:8,6,5, each value rounded to "
             "one of so many levels; residual:4, so many codebooks, each for what the others left")
        .offering({"ema", "learned", "fsq:8,6,5", "residual:4"});
    table.add("codebook_size", codebook_size, "vectors of a codebook, which fsq has none of")
        .at_least(1);
    table
        .add("commitment", commitment,
             "weight of the encoder's distance from what a codebook makes of it")
        .at_least(0);
    table.add("decay", decay, "what the running averages keep in a step").at_least(0).below(1);
    table
        .add("reseed_below", reseed_below,
             "a vector used less than this share of the average use starts anew from the batch; 0: "
             "never")
        .at_least(0)
        .below(1);
  }
};

/// Reports the metrics "perplexity", exp of the entropy of the indices in a batch, and
/// "codebook_use", the share of indices used in it: of several codebooks the means.
class VectorQuantized : public Autoencoder {
 public:
  VectorQuantized(const VectorQuantizedOptions& options, const ModelSpec& spec);

  /// [B, input shape…] -> indices, int64 [B, h, w], or [B, 1] where the network's code is a vector;
  /// of L codebooks [B, L, h, w] or [B, L].
  at::Tensor encode(const at::Tensor& x, const at::Tensor& condition = {}) override;
  /// The inverse; indices may be of any type.
  at::Tensor decode_logits(const at::Tensor& z, const at::Tensor& condition = {}) override;

  std::vector<Phase> phases() const override;
  StepValues losses(const Batch& batch, const StepContext& context) override;
  void after_step(const Batch& batch, const StepContext& context) override;

  Shape code_shape() const override;
  std::string code_kind() const override { return "indices"; }

 protected:
  TensorMethod::Argument code_argument() const override {
    return {"z", code_shape(), quantizer_->size()};
  }

 private:
  std::shared_ptr<Quantizer> quantizer_;

  Shape places() const;  // {h, w}, or {} where the network's code is a vector
  at::Tensor vectors(const at::Tensor& map) const;     // [B, D, places…] -> [B · places, D]
  at::Tensor map_of(const at::Tensor& vectors) const;  // [B, places…, D] -> [B, D, places…]
};

}  // namespace hourglass::models
