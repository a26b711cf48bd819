#pragma once

#include "hourglass/models/objective_plan.h"
#include "hourglass/training/fused/code.h"
#include "hourglass/training/fused/dense_layer.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace hourglass::training::fused {

/// Dense layers, and of what the last gives a mean and a log variance of every row of an input.
class GaussianLayers {
 public:
  /// `adds`: whether others wrote the input's gradient before.
  GaussianLayers(const models::GaussianLayersPlan& plan, Flow& input, bool adds, const Step& step,
                 Parameters& parameters);

  Flow& mean() const { return layers_[layers_.size() - 2]->output(); }
  Flow& log_variance() const { return layers_.back()->output(); }

  const Layers& layers() const { return layers_; }

 private:
  Layers layers_;
};

/// A second stochastic layer as the prior of the codes z (models/second_layer.h): what one sampled z₂
/// says of log p(z),
///
///   log p(z₂) + log p(z|z₂) − log q(z₂|z).
class SecondLayer {
 public:
  /// `codes`: the samples of z.
  SecondLayer(const models::SecondLayerPlan& plan, Flow& codes, const Step& step,
              Parameters& parameters);

  /// Once the codes are drawn.
  void add_forward(Program& program);

  /// Once the codes have a gradient: adds that of −Σ w · log p(z), and writes those of the layers.
  /// `weights` are w, one of each sample.
  void add_backward(Program& program, const float* weights);

  void add_weight_gradients(Program& program);
  void add_refresh(Program& program);

  /// Of the last batch, for each sample: log p(z) as above, and ½ D log 2π for a code of D values.
  const float* log_prior() const { return log_prior_.data(); }

 private:
  Flow& codes_;
  GaussianLayers encoder_;
  SampledCode second_;
  GaussianLayers decoder_;
  Floats log_prior_;

  // Of one sample, by its row.
  float judge_code(int64_t row);
  float judge_second(int64_t row);
  void weigh_code(int64_t row, float weight);
  void weigh_second(int64_t row, float weight);
  void weigh_posterior(int64_t row, float weight);
};

}  // namespace hourglass::training::fused
