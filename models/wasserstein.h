#pragma once

#include "hourglass/models/autoencoder.h"

#include <array>
#include <string>
#include <vector>

namespace hourglass::models {

// Wasserstein autoencoder with the MMD penalty (WAE-MMD: Tolstikhin et al. 2018): the codes of a
// batch are pulled towards samples of the prior N(0, I) as a whole, and no code is random.
//
//   loss = Σ over values of the reconstruction loss, the mean over the batch, + λ · MMD²(codes, prior samples)
//   MMD² = 1/(n(n−1)) Σ_{i≠j} [k(zᵢ, zⱼ) + k(pᵢ, pⱼ)] − 2/n² Σᵢⱼ k(zᵢ, pⱼ)
//   k(a, b) = Σ_s C s / (C s + ‖a − b‖²), C = 2 d (inverse multiquadratic)

/// s of the kernel.
inline constexpr std::array kKernelScales = {0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0};

struct WassersteinOptions {
  double mmd_weight = 10;

  void describe(FieldTable& table) {
    table.add("mmd_weight", mmd_weight, "weight of the distance between codes and prior")
        .at_least(0);
  }
};

/// MMD² between two sets of as many points [N, D], as above; 0 for a single point.
at::Tensor squared_mmd(const at::Tensor& codes, const at::Tensor& prior);

class Wasserstein : public Autoencoder {
 public:
  Wasserstein(WassersteinOptions options, const ModelSpec& spec)
      : Autoencoder(spec, {"code"}), options_(options) {}

  std::vector<Phase> phases() const override;
  StepValues losses(const Batch& batch, const StepContext& context) override;
  std::optional<ObjectivePlan> objective_plan() const override;

  std::string code_kind() const override { return "gaussian"; }
  std::string script_methods() const override;

 private:
  WassersteinOptions options_;
};

}  // namespace hourglass::models
