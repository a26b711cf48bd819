#pragma once

#include "hourglass/core/fields.h"

#include <cstdint>
#include <optional>
#include <string>

namespace hourglass::evaluation {

/// Where codes are drawn from that no item has.
struct Sampler {
  enum class Kind {
    Auto,      ///< the prior of a model that has one, else the mixture
    Prior,     ///< the standard normal distribution, or what the model learned in its place
    Gaussian,  ///< the normal distribution of the codes of training rows
    Mixture    ///< of normal distributions, fitted on them (Ghosh et al. 2020: "From variational to
               ///< deterministic autoencoders", ex-post density estimation)
  };
  Kind kind = Kind::Auto;
  int64_t components = 10;  ///< of the mixture

  /// "auto", "prior", "gaussian", "mixture", "mixture:5".
  static std::string expects();
  static std::optional<Sampler> parse(const std::string& text);
  std::string text() const;
};

}  // namespace hourglass::evaluation
