#include "hourglass/models/one_class.h"

#include "hourglass/core/error.h"
#include "hourglass/models/evaluation_mode.h"
#include "hourglass/models/tensors.h"
#include "hourglass/models/whole_batch.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <utility>

namespace hourglass::models {
namespace {

constexpr double kLeastComponent = 0.1;

/// What a layer adds and scales by whatever its input stays 0 and 1.
void fix_offsets(torch::nn::Module& encoder) {
  for_each_layer(encoder, [](Layer& layer) {
    const auto tensors = layer.plan().tensors;
    const auto bias = tensors.find("bias");
    // An LSTM's biases do not start at 0.
    if (bias != tensors.end() && !bias->second.any().item<bool>()) layer.fix("bias");
    if (tensors.contains("running_mean")) layer.fix("weight");
  });
  for (const auto& parameter : encoder.named_parameters()) {
    if (parameter.key().find("bias") == std::string::npos) continue;
    throw UsageError(
        "`network`: expected an encoder of dense and convolutional layers, which do without "
        "biases, found encoder.{}",
        parameter.key());
  }
}

at::Tensor away_from_zero(const at::Tensor& centre) {
  const at::Tensor moved = at::full_like(centre, kLeastComponent);
  return at::where(centre.abs().ge(kLeastComponent), centre,
                   at::where(centre.lt(0), -moved, moved));
}

}  // namespace

void check(const OneClassOptions& /*options*/, const NetworkOptions& network) {
  const Activation last = network.last_activation();
  if (last != Activation::Sigmoid && last != Activation::Tanh) return;
  throw UsageError(
      "`network`: expected a code without bounds, as one at its bound is the same for all items, "
      "found one behind {}",
      enum_name(last));
}

OneClass::OneClass(OneClassOptions options, const ModelSpec& spec)
    : Autoencoder(spec), options_(options) {
  fix_offsets(*named_children()["encoder"]);
  centre_ = register_buffer("centre", at::zeros(code_shape()));
  radius_ = register_buffer("radius", at::zeros({}));
  mean_code_ = register_buffer("mean_code", at::zeros(code_shape()));
  items_ = register_buffer("items_of_centre", at::zeros({}, at::kLong));
}

std::vector<Phase> OneClass::phases() const {
  Phase pretraining = {.name = "pretraining",
                       .modules = {"encoder", "decoder"},
                       .terms = {{"reconstruction"}},
                       .last_epoch = options_.pretraining_epochs};
  Phase one_class = {.name = "one_class",
                     .modules = {"encoder"},
                     .terms = {{"distance"}},
                     .first_epoch = centring_epoch() + 1};
  if (options_.boundary == Boundary::Soft) {
    one_class.terms = {{"squared_radius"}, {.name = "excess", .weight = 1 / options_.nu}};
    one_class.metrics = {"distance", "outside"};
  }
  return {pretraining, one_class};
}

StepValues OneClass::losses(const Batch& batch, const StepContext& context) {
  if (context.phase == 0) return Autoencoder::losses(batch, context);
  const at::Tensor d = distances(batch.input, batch.condition);
  if (options_.boundary == Boundary::Hard) return {.terms = {d.mean()}};
  if (context.training) distances_ = d.detach();
  const at::Tensor square = radius_.square();
  return {.terms = {square, (d - square).clamp_min(0).mean()},
          .metrics = {d.mean(), d.gt(square).to(d.scalar_type()).mean()}};
}

at::Tensor OneClass::distances(const at::Tensor& x, const at::Tensor& condition) {
  const at::Tensor z = widened(encode(x, condition));
  return (z - centre_).square().flatten(1).sum(1);
}

void OneClass::after_step(const Batch& batch, const StepContext& context) {
  const at::NoGradGuard no_grad;
  if (context.epoch == centring_epoch()) take_into_centre(batch, context);
  const at::Tensor d = std::exchange(distances_, {});
  if (!d.defined() || context.epoch <= centring_epoch() + options_.radius_warmup) return;
  radius_.copy_(at::quantile(rows_of_all(d, processes()).sqrt(), 1 - options_.nu));
}

/// The mean over the items so far: a state in the middle of the epoch has all of it.
void OneClass::take_into_centre(const Batch& batch, const StepContext& context) {
  // Codes as the trained model gives them, not normalised by the batch.
  const EvaluationMode evaluating(*this);
  const at::Tensor z = encode(batch.input, batch.condition);
  const int64_t items = context.all_items(z.size(0));
  items_.add_(items);
  const at::Tensor sum = sum_of_all(z.sum(0), processes());
  mean_code_.add_((sum - mean_code_ * items) / items_);
  centre_.copy_(away_from_zero(mean_code_));
}

std::vector<TensorMethod> OneClass::extra_methods() {
  return {
      method_of_items("centre_distance", [this](const at::Tensor& x, const at::Tensor& condition) {
        return std::vector<at::Tensor>{distances(x, condition)};
      })};
}

}  // namespace hourglass::models
