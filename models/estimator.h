#pragma once

#include "hourglass/core/fields.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>

namespace hourglass::models {

// Estimators of the importance-weighted bound and of its gradient. An item's samples of the code
// stand in M groups of K, and have weights w (importance_weighted.h):
//
//   iwae    log (1/K Σ w)                                         Burda, Grosse & Salakhutdinov 2016
//   dreg    the same; the encoder's gradient is Σ w̃² ∂log w/∂z · ∂z/∂φ, w̃ = w / Σ w, whose variance
//           does not outgrow it with K                            Tucker et al. 2019
//   ciwae:β β · 1/K Σ log w + (1 − β) · log (1/K Σ w)             Rainforth et al. 2018
//   miwae   the mean over groups of log (1/K Σ w)                 Rainforth et al. 2018
//   piwae   the decoder's gradient is that of log (1/MK Σ w) over all samples, which is the value; the
//           encoder's is miwae's                                  Rainforth et al. 2018

struct Estimator {
  enum class Kind { Iwae, Dreg, Ciwae, Miwae, Piwae };
  Kind kind = Kind::Iwae;
  double elbo_share = 0;              ///< of Ciwae: β in [0, 1]
  int64_t groups = 1, per_group = 0;  ///< of Miwae and Piwae: M and K

  /// Of an item: no count of the values of a batch's samples overflows.
  static constexpr int64_t kMostSamples = 1'000'000;

  /// Whether M and K are the estimator's own.
  bool has_groups() const { return kind == Kind::Miwae || kind == Kind::Piwae; }

  /// "iwae", "dreg", "ciwae:B", "miwae:M,K", "piwae:M,K".
  static std::string expects();
  static std::optional<Estimator> parse(const std::string& text);
  std::string text() const;
};

/// The bound of each item, to be differentiated: log w [B, M, K] -> [B].
at::Tensor bound_of(const Estimator& estimator, const at::Tensor& log_weights);

/// Whether the encoder's gradient is not the bound's own.
inline bool scales_encoder(const Estimator& estimator) {
  return estimator.kind == Estimator::Kind::Dreg || estimator.kind == Estimator::Kind::Piwae;
}

/// Of Piwae: w / (M Σ w of the group) in the place of w / Σ w of all, from the logarithms of the sums.
/// Where a group weighs nothing the factor stays finite.
double group_factor(double log_sum_of_all, double log_sum_of_group, double groups);

/// What the bound's gradient with respect to the codes' distribution is to be multiplied by, for each
/// sample: [B, M, K], constant; undefined where it is as it should be.
at::Tensor encoder_factor(const Estimator& estimator, const at::Tensor& log_weights);

}  // namespace hourglass::models
