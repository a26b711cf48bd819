#pragma once

#include "hourglass/models/quantizers/quantizer.h"

namespace hourglass::models {

/// The nearest of K vectors of a codebook (van den Oord, Vinyals & Kavukcuoglu 2017). Of e, what is
/// quantised, and q, the vector nearest to it:
///
///   commitment:                  β ‖e − sg(q)‖²                              (sg: no gradient)
///   a codebook that is learned:  + ‖sg(e) − q‖²
///   or follows running averages: Nₖ ← γ Nₖ + (1 − γ) nₖ, mₖ ← γ mₖ + (1 − γ) Σ e assigned to k, vector k = mₖ / Nₖ
///
/// Squared norms are means over all values. A vector that is hardly used becomes a random e
/// of the batch (Dhariwal et al. 2020).
class CodebookQuantizer : public Quantizer {
 public:
  /// Number `number` of `count` codebooks of a model: each draws other vectors of the batch.
  CodebookQuantizer(const CodebookOptions& options, int64_t width, bool learned, int64_t number = 0,
                    int64_t count = 1);

  int64_t size() const override { return options_.size; }
  at::Tensor encode(const at::Tensor& vectors) override;
  at::Tensor decode(const at::Tensor& indices) override;
  std::vector<Term> terms() const override;
  QuantizedVectors quantize(const at::Tensor& vectors, bool training) override;
  void after_step(const StepContext& context, const Processes& processes) override;

 private:
  CodebookOptions options_;
  int64_t number_, count_;
  at::Tensor codebook_;         // [K, D]: a parameter when it is learned, else a buffer
  at::Tensor counts_, sums_;    // [K], [K, D]: running averages
  at::Tensor seen_, assigned_;  // [N, D], [N]: of the latest batch, for after_step

  at::Tensor nearest(const at::Tensor& vectors) const;  // [N, D] -> [N]
  void reseed(const StepContext& context, const Processes& processes);
};

}  // namespace hourglass::models
