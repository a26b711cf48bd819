#pragma once

#include "hourglass/models/autoencoder.h"

#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::models {

// Vector-quantised autoencoder (VQ-VAE: van den Oord, Vinyals & Kavukcuoglu 2017): the code is
// integers, the index of the codebook's nearest vector at each place of the encoder's map.
//
//   e = encoder(x), q = the vector of the codebook nearest to e, at each place
//   loss = reconstruction(decoder(e + sg(q − e)), x) + β ‖e − sg(q)‖²       (sg: no gradient; straight through)
//   codebook by loss:             + ‖sg(e) − q‖²
//   codebook by running averages: Nₖ ← γ Nₖ + (1 − γ) nₖ, mₖ ← γ mₖ + (1 − γ) Σ e assigned to k, vector k = mₖ / Nₖ
//
// Squared norms are means over all values. A vector that is hardly used takes the place of a random
// e of the batch (Dhariwal et al. 2020).

enum class CodebookUpdate { RunningAverages, Loss };
constexpr auto names_of(CodebookUpdate) {
  return std::to_array<EnumName<CodebookUpdate>>(
      {{CodebookUpdate::RunningAverages, "averages"}, {CodebookUpdate::Loss, "loss"}});
}

struct VectorQuantizedOptions {
  int64_t codebook_size = 128;
  CodebookUpdate codebook_update = CodebookUpdate::RunningAverages;
  double commitment = 0.25;
  double decay = 0.99;
  double reseed_below = 0.01;

  void describe(FieldTable& table) {
    table.add("codebook_size", codebook_size, "vectors of the codebook").at_least(1);
    table.add("codebook_update", codebook_update,
              "how the codebook learns: averages, running ones of what is assigned to a vector, or "
              "loss");
    table.add("commitment", commitment, "weight of the encoder's distance from the codebook")
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
/// "codebook_use", the share of vectors used in it.
class VectorQuantized : public Autoencoder {
 public:
  VectorQuantized(VectorQuantizedOptions options, const ModelSpec& spec);

  /// [B, input shape…] -> indices, int64 [B, h, w], or [B, 1] where the network's code is a vector.
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
    return {"z", code_shape(), options_.codebook_size};
  }

 private:
  VectorQuantizedOptions options_;
  at::Tensor codebook_;         // [K, D]: a parameter when it learns by loss, else a buffer
  at::Tensor counts_, sums_;    // [K], [K, D]: running averages
  at::Tensor seen_, assigned_;  // [N, D], [N]: of the latest batch, for after_step

  at::Tensor vectors(const at::Tensor& map) const;        // [B, D, …] -> [B · places, D]
  at::Tensor nearest(const at::Tensor& vectors) const;    // [N, D] -> [N] int64
  at::Tensor looked_up(const at::Tensor& indices) const;  // [B, …] -> [B, D, …]
  /// How often the whole batch uses each vector: [K].
  at::Tensor use_of(const at::Tensor& indices) const;
  void reseed(const StepContext& context);
};

}  // namespace hourglass::models
