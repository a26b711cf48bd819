#pragma once

#include "hourglass/core/processes.h"
#include "hourglass/models/dictionary_options.h"
#include "hourglass/models/sparsity.h"

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

namespace hourglass::models {

// What distinguishes the kinds of dictionaries (dictionary.h): how a unit's code follows from what
// the encoder says of it. B rows, W units.

/// What the encoder says of a batch.
struct PreActivations {
  at::Tensor values;   ///< p [B, W]
  at::Tensor scores;   ///< [B, W]: by these the strongest units are found
  at::Tensor norms;    ///< n [W]: lengths of the units' vectors in the decoder, undefined where
                       ///< only the code is asked for
  at::Tensor bias;     ///< [W]: the encoder's, which p contains
  int64_t batch_rows;  ///< of the whole batch, B of which are here
  const Processes& processes;  ///< which have the others
};

class LatentActivation : public torch::nn::Module {
 public:
  /// f [B, W], never negative. In training mode it may depend on the whole batch.
  virtual at::Tensor code(const PreActivations& p) = 0;

  /// Whether there is a term "sparsity", and its weight.
  virtual bool has_penalty() const { return false; }
  virtual double penalty_weight() const { return 0; }
  /// A row's part of it: [B].
  virtual at::Tensor penalties(const PreActivations& p, const at::Tensor& code);

  /// A second code that has to reconstruct the items, too; undefined where there is none.
  virtual at::Tensor second_code(const PreActivations& /*p*/) { return {}; }

  /// After the optimizer's step on the batch that `code` saw last in training mode, without
  /// gradients.
  virtual void after_step() {}
};

/// For `width` units. Parameters and buffers: "batch_threshold" (float64 scalar) where units are
/// chosen from a batch, "threshold" [W] of JumpReLU, "log_scale" and "magnitude_bias" [W] of a
/// gated code.
std::shared_ptr<LatentActivation> make_latent_activation(const Sparsity& sparsity,
                                                         const DictionaryOptions& options,
                                                         int64_t width);

}  // namespace hourglass::models
