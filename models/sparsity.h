#pragma once

#include "hourglass/core/fields.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::models {

/// What keeps most of a code silent.
struct Sparsity {
  enum class Kind {
    // Penalties on the code of any network: sparse.h.
    L1,
    Kl,
    // Dictionaries: dictionary.h.
    TopK,                 ///< the `k` strongest units of each row
    BatchTopK,            ///< the `k` · B strongest of a batch of B rows
    MatryoshkaBatchTopK,  ///< the same, and each prefix of the code has to reconstruct, too
    JumpRelu,             ///< what exceeds a threshold of its own that is learned
    Gated,                ///< a gate says which units speak, the rest of the encoder how loud
    Standard,             ///< ReLU, and the L1 norm of the code, weighted by the dictionary's norms
  };
  Kind kind = Kind::L1;
  int64_t k = 0;
  /// Widths of the prefixes of a Matryoshka dictionary, growing; the whole code is one more.
  std::vector<int64_t> prefixes = {};

  bool is_dictionary() const { return kind != Kind::L1 && kind != Kind::Kl; }
  /// Whether the strongest units of a whole batch are chosen.
  bool chooses_from_batch() const {
    return kind == Kind::BatchTopK || kind == Kind::MatryoshkaBatchTopK;
  }
  /// Whether a number of units is chosen.
  bool chooses_strongest() const { return kind == Kind::TopK || chooses_from_batch(); }

  /// "l1", "kl", "topk:K", "batch-topk:K", "matryoshka-batch-topk:K,WIDTH,WIDTH,...", "jumprelu",
  /// "gated", "standard".
  static std::string expects();
  static std::optional<Sparsity> parse(const std::string& text);
  std::string text() const;
};

}  // namespace hourglass::models
