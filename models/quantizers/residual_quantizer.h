#pragma once

#include "hourglass/models/quantizers/codebook_quantizer.h"

#include <memory>
#include <vector>

namespace hourglass::models {

/// Residual quantisation (SoundStream: Zeghidour et al. 2021; RQ-VAE: Lee et al. 2022): the first
/// codebook's vector nearest to e, the second's nearest to what that left, and so on; all follow
/// running averages.
///
///   r₁ = e, qₗ = the vector of codebook l nearest to rₗ, rₗ₊₁ = rₗ − qₗ, q = Σ qₗ
///   commitment: β Σₗ ‖e − sg(q₁ + … + qₗ)‖², as Lee et al. have it
class ResidualQuantizer : public Quantizer {
 public:
  ResidualQuantizer(const CodebookOptions& options, int64_t width, int64_t codebooks);

  int64_t indices_of_vector() const override { return static_cast<int64_t>(stages_.size()); }
  int64_t size() const override { return stages_.front()->size(); }
  at::Tensor encode(const at::Tensor& vectors) override;
  at::Tensor decode(const at::Tensor& indices) override;
  std::vector<Term> terms() const override { return stages_.front()->terms(); }
  QuantizedVectors quantize(const at::Tensor& vectors, bool training) override;
  void after_step(const StepContext& context, const Processes& processes) override;

 private:
  std::vector<std::shared_ptr<CodebookQuantizer>> stages_;  // "stage1", "stage2", …
};

}  // namespace hourglass::models
