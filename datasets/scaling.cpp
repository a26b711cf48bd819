#include "hourglass/datasets/scaling.h"

#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace hourglass::datasets {

std::string ScalingRule::expects() {
  return "auto, none, minmax, standard, robust, quantile, norm or max:V (V above 0)";
}

std::optional<ScalingRule> ScalingRule::parse(const std::string& text) {
  if (text == "auto") return ScalingRule{};
  if (text == "none") return ScalingRule{ScalingRule::Kind::None};
  if (text == "minmax") return ScalingRule{ScalingRule::Kind::MinMax};
  if (text == "standard") return ScalingRule{ScalingRule::Kind::Standard};
  if (text == "robust") return ScalingRule{ScalingRule::Kind::Robust};
  if (text == "quantile") return ScalingRule{ScalingRule::Kind::Quantile};
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
    case ScalingRule::Kind::Standard: return "standard";
    case ScalingRule::Kind::Robust: return "robust";
    case ScalingRule::Kind::Quantile: return "quantile";
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

namespace {

/// Calls `work` with the items of each stretch of a sample; returns how many there are in all.
int64_t for_each_stretch(const Dataset& unscaled,
                         const std::function<void(const at::Tensor& items)>& work) {
  constexpr int64_t kStretches = 64;
  const int64_t row_bytes = element_count(unscaled.item_shape()) * 4, size = unscaled.size();
  const int64_t rows = std::min(
      size, std::max(kStretches,
                     std::min(kSampledRows, kSampledBytes / std::max<int64_t>(row_bytes, 1))));
  const int64_t length = (rows + kStretches - 1) / kStretches;
  int64_t done = 0;
  for (int64_t i = 0; done < rows; ++i) {
    const int64_t count = std::min(length, rows - done);
    const int64_t spread = std::max<int64_t>((rows - 1) / length, 1);
    const int64_t first = rows == size ? done : (size - count) * i / spread;
    work(unscaled.batch(at::arange(first, first + count), 0).input);
    done += count;
  }
  return done;
}

}  // namespace

SampledExtremes sampled_extremes(const Dataset& unscaled) {
  SampledExtremes sampled;
  sampled.rows = for_each_stretch(unscaled, [&](const at::Tensor& items) {
    const auto [lowest, highest] = at::aminmax(items, 0);
    Extremes& all = sampled.extremes;
    all.lowest = all.lowest.defined() ? at::minimum(all.lowest, lowest) : lowest;
    all.highest = all.highest.defined() ? at::maximum(all.highest, highest) : highest;
  });
  return sampled;
}

at::Tensor sampled_items(const Dataset& unscaled) {
  std::vector<at::Tensor> items;
  for_each_stretch(unscaled, [&](const at::Tensor& some) { items.push_back(some); });
  return at::cat(items);
}

Scaling fit_scaling(const ScalingRule& scale, const Extremes& extremes) {
  if (scale.kind == ScalingRule::Kind::None) return {};
  if (scale.kind == ScalingRule::Kind::Max) return {.factor = {1 / scale.maximum}};
  // In float32, as a batch computes it: then range · (1 / range) never rounds to more than 1.
  const at::Tensor lowest = extremes.lowest.to(at::kFloat).flatten();
  const at::Tensor range = extremes.highest.to(at::kFloat).flatten() - lowest;
  // A range whose reciprocal is no number any more is as good as none.
  const at::Tensor reciprocal = range.reciprocal();
  const at::Tensor factor = at::where(reciprocal.isfinite(), reciprocal, 0.0F);
  Scaling scaling{.offset = {}, .factor = {}};
  for (int64_t i = 0; i < range.numel(); ++i) {
    scaling.offset.push_back(lowest.const_data_ptr<float>()[i]);
    scaling.factor.push_back(factor.const_data_ptr<float>()[i]);
  }
  return scaling;
}

Scaling fit_norm(const Dataset& unscaled) {
  constexpr int64_t kMostRows = 1'024'000;
  const int64_t count = std::min(unscaled.size(), kMostRows);
  double sum = 0;
  for (int64_t first = 0; first < count; first += kRowsInOneGo) {
    const at::Tensor some = at::arange(first, std::min(first + kRowsInOneGo, count));
    sum += unscaled.batch(some).input.flatten(1).norm(2, {1}).sum(at::kDouble).item<double>();
  }
  const auto size = static_cast<double>(element_count(unscaled.item_shape()));
  return {.factor = {sum > 0 ? std::sqrt(size) * static_cast<double>(count) / sum : 1}};
}

ValueRange scaled_range(const Extremes& extremes, const Scaling& scaling) {
  const TensorDataset both(at::stack({extremes.lowest, extremes.highest}), {}, scaling);
  const at::Tensor scaled = both.batch(both.all_positions(), 0).input;
  return {scaled.min().item<double>(), scaled.max().item<double>()};
}

}  // namespace hourglass::datasets
