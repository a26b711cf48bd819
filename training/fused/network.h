#pragma once

#include "hourglass/models/autoencoder.h"
#include "hourglass/training/fused/layer.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::training::fused {

/// A model whose forward pass, loss and gradients are computed by hand, as parts of programs: what
/// adds them says what has to be in its place before.
class Network {
 public:
  virtual ~Network() = default;
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // Parts of programs; the input is to be in its place.

  virtual void add_encoder(Program& program) = 0;
  /// Of what the encoder gave: `log_variance()`, where there is one. Who decodes the mean can do
  /// without.
  virtual void add_log_variance(Program& /*program*/) {}
  /// Of what the encoder gave: `code()`, where it is not there anyway.
  virtual void add_code(Program& /*program*/) {}
  /// Of what the encoder gave: to the reconstruction.
  virtual void add_reconstruction(Program& program) = 0;
  /// Of what the decoder is to read: to the reconstruction.
  virtual void add_decoder(Program& program) = 0;
  /// Of what the encoder gave: to the loss, and its gradient where the step trains.
  virtual void add_loss(Program& program) = 0;
  /// From the loss's gradient to those of all parameters.
  virtual void add_backward(Program& program) = 0;
  /// Once the optimizer has changed parameters: what they are held to.
  virtual void add_constraints(Program& /*program*/) {}
  /// Once parameters have changed, whoever did it.
  virtual void add_refresh(Program& program) = 0;

  /// Of the last batch: the terms and metrics in the order of the declaration.
  virtual std::vector<double> values() const = 0;

  /// Whether the shards write the parts of one gradient, instead of one each that have to be summed.
  virtual bool writes_one_gradient() const { return false; }

  // Where a batch is written and read.

  Flow& input() { return input_; }
  Flow& target() { return separate_target_ ? target_ : input_; }
  bool has_separate_target() const { return separate_target_; }
  float* condition_of_encoder(int64_t item) const { return input_.row(item) + item_width_; }
  int64_t item_width() const { return item_width_; }  ///< without the condition
  int64_t condition_width() const { return condition_width_; }
  /// What the decoder reads of a sample of an item: the code, and behind it the condition.
  virtual float* code_of_decoder(int64_t item, int64_t sample) const = 0;
  virtual int64_t samples() const { return 1; }
  /// Puts the condition where the decoder reads it.
  void tell_decoder(int64_t item, const float* condition);

  // What comes of it: a row for each item, of several samples a row for each of them.

  /// The code, of a normal distribution its mean.
  virtual const Flow& code() const = 0;
  /// Of a code that is a normal distribution; else null.
  virtual Flow* log_variance() const { return nullptr; }
  virtual const Flow& output() const = 0;
  const Shape& code_shape() const { return code_shape_; }
  const Shape& target_shape() const { return target_shape_; }

 protected:
  Network(const models::Autoencoder& model, bool separate_targets, const Step& step);

  /// What the output is compared with.
  const Flow& aim() const { return separate_target_ || condition_width_ > 0 ? target_ : input_; }

 private:
  Shape code_shape_, target_shape_;
  int64_t item_width_, condition_width_;
  bool separate_target_;
  Flow input_, target_;
};

/// Why a model cannot be computed by hand: "the layer encoder.conv1"; nothing where it can.
std::optional<std::string> obstacle(const models::Autoencoder& model);

/// Why several processes cannot share the batches of a model that has no other obstacle: something
/// is taken from a batch as a whole.
std::optional<std::string> sharing_obstacle(const models::Autoencoder& model);

/// `separate_targets`: whether items are to become something else than themselves. Throws `Error`
/// where there is an obstacle.
std::unique_ptr<Network> make_network(const models::Autoencoder& model, bool separate_targets,
                                      const Step& step, Parameters& parameters);

}  // namespace hourglass::training::fused
