#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::models {

/// What codes are drawn towards: N(0, I), or a prior that is learned.
struct CodePrior {
  int64_t pseudo_inputs = 0;  ///< K of a mixture (vamp_prior.h); 0: none
  /// Widths of hidden layers, then of the second code (second_layer.h); empty: none
  std::vector<int64_t> second_layer = {};

  /// "standard", "vamp:K", "layer:100,100,50".
  static std::string expects();
  static std::optional<CodePrior> parse(const std::string& text);
  std::string text() const;
};

class Autoencoder;

/// Throws `UsageError` where the model cannot have this prior: a learned one where there is a
/// condition, pseudo-inputs of an encoder with batch norms or dropout, and a second layer of codes that
/// are maps.
void check(const CodePrior& prior, const Autoencoder& model);

}  // namespace hourglass::models
