#pragma once

#include "hourglass/models/autoencoder.h"
#include "hourglass/training/fused/bound.h"
#include "hourglass/training/fused/code.h"
#include "hourglass/training/fused/network.h"
#include "hourglass/training/fused/penalty.h"
#include "hourglass/training/fused/reconstruction.h"
#include "hourglass/training/fused/second_layer.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::training::fused {

/// Why the layers of a model, or its objective over such layers, cannot be computed by hand.
std::optional<std::string> obstacle_of_layers(const models::Autoencoder& model);

/// Any network: layers, what lies between encoder and decoder, a penalty and the loss.
class LayeredNetwork : public Network {
 public:
  LayeredNetwork(const models::Autoencoder& model, bool separate_targets, const Step& step,
                 Parameters& parameters);

  void add_encoder(Program& program) override;
  void add_log_variance(Program& program) override;
  void add_reconstruction(Program& program) override;
  void add_decoder(Program& program) override;
  void add_loss(Program& program) override;
  void add_backward(Program& program) override;
  void add_refresh(Program& program) override;
  std::vector<double> values() const override;
  bool writes_one_gradient() const override;

  float* code_of_decoder(int64_t item, int64_t sample) const override;
  int64_t samples() const override { return code_->decoder_input().rows_per_item; }
  Flow& code() const override { return heads_.empty() ? encoded() : heads_.front()->output(); }
  Flow* log_variance() const override { return heads_.size() > 1 ? &heads_[1]->output() : nullptr; }
  const Flow& output() const override { return decoder_.back()->output(); }

 private:
  models::ObjectivePlan plan_;
  Layers encoder_, heads_, decoder_;
  std::unique_ptr<Code> code_;
  std::unique_ptr<SecondLayer> second_layer_;  // null for other priors
  std::unique_ptr<Reconstruction> reconstruction_;
  std::unique_ptr<PenaltyTerm> penalty_;

  Flow& encoded() const;
  bool has_bound() const { return plan_.bound.has_value(); }
  void build_layers(const models::ModelPlan& plan, const Step& step, Parameters& parameters);
  void build_objective(const models::Autoencoder& model, const Step& step, Parameters& parameters);
};

}  // namespace hourglass::training::fused
