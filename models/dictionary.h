#pragma once

#include "hourglass/models/autoencoder.h"
#include "hourglass/models/dictionary_options.h"
#include "hourglass/models/latent_activation.h"
#include "hourglass/models/sparsity.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace hourglass::models {

// Dictionary learning, what "sparse autoencoder" means where the activations of neural networks are
// read: items are sums of few of many vectors. Each of the W units has one, row Wᵢ of the decoder.
//
//   p = (x − b_dec) W_enc + b_enc,  f = what is left of p (latent_activation.h),  x̂ = f W_dec + b_dec
//   loss = ‖x̂ − x‖² + λ penalty(f) + α auxiliary + Σ over prefixes w of ‖f[:w] W_dec[:w] + b_dec − x‖²
//
// Norms are sums over an item's values and means over the batch. A unit is dead when it was silent in
// more than `dead_window` batches. With m dead units the auxiliary loss (Gao et al. 2024) is
// min(2m/D, 1) ‖a W_dec − (x − x̂)‖², where a are the D/2 strongest p of the dead units of each row,
// negative ones too, and x − x̂ is a constant. Validation leaves it out.
//
// Formulas, starting values and defaults are those of SAELens 6.54 (github.com/decoderesearch/SAELens);
// a test compares 40 steps with its.

/// Throws `UsageError` unless the network is a dense one without hidden layers, linear at both ends,
/// whose error is squared.
void check(const Sparsity& sparsity, const DictionaryOptions& options,
           const NetworkOptions& network, const Likelihood& likelihood);

/// Terms: "reconstruction", then, for those that have them, "prefixes", "sparsity" and "auxiliary".
/// Reports the metrics "l0", units that speak in a row, and "dead_latents", how many are dead.
///
/// Items of any shape are taken as their values one after the other. In evaluation mode the code of
/// a row depends on that row alone.
class Dictionary : public Autoencoder {
 public:
  /// Throws `UsageError` also for a condition, for targets of another size than the inputs, and where
  /// `sparsity` asks for more units than there are.
  Dictionary(Sparsity sparsity, DictionaryOptions options, const ModelSpec& spec);

  at::Tensor encode(const at::Tensor& x, const at::Tensor& condition = {}) override;

  std::vector<Phase> phases() const override;
  StepValues losses(const Batch& batch, const StepContext& context) override;
  std::optional<ObjectivePlan> objective_plan() const override;
  void after_step(const Batch& batch, const StepContext& context) override;

 private:
  /// Of the dense layers: encoder [W, D], [W], decoder [D, W], [D].
  struct Weights {
    at::Tensor encoder, encoder_bias, decoder, decoder_bias;
  };
  /// The first units of a code, which reconstruct the items without the others. Those from `first`
  /// on belong to no shorter prefix.
  struct Prefix {
    int64_t first = 0, end = 0;
    at::Tensor missed;  // [B, D]: what the reconstruction lacks
  };

  Sparsity sparsity_;
  DictionaryOptions options_;
  Weights weights_;
  std::shared_ptr<LatentActivation> activation_;
  at::Tensor steps_since_spoken_;  // int64 [W]: a buffer
  at::Tensor spoke_;               // bool [W]: in the latest batch, for after_step

  void start();
  bool has_auxiliary() const;
  /// Of items, which may be a share of a batch of `batch_rows`.
  PreActivations pre_activations(const at::Tensor& x, int64_t batch_rows);
  at::Tensor dead() const;  // bool [W]
  /// Of a Matryoshka dictionary, and the whole code as the last.
  std::vector<Prefix> prefixes(const at::Tensor& code, const at::Tensor& target);
  at::Tensor auxiliary(const PreActivations& p, const std::vector<Prefix>& prefixes) const;
  at::Tensor auxiliary(const PreActivations& p, const Prefix& prefix) const;
};

}  // namespace hourglass::models
