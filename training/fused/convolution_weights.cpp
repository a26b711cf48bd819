#include "hourglass/training/fused/convolution_weights.h"

#include <algorithm>

namespace hourglass::training::fused {

ConvolutionWeights::ConvolutionWeights(const models::LayerPlan& plan, const std::string& name,
                                       const Axis& rows, const Axis& columns,
                                       Parameters& parameters)
    : parameters_(&parameters),
      has_bias_(plan.tensors.contains("bias")),
      kernel_(plan.sizes.at("kernel")),
      inputs_(plan.sizes.at("inputs")),
      outputs_(plan.sizes.at("outputs")),
      row_sources_(rows.sources),
      column_sources_(columns.sources) {
  // [O, I, K, K] or, transposed, [I, O, K, K].
  const std::vector<int64_t> order =
      plan.kind == "deconv" ? std::vector<int64_t>{2, 3, 0, 1} : std::vector<int64_t>{2, 3, 1, 0};
  weight_ = parameters.add(name + ".weight", plan.tensors.at("weight"), order);
  if (has_bias_) bias_ = parameters.add(name + ".bias", plan.tensors.at("bias"), {0});
}

void ConvolutionWeights::copy(int64_t row, int64_t column, const BlockLayout& layout,
                              float* block) const {
  const float* values = parameters_->values(weight_);
  const int64_t stride = parameters_->at(weight_).stride;
  bool first = true;
  for (const int64_t r : row_sources_[static_cast<size_t>(row)]) {
    for (const int64_t c : column_sources_[static_cast<size_t>(column)]) {
      const float* place = values + (r * kernel_ + c) * inputs_ * stride;
      for (int64_t i = 0; i < inputs_; ++i) {
        float* to = block + i * layout.input;
        for (int64_t o = 0; o < outputs_; ++o) {
          const float value = place[i * stride + o];
          to[o * layout.output] = first ? value : to[o * layout.output] + value;
        }
      }
      first = false;
    }
  }
}

void ConvolutionWeights::add_gradient(int64_t row, int64_t column, const BlockLayout& layout,
                                      const float* block, int shard) const {
  float* gradient = parameters_->gradient(weight_, shard);
  const int64_t stride = parameters_->at(weight_).stride;
  for (const int64_t r : row_sources_[static_cast<size_t>(row)]) {
    for (const int64_t c : column_sources_[static_cast<size_t>(column)]) {
      float* place = gradient + (r * kernel_ + c) * inputs_ * stride;
      for (int64_t i = 0; i < inputs_; ++i) {
        const float* from = block + i * layout.input;
        for (int64_t o = 0; o < outputs_; ++o) place[i * stride + o] += from[o * layout.output];
      }
    }
  }
}

void ConvolutionWeights::clear_gradient(int shard) const {
  const Parameter& weight = parameters_->at(weight_);
  std::fill_n(parameters_->gradient(weight_, shard), weight.rows * weight.stride, 0.0F);
  if (has_bias_) {
    std::fill_n(bias_gradient(shard), parameters_->at(bias_).stride, 0.0F);
  }
}

}  // namespace hourglass::training::fused
