#pragma once

#include "hourglass/core/fields.h"

#include <cstdint>
#include <optional>
#include <string>

namespace hourglass::evaluation {

/// Where codes are drawn from that no item has.
struct Sampler {
  enum class Kind {
    Auto,      ///< the prior of a model that has one, of indices Autoregressive, else the mixture
    Prior,     ///< the standard normal distribution, or what the model learned in its place
    Gaussian,  ///< the normal distribution of the codes of training rows
    Mixture,   ///< of normal distributions, fitted on them (Ghosh et al. 2020: "From variational to
               ///< deterministic autoencoders", ex-post density estimation)
    Maf,       ///< a masked autoregressive flow, fitted on them: masked_flow.h
    Vamp,      ///< the posteriors of some training rows, each as likely: posterior_mixture.h
    TwoStage,  ///< a second variational autoencoder, fitted on them: two_stage.h
    Autoregressive  ///< of codes that are indices, one after the other, fitted on them: index_prior.h
  };
  Kind kind = Kind::Auto;
  int64_t components = 10;  ///< of Mixture, and of Vamp, which are so many rows

  /// "auto", "prior", "gaussian", "mixture", "mixture:5", "vamp", "vamp:500", "maf",
  /// "two-stage", "autoregressive".
  static std::string expects();
  static std::optional<Sampler> parse(const std::string& text);
  std::string text() const;

  /// "a mixture of 5 Gaussians"; nothing of `Auto`.
  std::string what() const;
};

/// The option `sampler` of programs that draw codes.
void describe(FieldTable& table, Sampler& sampler);

}  // namespace hourglass::evaluation
