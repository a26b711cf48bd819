#pragma once

#include "hourglass/models/quantizers/quantizer.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::models {

/// Finite scalar quantisation (FSQ: Mentzer et al. 2023): each value of a vector is bounded and
/// rounded to one of its own number of levels. There is no codebook to learn, and nothing of it that
/// could fall out of use. Of value i with Lᵢ levels:
///
///   h = (Lᵢ − 1)(1 + 10⁻³) / 2, o = ½ for an even Lᵢ, else 0, s = artanh(o / h)
///   n = round(h tanh(zᵢ + s) − o) + ⌊Lᵢ/2⌋, one of 0 … Lᵢ − 1;  x̂ᵢ = (n − ⌊Lᵢ/2⌋) / ⌊Lᵢ/2⌋
///   index = Σᵢ nᵢ L₁ ⋯ Lᵢ₋₁, gradient of round: 1
///
/// The paper's program has 1 − 10⁻³ and tan in place of artanh; with these, as in
/// vector-quantize-pytorch, 0 stays 0 for any number of levels, 2 included. Vectors of another width
/// than there are levels pass a linear layer on either side.
class FiniteScalarQuantizer : public Quantizer {
 public:
  FiniteScalarQuantizer(const std::vector<int64_t>& levels, int64_t width);

  int64_t size() const override { return codebook_.size(0); }
  at::Tensor encode(const at::Tensor& vectors) override;
  at::Tensor decode(const at::Tensor& indices) override;
  QuantizedVectors quantize(const at::Tensor& vectors, bool training) override;

 private:
  at::Tensor codebook_;                // [K, values]: x̂ of each index
  at::Tensor shift_, scale_, offset_;  // [values]: s, h, o
  at::Tensor middle_, place_;          // [values]: ⌊L/2⌋, L₁ ⋯ Lᵢ₋₁
  // No layers, which would have a row for each item: these have one for each vector.
  struct Linear {
    at::Tensor weight, bias;
  };
  std::optional<Linear> narrow_, widen_;

  Linear linear(const std::string& name, int64_t inputs, int64_t outputs);

  at::Tensor bounded(const at::Tensor& vectors);  // [N, D] -> [N, values], before rounding
  at::Tensor index_of(const at::Tensor& rounded) const;
};

}  // namespace hourglass::models
