#include "hourglass/models/autoregressive.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace hourglass::models {
namespace {

constexpr int64_t kFewestUnits = 64, kMostUnits = 512, kUnitsAValue = 8;

}  // namespace

AutoregressiveMasks AutoregressiveMasks::reversed() const {
  return {hidden.flip(1), output.flip(0)};
}

AutoregressiveMasks autoregressive_masks(int64_t values, int64_t units) {
  const at::Tensor places = at::arange(1, values + 1);
  // All of 1 … values − 1 in turn, or as many of them as there are units, all over that range.
  const int64_t most = std::max<int64_t>(1, values - 1);
  const at::Tensor place = at::arange(units);
  const at::Tensor numbers =
      (most <= units ? place.remainder(most) : (place * most).div(units, "floor")) + 1;
  return {(numbers.unsqueeze(1) >= places).to(at::kFloat),
          (places.unsqueeze(1) > numbers).to(at::kFloat)};
}

int64_t autoregressive_units(int64_t values) {
  return std::clamp(kUnitsAValue * values, kFewestUnits, kMostUnits);
}

}  // namespace hourglass::models
