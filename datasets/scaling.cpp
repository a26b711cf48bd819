#include "hourglass/datasets/scaling.h"

#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hourglass::datasets {

std::string ScalingRule::expects() { return "auto, none, minmax, norm or max:V (V above 0)"; }

std::optional<ScalingRule> ScalingRule::parse(const std::string& text) {
  if (text == "auto") return ScalingRule{};
  if (text == "none") return ScalingRule{ScalingRule::Kind::None};
  if (text == "minmax") return ScalingRule{ScalingRule::Kind::MinMax};
  if (text == "norm") return ScalingRule{ScalingRule::Kind::Norm};
  if (!text.starts_with("max:")) return {};
  const auto maximum = TextCodec<double>::parse(text.substr(4));
  if (!maximum || *maximum <= 0) return {};
  return ScalingRule{ScalingRule::Kind::Max, *maximum};
}

std::string ScalingRule::text() const {
  switch (kind) {
    case ScalingRule::Kind::Auto: return "auto";
    case ScalingRule::Kind::None: return "none";
    case ScalingRule::Kind::MinMax: return "minmax";
    case ScalingRule::Kind::Norm: return "norm";
    case ScalingRule::Kind::Max: break;
  }
  return fmt::format("max:{}", maximum);
}

// Rows that are looked at in one go: gathering all would hold the data set a second time.
constexpr int64_t kRowsInOneGo = 4096;

Extremes extremes_of(const at::Tensor& values, const at::Tensor& positions) {
  Extremes extremes;
  for (const auto& some : positions.split(kRowsInOneGo)) {
    const auto [lowest, highest] = at::aminmax(values.index_select(0, some), 0);
    const bool first = !extremes.lowest.defined();
    extremes.lowest = first ? lowest : at::minimum(extremes.lowest, lowest);
    extremes.highest = first ? highest : at::maximum(extremes.highest, highest);
  }
  return extremes;
}

Scaling fit_scaling(const ScalingRule& scale, const Extremes& extremes) {
  if (scale.kind == ScalingRule::Kind::None) return {};
  if (scale.kind == ScalingRule::Kind::Max) return {.factor = {1 / scale.maximum}};
  // In float32, as a batch computes it: then range · (1 / range) never rounds to more than 1.
  const at::Tensor lowest = extremes.lowest.to(at::kFloat).flatten();
  const at::Tensor range = extremes.highest.to(at::kFloat).flatten() - lowest;
  const at::Tensor factor = at::where(range > 0, range.reciprocal(), 0.0F);
  Scaling scaling{.offset = {}, .factor = {}};
  for (int64_t i = 0; i < range.numel(); ++i) {
    scaling.offset.push_back(lowest.const_data_ptr<float>()[i]);
    scaling.factor.push_back(factor.const_data_ptr<float>()[i]);
  }
  return scaling;
}

Scaling fit_norm(const at::Tensor& values, const at::Tensor& positions) {
  constexpr int64_t kMostRows = 1'024'000;
  const int64_t count = std::min(positions.size(0), kMostRows);
  double sum = 0;
  for (const auto& some : positions.narrow(0, 0, count).split(kRowsInOneGo)) {
    const at::Tensor rows = values.index_select(0, some).flatten(1).to(at::kFloat);
    sum += rows.norm(2, {1}).sum(at::kDouble).item<double>();
  }
  const auto size = static_cast<double>(values.numel() / values.size(0));
  return {.factor = {sum > 0 ? std::sqrt(size) * static_cast<double>(count) / sum : 1}};
}

ValueRange scaled_range(const Extremes& extremes, const Scaling& scaling) {
  const TensorDataset both(at::stack({extremes.lowest, extremes.highest}), {}, scaling);
  const at::Tensor scaled = both.batch(both.all_positions(), 0).input;
  return {scaled.min().item<double>(), scaled.max().item<double>()};
}

}  // namespace hourglass::datasets
