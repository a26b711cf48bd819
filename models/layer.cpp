#include "hourglass/models/layer.h"

#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

namespace hourglass::models {
namespace {

/// x: [B, D], [B, T, F] or [B, C, H, W]; condition: [B, K].
at::Tensor joined(const at::Tensor& x, const at::Tensor& condition) {
  switch (x.dim()) {
    case 2: return at::cat({x, condition}, 1);  // [B, D + K]
    case 3: return at::cat({x, condition.unsqueeze(1).expand({-1, x.size(1), -1})}, 2);
    default:
      return at::cat(
          {x, condition.unsqueeze(2).unsqueeze(3).expand({-1, -1, x.size(2), x.size(3)})}, 1);
  }
}

}  // namespace

void Layer::fix(const std::string& name) {
  if (!parameters_.contains(name)) return;
  // The same tensor, which the layer computes with.
  const at::Tensor value = parameters_[name];
  parameters_.erase(name);
  register_buffer(name, value.requires_grad_(false));
}

void Stack::append(const std::shared_ptr<Layer>& layer) {
  const std::string kind = layer->plan().kind;
  const auto same_kind = std::count_if(layers_.begin(), layers_.end(), [&](const auto& other) {
    return other->plan().kind == kind;
  });
  register_module(fmt::format("{}{}", kind, same_kind + 1), layer);
  layers_.push_back(layer);
}

std::vector<NamedLayerPlan> Stack::plans(const std::string& prefix) const {
  std::vector<NamedLayerPlan> plans;
  for (const auto& child : named_children()) {
    plans.push_back({prefix + child.key(), child.value()->as<Layer>()->plan()});
  }
  return plans;
}

void Stack::join_condition(int64_t width) {
  join_before_ = layers_.size();
  condition_width_ = width;
}

at::Tensor Stack::forward(at::Tensor x, const at::Tensor& condition) {
  const bool fits =
      condition.defined() && condition.dim() == 2 && condition.size(1) == condition_width_;
  if (condition_width_ > 0 && !fits) {
    throw Error("expected a condition of {} values an item, found {}", condition_width_,
                condition.defined() ? shape_text(condition.sizes().vec()) : "none");
  }
  for (size_t i = 0; i <= layers_.size(); ++i) {
    if (i == join_before_ && condition_width_ > 0) x = joined(x, condition);
    if (i < layers_.size()) x = layers_[i]->forward(x);
  }
  return x;
}

}  // namespace hourglass::models
