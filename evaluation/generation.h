#pragma once

#include "hourglass/evaluation/code_distribution.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/evaluation/model_prior.h"
#include "hourglass/evaluation/sampler.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace hourglass::evaluation {

// Codes that no item has, to be decoded. D is the number of values in a code; components are
// counted from 0.

/// Why the sampler cannot draw codes of this model; empty where it can: there are samplers of
/// numbers, of indices, and of codes that are distributions.
std::string sampler_obstacle(const ExportedModel& model, const Sampler& sampler);

/// Throws `UsageError` with the obstacle where there is one.
void check_sampler(const ExportedModel& model, const Sampler& sampler);

/// Which codes are usual for a model: those of its prior or, where it has none, of training rows.
class UsualCodes {
 public:
  /// Codes of training rows [N, …], asked for only where they are needed.
  using TrainingCodes = std::function<at::Tensor()>;

  /// `condition` [1, K] for a model that takes one: it may have learned a prior for each. `fitted` is
  /// the sampler's distribution where there is one already, as there has to be for Vamp, else it is
  /// fitted once it is needed.
  /// Throws `UsageError` for a sampler that has numbers for a model of indices, and the other way round.
  UsualCodes(ExportedModel& model, const Sampler& sampler, TrainingCodes training_codes,
             const at::Tensor& condition = {}, CodeDistributionPtr fitted = nullptr);

  /// Samples [count, D] float32; the same seed gives the same.
  at::Tensor samples(int64_t count, uint64_t seed);

  /// The one asked for, or what `Auto` is of this model.
  const Sampler& sampler() const { return sampler_; }

  /// What they are samples of: "the standard normal distribution".
  std::string source() const;

  /// The rows that a distribution is to be fitted on; 0 where none is.
  int64_t fitted_rows();

  /// The distribution that samples are drawn from, fitted with this seed where it was not yet; null for
  /// the prior.
  CodeDistributionPtr distribution(uint64_t seed);

  /// Throws `Error` for codes that are indices, between which there is nothing.
  void expect_numbers() const;

  /// The mean [1, D]. Throws what `expect_numbers` does.
  at::Tensor mean();

  /// Even steps through the usual values of two components, in quantiles of a normal prior, or
  /// between the 1 % and 99 % quantiles of samples of a learned one, or of the training codes. Throws
  /// `Error` for components that are not there, and what `expect_numbers` does.
  CodeGrid grid(int64_t first, int64_t second, int64_t n);

 private:
  ExportedModel& model_;
  TrainingCodes ask_for_training_codes_;
  Sampler sampler_;
  bool has_prior_ = false, learned_ = false;
  at::Tensor prior_mean_, prior_deviation_;  // [1, D], of a learned normal distribution
  ModelPriorPtr prior_;                      // learned for all conditions, else null
  at::Tensor training_codes_;                // [N, D], once asked for
  CodeDistributionPtr fitted_;

  const at::Tensor& training_codes();
  int64_t width();
};

/// `steps` (≥ 2) codes [steps, D] from `first` [D] to `last` [D], both included, in even steps on
/// the straight line, or along the great circle (Shoemake 1985: "Animating rotation with quaternion
/// curves"), which keeps samples of a Gaussian at their usual distance from 0. Where the two point
/// the same or opposite ways there is no one circle, and the line is taken.
at::Tensor interpolate_codes(const at::Tensor& first, const at::Tensor& last, int64_t steps,
                             bool spherical);

/// Each of `bases` [B, D] with each of n values as its component: [B · n, D], base after base.
at::Tensor traverse_codes(const at::Tensor& bases, int64_t component,
                          const std::vector<double>& values);

/// The grid's coordinates as two components, the others as in `middle` [1, D]: [n · n, D].
at::Tensor codes_on_grid(const CodeGrid& grid, const at::Tensor& middle, int64_t first,
                         int64_t second);

/// Codes [N, …] in the form that the model decodes, float32 [N, code shape…], indices as int64; in
/// their own shape for a third-party file. Throws `Error`, naming `where` they come from, when they
/// have another number of values, and for indices that the codebook does not have.
at::Tensor shaped_codes(ExportedModel& model, const at::Tensor& codes, const std::string& where);

}  // namespace hourglass::evaluation
