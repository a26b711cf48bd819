#pragma once

#include "hourglass/models/code_prior.h"

#include <cstdint>
#include <optional>
#include <string>

namespace hourglass::models {

/// What an encoder says of the code of an item: a normal distribution, or what becomes of one by an
/// inverse autoregressive flow (inverse_autoregressive_flow.h).
struct CodePosterior {
  int64_t flow_steps = 0;  ///< T; 0: no flow

  bool is_gaussian() const { return flow_steps == 0; }

  /// "gaussian", "iaf:T"; "iaf" is of two steps.
  static std::string expects();
  static std::optional<CodePosterior> parse(const std::string& text);
  std::string text() const;
};

/// Throws `UsageError` for a flow with pseudo-inputs, which take the density of any code.
void check(const CodePosterior& posterior, const CodePrior& prior);

}  // namespace hourglass::models
