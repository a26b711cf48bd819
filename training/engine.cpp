#include "hourglass/training/engine.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

namespace hourglass::training {
namespace {

/// LibTorch's autocast for one scope, where it is asked for.
class PrecisionGuard {
 public:
  PrecisionGuard(Precision precision, at::DeviceType device)
      : device_(device), was_enabled_(at::autocast::is_autocast_enabled(device)) {
    at::autocast::set_autocast_enabled(device_, precision == Precision::Bfloat16);
    at::autocast::set_autocast_dtype(device_, at::kBFloat16);
    at::autocast::increment_nesting();
  }
  ~PrecisionGuard() {
    // Weights cast to bfloat16 are cached for the scope; they are stale after the optimizer's step.
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, was_enabled_);
  }
  PrecisionGuard(const PrecisionGuard&) = delete;
  PrecisionGuard& operator=(const PrecisionGuard&) = delete;

 private:
  at::DeviceType device_;
  bool was_enabled_;
};

/// LibTorch's automatic differentiation on the model as it is.
class AutogradEngine : public Engine {
 public:
  AutogradEngine(const EngineOptions& options, const EngineParts& parts)
      : options_(options), parts_(parts) {}

  void train(const at::Tensor& positions, models::StepContext& context,
             double learning_rate) override {
    const Batch batch = parts_.data.batch(positions, context.epoch);
    at::Tensor total;
    {
      const PrecisionGuard precision(options_.precision, batch.input.device().type());
      const models::Losses losses = parts_.model.loss(batch, context);
      total = losses.total();
      averager_.add(losses, total, positions.size(0));
    }
    const auto& parameters = parts_.parameters.parameters();
    at::Tensor gradient = parts_.parameters.flatten(torch::autograd::grad(
        {total}, parameters, /*grad_outputs=*/{}, /*retain_graph=*/false, /*create_graph=*/false,
        /*allow_unused=*/true));
    const at::NoGradGuard no_grad;
    if (options_.clip_norm) {
      gradient.mul_((*options_.clip_norm / (gradient.norm() + 1e-6)).clamp_max(1));
    }
    parts_.optimizer.step(parts_.parameters.values(), gradient, learning_rate);
  }

  EpochMeans take_means() override { return averager_.take(); }
  double recent_loss() const override { return averager_.recent_loss(); }

 private:
  EngineOptions options_;
  EngineParts parts_;
  LossAverager averager_;
};

}  // namespace

std::unique_ptr<Engine> make_engine(const EngineOptions& options, const EngineParts& parts) {
  return std::make_unique<AutogradEngine>(options, parts);
}

EpochMeans evaluate_losses(models::Autoencoder& model, const datasets::Dataset& data,
                           int64_t batch_size, int64_t epoch, uint64_t seed, Precision precision) {
  const at::NoGradGuard no_grad;
  const bool was_training = model.is_training();
  model.eval();
  const at::Device device = model.parameters().front().device();
  models::StepContext context{
      .generator = make_generator(device, seed), .step = 0, .epoch = epoch, .training = false};
  LossAverager averager;
  const at::Tensor positions = data.all_positions();
  for (int64_t start = 0; start < data.size(); start += batch_size) {
    const int64_t count = std::min(batch_size, data.size() - start);
    const Batch batch = data.batch(positions.narrow(0, start, count), epoch);
    const PrecisionGuard guard(precision, device.type());
    const models::Losses losses = model.loss(batch, context);
    averager.add(losses, losses.total(), count);
  }
  model.train(was_training);
  return averager.take();
}

at::Generator make_generator(at::Device device, uint64_t seed) {
  at::Generator generator = at::globalContext().defaultGenerator(device).clone();
  generator.set_current_seed(seed);
  return generator;
}

}  // namespace hourglass::training
