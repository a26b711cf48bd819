#include "hourglass/models/autoencoder.h"

#include "hourglass/core/error.h"
#include "hourglass/models/layers.h"
#include "hourglass/models/tensors.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <typeinfo>

namespace hourglass::models {
namespace {

/// Reports the outputs of all layers below `model` while it exists.
class Listener {
 public:
  Listener(const torch::nn::Module& model, std::vector<LayerOutput>& outputs) {
    for (const auto& entry : model.named_modules("", /*include_self=*/false)) {
      const auto layer = std::dynamic_pointer_cast<Layer>(entry.value());
      if (!layer) continue;
      layer->listener = [&outputs, name = entry.key()](const at::Tensor& y) {
        outputs.push_back({name, y});
      };
      layers_.push_back(layer);
    }
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() {
    for (const auto& layer : layers_) layer->listener = nullptr;
  }

 private:
  std::vector<std::shared_ptr<Layer>> layers_;
};

/// From a decoder's numbers to the likelihood's mean.
class OutputLayer : public Layer {
 public:
  explicit OutputLayer(const Likelihood& likelihood) : likelihood_(likelihood) {}

  LayerPlan plan() const override {
    LayerPlan plan = ActivationLayer(likelihood_.activation).plan();
    if (follows_from_mean(likelihood_.loss)) return plan;
    return {.kind = "mean",
            .title = fmt::format("Mean, {}", enum_name(likelihood_.loss)),
            .activation = likelihood_.activation};
  }

 protected:
  at::Tensor run(const at::Tensor& x) override { return mean_of(likelihood_, x); }

