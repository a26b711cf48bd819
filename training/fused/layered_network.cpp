#include "hourglass/training/fused/layered_network.h"

#include "hourglass/core/error.h"
#include "hourglass/training/fused/convolution_layers.h"
#include "hourglass/training/fused/dense_layer.h"
#include "hourglass/training/fused/recurrent_layers.h"

#include <fmt/format.h>

#include <algorithm>

namespace hourglass::training::fused {
namespace {

using Entries = std::vector<models::NamedLayerPlan>;
using EntriesLeft = std::span<const models::NamedLayerPlan>;

/// Layers that only say how the values of an item are counted: nothing is to be done where they lie
/// in a row.
bool is_view(const models::LayerPlan& plan) {
  return plan.kind == "flatten" || plan.kind == "reshape";
}

/// Makes a layer of the first entries, which are removed: of one, or of several on images. Null for
/// a kind that nobody here computes.
std::unique_ptr<Layer> take_layer(EntriesLeft& left, Flow& input, const Step& step,
                                  Parameters& parameters, Adds adds, const Shape& target) {
  if (auto images = make_image_layers(left, input, adds, step, parameters)) return images;
  const models::NamedLayerPlan& entry = left.front();
  left = left.subspan(1);
  if (entry.layer.kind == "dense") {
    return std::make_unique<DenseLayer>(entry, input, step, parameters, adds);
  }
  return make_recurrent_layer(entry, input, step, parameters, target);
}

bool can_compute(const models::LayerPlan& plan) {
  return is_view(plan) || plan.kind == "dense" || is_recurrent(plan);
}

/// The weight that a dense layer has, its own or another's.
const at::Tensor* weight_of(const models::LayerPlan& plan) {
  for (const char* name : {"weight", "transposed_weight"}) {
    const auto found = plan.tensors.find(name);
    if (found != plan.tensors.end()) return &found->second;
  }
  return nullptr;
}

/// Whether a layer's weight is used again, transposed, by one of `entries`.
bool is_tied(const models::LayerPlan& plan, const Entries& entries) {
  const at::Tensor* weight = weight_of(plan);
  return weight && std::any_of(entries.begin(), entries.end(), [&](const auto& entry) {
           const auto found = entry.layer.tensors.find("transposed_weight");
           return found != entry.layer.tensors.end() && found->second.is_same(*weight);
         });
}

}  // namespace

std::optional<std::string> obstacle_of_layers(const models::Autoencoder& model) {
  const models::ModelPlan plan = model.plan();
  bool all_dense = true;
  for (const auto* entries : {&plan.encoder, &plan.heads, &plan.decoder}) {
    for (EntriesLeft left = *entries; !left.empty();) {
      if (take_image_layers(left)) {
        all_dense = false;
        continue;
      }
      const auto& entry = left.front();
      left = left.subspan(1);
      if (!can_compute(entry.layer)) return fmt::format("the layer {}", entry.name);
      all_dense = all_dense && (entry.layer.kind == "dense" || is_view(entry.layer));
    }
  }
  const models::ObjectivePlan objective = *model.objective_plan();
  const bool code_is_special = objective.samples_code || objective.penalty != models::Penalty::None;
  if (objective.bound && !all_dense) {
    return "several samples of a code for other than dense layers";
  }
  if (model.condition_width() > 0 && !all_dense) {
    return "a condition that joins other than dense layers";
  }
  if (code_is_special && model.code_shape().size() != 1)
    return "this objective of a code that is a map";
  return {};
}

LayeredNetwork::LayeredNetwork(const models::Autoencoder& model, bool separate_targets,
                               const Step& step, Parameters& parameters)
    : Network(model, separate_targets, step), plan_(model.objective_plan().value()) {
  build_layers(model.plan(), step, parameters);
  build_objective(model, step, parameters);
}

void LayeredNetwork::build_layers(const models::ModelPlan& plan, const Step& step,
                                  Parameters& parameters) {
  Flow* flow = &input();
  const auto is_next_a_view = [](const EntriesLeft& left) {
    EntriesLeft rest = left;
    return is_view(left.front().layer) && !take_image_layers(rest);
  };
  const auto append = [&](Layers& layers, EntriesLeft& left, Adds adds) {
    if (is_next_a_view(left)) {
      left = left.subspan(1);
      return;
    }
    const std::string& name = left.front().name;
    layers.push_back(take_layer(left, *flow, step, parameters, adds, target_shape()));
    if (!layers.back()) throw Error("the fused engine does not compute {}", name);
  };
  const bool contracts = plan_.penalty == models::Penalty::Contraction;
  for (EntriesLeft left = plan.encoder; !left.empty();) {
    append(encoder_, left, {.to_weight = contracts || is_tied(left.front().layer, plan.decoder)});
    flow = &encoded();
  }
  for (const auto& entry : plan.heads) {
    // Backward, the last comes first.
    const bool is_last = &entry == &plan.heads.back();
    EntriesLeft left(&entry, 1);
    append(heads_, left, {.to_input = !is_last, .to_weight = is_tied(entry.layer, plan.decoder)});
  }
  if (plan_.samples_code) {
    const int64_t samples = plan_.bound && !step.only_infers ? plan_.bound->samples() : 1;
    code_ = std::make_unique<SampledCode>(heads_.at(0)->output(), heads_.at(1)->output(),
                                          "sampling", samples, condition_width(), step);
    if (plan_.second_layer) {
      second_layer_ = std::make_unique<SecondLayer>(*plan_.second_layer, code_->decoder_input(),
                                                    step, parameters);
    }
  } else {
    code_ = std::make_unique<PlainCode>(code(), condition_width(), step);
  }
  flow = &code_->decoder_input();
  for (EntriesLeft left = plan.decoder; !left.empty();) {
    append(decoder_, left, {});
    if (!decoder_.empty()) flow = &decoder_.back()->output();
  }
}

void LayeredNetwork::build_objective(const models::Autoencoder& model, const Step& step,
                                     Parameters& parameters) {
  reconstruction_ = std::make_unique<Reconstruction>(*decoder_.back(), aim(), model.likelihood(),
                                                     plan_, step, parameters);
  PenaltyParts parts = {.code = code(),
                        .log_variance = log_variance(),
                        .decoder_input = code_->decoder_input(),
                        .prior = second_layer_.get(),
                        .step = step,
                        .parameters = parameters,
                        .input = input(),
                        .inputs = item_width()};
  if (plan_.penalty == models::Penalty::Contraction) {
    const models::ModelPlan plan = model.plan();
    const auto layer = std::find_if(plan.encoder.begin(), plan.encoder.end(),
                                    [](const auto& entry) { return !is_view(entry.layer); });
    parts.weight = parameters.add(layer->name + ".weight", *weight_of(layer->layer), {1, 0});
    parts.weight_is_tied = is_tied(layer->layer, plan.decoder);
    parts.activation = layer->layer.activation;
  }
  for (const auto& weight : plan_.weights) {
    parts.weights.push_back(parameters.find(weight).value());
  }
  if (has_bound()) {
    penalty_ =
        std::make_unique<Bound>(*plan_.bound, parts, decoder_.back()->output(), *reconstruction_);
  } else {
    penalty_ = make_penalty(plan_, parts);
  }
}

Flow& LayeredNetwork::encoded() const {
  return encoder_.empty() ? const_cast<LayeredNetwork*>(this)->input() : encoder_.back()->output();
}

void LayeredNetwork::add_encoder(Program& program) {
  fused::add_forward(encoder_, program);
  if (!heads_.empty()) heads_.front()->add_forward(program);
}

void LayeredNetwork::add_log_variance(Program& program) {
  if (heads_.size() > 1) heads_[1]->add_forward(program);
}

void LayeredNetwork::add_reconstruction(Program& program) {
  code_->add_forward(program);
  add_decoder(program);
}

void LayeredNetwork::add_decoder(Program& program) {
  fused::add_forward(decoder_, program);
  reconstruction_->add_result(program);
}

void LayeredNetwork::add_loss(Program& program) {
  code_->add_forward(program);
  if (second_layer_) second_layer_->add_forward(program);
  if (penalty_ && !has_bound()) penalty_->add_forward(program);
  fused::add_forward(decoder_, program);
  reconstruction_->add_loss(program);
  if (has_bound()) penalty_->add_forward(program);
}

void LayeredNetwork::add_backward(Program& program) {
  add_backward_reversed(decoder_, program);
  if (penalty_) penalty_->add_backward_of_samples(program);
  code_->add_backward(program);
  if (penalty_) penalty_->add_backward(program);
  add_backward_reversed(heads_, program);
  add_backward_reversed(encoder_, program);

  program.once([] {});  // gradients of weights are sums over all items
  add_weight_gradients_reversed(decoder_, program);
  if (penalty_) penalty_->add_weight_gradients(program);
  if (second_layer_) second_layer_->add_weight_gradients(program);
  add_weight_gradients_reversed(heads_, program);
  add_weight_gradients_reversed(encoder_, program);
}

bool LayeredNetwork::writes_one_gradient() const {
  const auto has_one = [](const auto& layer) { return layer->has_one_gradient(); };
  return std::all_of(encoder_.begin(), encoder_.end(), has_one) &&
         std::all_of(heads_.begin(), heads_.end(), has_one) &&
         std::all_of(decoder_.begin(), decoder_.end(), has_one);
}

void LayeredNetwork::add_refresh(Program& program) {
  for (const auto* layers : {&encoder_, &heads_, &decoder_}) fused::add_refresh(*layers, program);
  if (second_layer_) second_layer_->add_refresh(program);
}

std::vector<double> LayeredNetwork::values() const {
  if (has_bound()) return penalty_->values();
  std::vector<double> values = {reconstruction_->value()};
  if (penalty_) {
    const auto more = penalty_->values();
    values.insert(values.end(), more.begin(), more.end());
  }
  return values;
}

float* LayeredNetwork::code_of_decoder(int64_t item, int64_t sample) const {
  const Flow& flow = code_->decoder_input();
  return flow.row(item) + sample * flow.stride;
}

}  // namespace hourglass::training::fused
