#pragma once

#include "hourglass/training/fused/convolution_plan.h"
#include "hourglass/training/fused/parameters.h"

#include <cstdint>
#include <string>

namespace hourglass::training::fused {

/// Where the channels of one place of a kernel lie in a copy that suits a product.
struct BlockLayout {
  int64_t input = 0, output = 0;  ///< floats from a channel to the next
};

/// The kernel of a convolution among the parameters, as [K, K, I, O] with O padded, seen through the axes: a place there
/// may be a sum of places here.
class ConvolutionWeights {
 public:
  ConvolutionWeights() = default;
  /// Adds weight, and bias if there is one, to the parameters as "NAME.weight" and "NAME.bias".
  ConvolutionWeights(const models::LayerPlan& plan, const std::string& name, const Axis& rows,
                     const Axis& columns, Parameters& parameters);

  int64_t inputs() const { return inputs_; }
  int64_t outputs() const { return outputs_; }

  /// A place of the axes' kernel -> a block.
  void copy(int64_t row, int64_t column, const BlockLayout& layout, float* block) const;

  /// A block's gradient is added to that of the parameters.
  void add_gradient(int64_t row, int64_t column, const BlockLayout& layout, const float* block,
                    int shard) const;

  void clear_gradient(int shard) const;

  const float* bias() const { return has_bias_ ? parameters_->values(bias_) : nullptr; }
  float* bias_gradient(int shard) const {
    return has_bias_ ? parameters_->gradient(bias_, shard) : nullptr;
  }

 private:
  Parameters* parameters_ = nullptr;
  size_t weight_ = 0, bias_ = 0;
  bool has_bias_ = false;
  int64_t kernel_ = 0, inputs_ = 0, outputs_ = 0;
  std::vector<std::vector<int64_t>> row_sources_, column_sources_;
};

}  // namespace hourglass::training::fused
