#pragma once

#include "hourglass/models/autoencoder.h"

#include <cstdint>
#include <vector>

namespace hourglass::models {

// One-class autoencoder (Deep SVDD: Ruff et al. 2018, "Deep One-Class Classification"): an encoder
// that maps normal items close to one point, so that others are found by their distance from it.
// With d = ‖z − c‖², the squared distance of an item's code z from the centre c:
//
//   hard: loss = the mean of d over the batch
//   soft: loss = R² + 1/ν · the mean of max(0, d − R²)
//
// A run has three parts: `pretraining_epochs` of a plain autoencoder, which minimise the
// reconstruction loss; an epoch in which nothing is learned and c becomes the mean of the training
// items' codes; and from then on the loss above, of the encoder alone. The decoder stays as
// pretraining left it: it still decodes, but what the encoder has become is less and less what it
// can read.
//
// An encoder with biases can map everything to c, whatever the item. So there are none: the
// encoder's biases, and scale and offset of what normalises, keep their starting values of 0 and 1.
// For the same reason components of c nearer to 0 than 0.1 are moved there, as the paper's authors
// do, and a code with bounds is refused.
//
// The radius R is 0 for the first `radius_warmup` epochs with a centre. Then it is after each step
// the (1 − ν) quantile of the batch's distances, as in the authors' program; the paper has a line
// search every few epochs.

enum class Boundary { Hard, Soft };
constexpr auto names_of(Boundary) {
  return std::to_array<EnumName<Boundary>>({{Boundary::Hard, "hard"}, {Boundary::Soft, "soft"}});
}

struct OneClassOptions {
  Boundary boundary = Boundary::Hard;
  double nu = 0.1;
  int64_t pretraining_epochs = 10;
  int64_t radius_warmup = 5;

  void describe(FieldTable& table) {
    table.add("boundary", boundary,
              "hard, all codes are drawn to the centre, or soft, those outside of a radius that "
              "leaves `nu` of them out");
    table.add("nu", nu, "of a soft boundary: the share of training items outside")
        .above(0)
        .at_most(1);
    table
        .add("pretraining_epochs", pretraining_epochs,
             "of a plain autoencoder, before the epoch that measures the centre")
        .at_least(0)
        .at_most(1'000'000'000);
    table
        .add("radius_warmup", radius_warmup,
             "of a soft boundary: epochs after that one until there is a radius")
        .at_least(0)
        .at_most(1'000'000'000);
  }
};

/// Throws `UsageError` for a network whose code has bounds.
void check(const OneClassOptions& options, const NetworkOptions& network);

/// Phases "pretraining", term "reconstruction", and "one_class", term "distance", or of a soft
/// boundary "squared_radius" and "excess" with the metrics "distance" and "outside", the share of
/// items there. Before there is a centre it is 0.
class OneClass : public Autoencoder {
 public:
  /// Throws `UsageError` also for an encoder whose biases cannot be left out.
  OneClass(OneClassOptions options, const ModelSpec& spec);

  std::vector<Phase> phases() const override;
  StepValues losses(const Batch& batch, const StepContext& context) override;
  void after_step(const Batch& batch, const StepContext& context) override;

  /// "centre_distance": items -> d [B].
  std::vector<TensorMethod> extra_methods() override;

 private:
  OneClassOptions options_;
  at::Tensor centre_, radius_;  // [code shape…], []: buffers
  at::Tensor mean_code_;        // [code shape…]: a buffer, of the items so far
  at::Tensor items_;            // int64 []: a buffer, how many those are
  at::Tensor distances_;        // [B] of the latest batch, for after_step

  int64_t centring_epoch() const { return options_.pretraining_epochs + 1; }
  at::Tensor distances(const at::Tensor& x, const at::Tensor& condition);  // d [B]
  void take_into_centre(const Batch& batch, const StepContext& context);
};

}  // namespace hourglass::models
