#pragma once

#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/models/likelihood.h"

#include <ATen/core/Tensor.h>

#include <string>

namespace hourglass::evaluation {

/// Why a checkpoint says nothing of log p(x|z); empty where it does: with a loss that is a likelihood
/// (mse and mae leave its width open), and, where a mean does not tell all of it, a method
/// `decode_parameters`, which files of earlier versions lack.
std::string decoded_likelihood_obstacle(const ExportedModel& model);

/// log p(x|z), as a checkpoint's decoder has it.
class DecodedLikelihood {
 public:
  /// Throws `Error` with the obstacle where there is one.
  explicit DecodedLikelihood(const ExportedModel& model);

  /// The method of codes whose result `log_density` reads.
  const std::string& method() const { return method_; }

  /// In nats, of C decoded codes and the items [C, shape…] that they are of: [C] float64. Of a
  /// cross-entropy what is decoded are probabilities, and they are clamped to 1e-7 … 1 − 1e-7. A
  /// multinomial's coefficient, in which no code has a part, is left out. A value that is NaN is not
  /// known and has no part either. Autograd goes through it.
  at::Tensor log_density(const at::Tensor& decoded, const at::Tensor& x) const;

  /// What of these items it is not the likelihood of, "expected whole numbers of at least 0, found 0.5";
  /// empty where it is that of all.
  std::string misfit_of(const at::Tensor& x) const;
  std::string misfit_of(const datasets::Dataset& data) const;

 private:
  models::Likelihood likelihood_;
  std::string method_;
};

/// The numbers of `method()`, of codes [C, code shape…] under their conditions, which a model without one
/// ignores, on the CPU.
at::Tensor decoded(ExportedModel& model, const DecodedLikelihood& likelihood,
                   const at::Tensor& codes, const at::Tensor& condition);

/// Throws `Error` with the misfit where these items have one.
void check_fit(const ExportedModel& model, const DecodedLikelihood& likelihood,
               const at::Tensor& x);

}  // namespace hourglass::evaluation
