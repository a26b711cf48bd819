#pragma once

#include "hourglass/core/fields.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::models {

/// How vectors become whole numbers.
struct Quantization {
  enum class Kind {
    Ema,       ///< a codebook that follows running averages: codebook_quantizer.h
    Learned,   ///< a codebook that learns by a loss: the same
    Fsq,       ///< each number rounded to one of its `levels`: finite_scalar_quantizer.h
    Residual,  ///< several codebooks, each for what the ones before left: residual_quantizer.h
  };
  Kind kind = Kind::Ema;
  std::vector<int64_t> levels = {};
  int64_t codebooks = 1;

  /// "ema", "learned", "fsq:LEVELS,LEVELS,...", "residual:CODEBOOKS".
  static std::string expects();
  static std::optional<Quantization> parse(const std::string& text);
  std::string text() const;
};

}  // namespace hourglass::models
