#pragma once

#include "hourglass/models/autoencoder.h"
#include "hourglass/training/fused/bound.h"
#include "hourglass/training/fused/code.h"
#include "hourglass/training/fused/layer.h"
#include "hourglass/training/fused/penalty.h"
#include "hourglass/training/fused/reconstruction.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::training::fused {

/// Why a model cannot be computed by hand: "the layer encoder.conv1"; nothing where it can.
std::optional<std::string> obstacle(const models::Autoencoder& model);

/// Why several processes cannot share the batches of a model that has no other obstacle: something
/// is taken from a batch as a whole.
std::optional<std::string> sharing_obstacle(const models::Autoencoder& model);

/// A model as layers, code, penalty and loss that compute forward and backward by hand.
class Network {
 public:
  /// `separate_targets`: whether items are to become something else than themselves. Throws `Error`
  /// where there is an obstacle.
  Network(const models::Autoencoder& model, bool separate_targets, const Step& step,
          Parameters& parameters);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // Parts of programs; the input is to be in its place.

  void add_encoder(Program& program);
  /// Of what the encoder gave: to the reconstruction.
  void add_reconstruction(Program& program);
  /// Of what the decoder is to read: to the reconstruction.
  void add_decoder(Program& program);
  /// Of what the encoder gave: to the loss, and its gradient where the step trains.
  void add_loss(Program& program);
  /// From the loss's gradient to those of all parameters.
  void add_backward(Program& program);
  /// Once parameters have changed.
  void add_refresh(Program& program);

  /// Of the last batch: reconstruction loss, penalty and metrics, in the order of the declaration.
  std::vector<double> values() const;

  // Where a batch is written and read.

  Flow& input() { return input_; }
  Flow& target() { return separate_target_ ? target_ : input_; }
  bool has_separate_target() const { return separate_target_; }
  float* condition_of_encoder(int64_t item) const { return input_.row(item) + item_width_; }
  /// What the decoder reads of a sample of an item: the code, and behind it the condition.
  float* code_of_decoder(int64_t item, int64_t sample) const;
  /// Puts the condition where the decoder reads it.
  void tell_decoder(int64_t item, const float* condition);
  int64_t item_width() const { return item_width_; }  ///< without the condition
  int64_t condition_width() const { return condition_width_; }
  int64_t samples() const { return code_->decoder_input().rows_per_item; }

  // What comes of it: a row for each item, of several samples a row for each of them.

  /// The code, of a normal distribution its mean.
  Flow& code() const { return heads_.empty() ? encoded() : heads_.front()->output(); }
  /// Of a code that is a normal distribution; else null.
  Flow* log_variance() const { return heads_.size() > 1 ? &heads_[1]->output() : nullptr; }
  const Flow& output() const { return decoder_.back()->output(); }
  const Shape& code_shape() const { return code_shape_; }
  const Shape& target_shape() const { return target_shape_; }

 private:
  models::ObjectivePlan plan_;
  Shape code_shape_, target_shape_;
  int64_t item_width_, condition_width_;
  bool separate_target_;
  Flow input_, target_;
  std::vector<std::unique_ptr<Layer>> encoder_, heads_, decoder_;
  std::unique_ptr<Code> code_;
  std::unique_ptr<Reconstruction> reconstruction_;
  std::unique_ptr<PenaltyTerm> penalty_;

  Flow& encoded() const;
  bool has_bound() const { return plan_.bound_samples > 0; }
  void build_layers(const models::ModelPlan& plan, const Step& step, Parameters& parameters);
  void build_objective(const models::Autoencoder& model, const Step& step, Parameters& parameters);
};

}  // namespace hourglass::training::fused