 private:
  Likelihood likelihood_;
};

}  // namespace

size_t loss_phase(const std::vector<Phase>& phases, int64_t epoch) {
  const auto learns = std::find_if(phases.begin(), phases.end(),
                                   [&](const Phase& phase) { return phase.learns_in(epoch); });
  return learns == phases.end() ? 0 : static_cast<size_t>(learns - phases.begin());
}

StepValues part_of_batch(const Phase& phase, StepValues values, const StepContext& context,
                         int64_t items) {
  const double share = context.share(items);
  if (share == 1) return values;
  for (size_t i = 0; i < values.terms.size(); ++i) {
    if (!phase.terms.at(i).sum_over_batch) values.terms[i] = values.terms[i] * share;
  }
  for (auto& metric : values.metrics) metric = metric * share;
  return values;
}

double weight_at(const Term& term, const StepContext& context) {
  const auto grown = [&](int64_t passed, int64_t needed) {
    if (!context.training || needed == 0) return 1.0;
    return std::min(1.0, static_cast<double>(passed) / static_cast<double>(needed));
  };
  return term.weight * grown(context.epoch, term.warmup_epochs) *
         grown(context.step, term.warmup_steps);
}

at::Tensor total(const Phase& phase, const StepValues& values, const StepContext& context) {
  if (values.terms.size() != phase.terms.size() || values.metrics.size() != phase.metrics.size()) {
    throw Error(
        "phase '{}': expected values of {} terms and {} metrics, as declared, found {} and {}",
        phase.name, phase.terms.size(), phase.metrics.size(), values.terms.size(),
        values.metrics.size());
  }
  at::Tensor total;
  for (size_t i = 0; i < phase.terms.size(); ++i) {
    const double weight = weight_at(phase.terms[i], context);
    const at::Tensor part = weight == 1 ? values.terms[i] : values.terms[i] * weight;
    total = total.defined() ? total + part : part;
  }
  return total;
}

void Autoencoder::share_batches(const Processes& processes) {
  if (!processes.alone()) refuse_trim(likelihood_, "several processes");
  processes_ = &processes;
  for_each_layer(*this, [&](Layer& layer) { layer.processes = &processes; });
}

void Autoencoder::begin_step(const Batch& batch, const StepContext& context) {
  // A copy: a batch's numbers may lie in memory that lives no longer than the step.
  step_ = {context.random, batch.rows.defined() ? batch.rows.clone() : batch.rows};
}

Autoencoder::Autoencoder(const ModelSpec& spec, const std::vector<std::string>& heads)
    : shapes_(spec.shapes), likelihood_(spec.likelihood), condition_width_(spec.condition_width) {
  check(likelihood_);
  output_ = register_module("output", std::make_shared<OutputLayer>(likelihood_));
  const Shape given = parameter_shape(likelihood_.loss, shapes_.target);
  network_ = spec.network.build(
      {.shapes = {shapes_.input, given}, .heads = heads, .condition_width = spec.condition_width});
  if (heads.empty()) {
    register_module("encoder", network_.encoder);
  } else {
    const auto encoder = register_module("encoder", std::make_shared<torch::nn::Module>());
    encoder->register_module("trunk", network_.encoder);
    for (const auto& head : network_.heads) encoder->register_module(head.name, head.layer);
  }
  register_module("decoder", network_.decoder);
  for_each_layer(*this, [this](Layer& layer) { layer.step = &step_; });
}

std::vector<at::Tensor> Autoencoder::read(const at::Tensor& x, const at::Tensor& condition) {
  const at::Tensor features = network_.encoder->forward(x, condition);
  if (network_.heads.empty()) return {features};
  std::vector<at::Tensor> outputs;
  for (const auto& head : network_.heads) outputs.push_back(widened(head.layer->forward(features)));
  return outputs;
}

at::Tensor Autoencoder::encode(const at::Tensor& x, const at::Tensor& condition) {
  return read(x, condition).front();
}

at::Tensor Autoencoder::decode_logits(const at::Tensor& z, const at::Tensor& condition) {
  return decoder_output(z, condition);
}

at::Tensor Autoencoder::decode(const at::Tensor& z, const at::Tensor& condition) {
  return output_->forward(decode_logits(z, condition));
}

at::Tensor Autoencoder::forward(const at::Tensor& x, const at::Tensor& condition) {
  return reconstruction_of(likelihood_, decode(encode(x, condition), condition), x);
}

StepValues Autoencoder::losses(const Batch& batch, const StepContext& /*context*/) {
  const at::Tensor logits = decode_logits(encode(batch.input, batch.condition), batch.condition);
  return {.terms = {reconstruction_loss(likelihood_, logits, batch.target)}};
}

std::optional<ObjectivePlan> Autoencoder::objective_plan() const {
  if (typeid(*this) != typeid(Autoencoder)) return {};
  return ObjectivePlan{};
}

std::vector<LayerOutput> Autoencoder::layers(const at::Tensor& x, const at::Tensor& condition) {
  std::vector<LayerOutput> outputs;
  const Listener listener(*this, outputs);
  forward(x, condition);
  return outputs;
}

ModelPlan Autoencoder::plan() const {
  const bool has_heads = !network_.heads.empty();
  ModelPlan plan{.encoder = network_.encoder->plans(has_heads ? "encoder.trunk." : "encoder."),
                 .heads = {},
                 .decoder = network_.decoder->plans("decoder."),
                 .output = likelihood_.activation};
  for (const auto& head : network_.heads) {
    plan.heads.push_back({"encoder." + head.name, head.layer->plan()});
  }
  return plan;
}

TensorMethod Autoencoder::method(const std::string& name, TensorMethod::Argument argument,
                                 TensorsOf run) const {
  TensorMethod method{.name = name, .arguments = {std::move(argument)}, .run = {}};
  if (condition_width_ > 0) method.arguments.push_back({"condition", {condition_width_}});
  method.run = [run = std::move(run)](const std::vector<at::Tensor>& arguments) {
    return run(arguments[0], arguments.size() > 1 ? arguments[1] : at::Tensor());
  };
  return method;
}

TensorMethod Autoencoder::method_of_items(const std::string& name, TensorsOf run) const {
  return method(name, {"x", input_shape()}, std::move(run));
}

TensorMethod Autoencoder::method_of_codes(const std::string& name, TensorsOf run) const {
  return method(name, code_argument(), std::move(run));
}

}  // namespace hourglass::models
