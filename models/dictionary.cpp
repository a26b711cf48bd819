#include "hourglass/models/dictionary.h"

#include "hourglass/core/error.h"
#include "hourglass/models/across_rows.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <typeinfo>
#include <utility>
#include <variant>

namespace hourglass::models {
namespace {

/// The one dense layer of a stack; throws `UsageError` where there are others.
LayerPlan only_dense_layer(const std::vector<NamedLayerPlan>& entries, const Sparsity& sparsity) {
  std::vector<LayerPlan> layers;
  for (const auto& entry : entries) {
    if (entry.layer.kind == "dense") layers.push_back(entry.layer);
  }
  if (layers.size() != 1) {
    throw UsageError("`sparsity` {}: expected `widths` of the code alone, found {} hidden layers",
                     sparsity.text(), layers.size() - 1);
  }
  return layers.front();
}

void check_shapes(const Sparsity& sparsity, const ModelSpec& spec, int64_t units) {
  const int64_t inputs = element_count(spec.shapes.input);
  const int64_t targets = element_count(spec.shapes.target);
  if (inputs != targets) {
    throw UsageError("`sparsity` {}: expected input and target of one size, found {} and {} values",
                     sparsity.text(), inputs, targets);
  }
  if (spec.condition_width > 0) {
    throw UsageError("`sparsity` {}: expected no condition, found one of {} values",
                     sparsity.text(), spec.condition_width);
  }
  const int64_t most = sparsity.prefixes.empty() ? sparsity.k : sparsity.prefixes.back();
  if (std::max(most, sparsity.k) > units) {
    throw UsageError(
        "`sparsity` {}: expected at most as many units as the code has, found {} of {}",
        sparsity.text(), std::max(most, sparsity.k), units);
  }
}

at::Tensor squared_norm(const at::Tensor& rows) { return rows.square().sum(1).mean(); }

/// What a reconstruction lacks: nothing where the target is not known, as in `reconstruction_loss`.
at::Tensor missed(const at::Tensor& target, const at::Tensor& reconstruction) {
  return (target - reconstruction).masked_fill(target.isnan(), 0);
}

}  // namespace

void check(const Sparsity& sparsity, const DictionaryOptions& options,
           const NetworkOptions& network, const Likelihood& likelihood) {
  NetworkOptions own = network;
  Likelihood own_likelihood = likelihood;
  FieldTable table;
  own.describe(table);
  own_likelihood.describe(table);
  struct Wanted {
    const char *field, *value;
  };
  for (const auto& [name, value] :
       {Wanted{"network", "dense"}, Wanted{"tied_weights", "false"}, Wanted{"unit_length", "false"},
        Wanted{"input_dropout", "0"}, Wanted{"code_activation", "linear"}, Wanted{"loss", "mse"},
        Wanted{"output_activation", "linear"}, Wanted{"trim", "0"}}) {
    const std::string found = table.find(name)->value_text();
    if (found != value) {
      throw UsageError("`sparsity` {}: expected `{}` {} with it, found '{}'", sparsity.text(), name,
                       value, found);
    }
  }
  const FieldValue widths = table.find("widths")->value();
  const auto* list = std::get_if<std::vector<int64_t>>(&widths);
  if (list && list->size() > 1) {
    throw UsageError("`sparsity` {}: expected `widths` of the code alone, found {} hidden layers",
                     sparsity.text(), list->size() - 1);
  }
  const bool has_target = options.target_l0 > 0 || options.jump_loss != JumpLoss::Quadratic;
  if (sparsity.kind == Sparsity::Kind::JumpRelu && !has_target) {
    throw UsageError("`jump_loss` quadratic: expected `target_l0` above 0 with it, found {}",
                     options.target_l0);
  }
}

Dictionary::Dictionary(Sparsity sparsity, DictionaryOptions options, const ModelSpec& spec)
    : Autoencoder(spec), sparsity_(std::move(sparsity)), options_(options) {
  check(sparsity_, options_, spec.network, spec.likelihood);
  const ModelPlan plan = this->plan();
  const LayerPlan encoder = only_dense_layer(plan.encoder, sparsity_);
  const LayerPlan decoder = only_dense_layer(plan.decoder, sparsity_);
  weights_ = {encoder.tensors.at("weight"), encoder.tensors.at("bias"),
              decoder.tensors.at("weight"), decoder.tensors.at("bias")};
  const int64_t units = code_shape().front();
  check_shapes(sparsity_, spec, units);
  // The whole code reconstructs anyway.
  if (!sparsity_.prefixes.empty() && sparsity_.prefixes.back() == units) {
    sparsity_.prefixes.pop_back();
  }
  activation_ = register_module("latents", make_latent_activation(sparsity_, options_, units));
  steps_since_spoken_ = register_buffer("steps_since_spoken", at::zeros({units}, at::kLong));
  start();
}

void Dictionary::start() {
  const at::NoGradGuard no_grad;
  // He et al. 2015, uniform, as PyTorch's kaiming_uniform_ of a [W, D] matrix.
  const double limit = std::sqrt(6.0 / static_cast<double>(weights_.decoder.size(0)));
  weights_.decoder.uniform_(-limit, limit);
  const double norm = options_.unit_norm_decoder ? 1 : options_.decoder_norm;
  if (norm > 0) weights_.decoder.mul_(norm / weights_.decoder.norm(2, {0}, /*keepdim=*/true));
  if (!options_.independent_encoder) weights_.encoder.copy_(weights_.decoder.t());
}

bool Dictionary::has_auxiliary() const {
  return sparsity_.chooses_strongest() || sparsity_.kind == Sparsity::Kind::Gated;
}

PreActivations Dictionary::pre_activations(const at::Tensor& x, int64_t batch_rows) {
  const at::Tensor flat = x.flatten(1);  // [B, D]
  const at::Tensor centered = options_.no_pre_bias ? flat : flat - weights_.decoder_bias;
  const at::Tensor p = read(centered, {}).front();  // [B, W]
  PreActivations all{.values = p,
                     .scores = p,
                     .norms = {},
                     .bias = weights_.encoder_bias,
                     .batch_rows = batch_rows,
                     .processes = processes()};
  if (sparsity_.chooses_strongest() && !options_.unscaled_selection) {
    // As a root of a sum, which every format has; nobody asks for its gradient.
    all.scores = p * weights_.decoder.detach().square().sum(0).sqrt();
  }
  return all;
}

at::Tensor Dictionary::encode(const at::Tensor& x, const at::Tensor& /*condition*/) {
  return activation_->code(pre_activations(x, x.size(0)));
}

at::Tensor Dictionary::dead() const { return steps_since_spoken_ > options_.dead_window; }

std::vector<Phase> Dictionary::phases() const {
  Phase phase{.terms = {{"reconstruction"}}, .metrics = {"l0", "dead_latents"}};
  if (!sparsity_.prefixes.empty()) phase.terms.push_back({"prefixes"});
  if (activation_->has_penalty()) {
    phase.terms.push_back({.name = "sparsity",
                           .weight = activation_->penalty_weight(),
                           .warmup_steps = options_.coefficient_warmup});
  }
  if (has_auxiliary()) {
    const bool is_gated = sparsity_.kind == Sparsity::Kind::Gated;
    phase.terms.push_back(
        {.name = "auxiliary", .weight = is_gated ? 1 : options_.auxiliary_coefficient});
  }
  return {phase};
}

StepValues Dictionary::losses(const Batch& batch, const StepContext& context) {
  const at::Tensor target = batch.target.flatten(1);  // [B, D]
  PreActivations p = pre_activations(batch.input, context.all_items(batch.input.size(0)));
  if (activation_->has_penalty()) p.norms = weights_.decoder.norm(2, {0});
  const at::Tensor code = activation_->code(p);  // [B, W]
  const std::vector<Prefix> prefixes = this->prefixes(code, target);

  StepValues values{.terms = {squared_norm(prefixes.back().missed)}};
  if (prefixes.size() > 1) {
    at::Tensor sum = squared_norm(prefixes.front().missed);
    for (size_t i = 1; i + 1 < prefixes.size(); ++i) sum = sum + squared_norm(prefixes[i].missed);
    values.terms.push_back(sum);
  }
  if (activation_->has_penalty()) values.terms.push_back(activation_->penalties(p, code).mean());
  if (const at::Tensor second = activation_->second_code(p); second.defined()) {
    values.terms.push_back(squared_norm(missed(target, decode_logits(second).flatten(1))));
  } else if (has_auxiliary()) {
    values.terms.push_back(auxiliary(p, prefixes));
  }
  values.metrics = {code.detach().ne(0).sum(1).to(code.scalar_type()).mean(),
                    dead().sum().to(code.scalar_type())};
  if (is_training()) spoke_ = spoke_in_batch(code, processes());
  return values;
}

std::vector<Dictionary::Prefix> Dictionary::prefixes(const at::Tensor& code,
                                                     const at::Tensor& target) {
  std::vector<Prefix> prefixes;
  int64_t first = 0;
  const int64_t units = code.size(1);
  for (const int64_t width : sparsity_.prefixes) {
    const at::Tensor reconstruction = at::linear(
        code.narrow(1, 0, width), weights_.decoder.narrow(1, 0, width), weights_.decoder_bias);
    prefixes.push_back({first, width, missed(target, reconstruction)});
    first = width;
  }
  prefixes.push_back({first, units, missed(target, decode_logits(code).flatten(1))});
  return prefixes;
}

at::Tensor Dictionary::auxiliary(const PreActivations& p,
                                 const std::vector<Prefix>& prefixes) const {
  // It is there for dead units to learn by; where nothing learns it would only blur what is measured.
  if (!is_training()) return at::zeros({}, p.values.options());
  if (!options_.prefix_auxiliary) {
    return auxiliary(p, {.first = 0, .end = p.values.size(1), .missed = prefixes.back().missed});
  }
  at::Tensor sum = at::zeros({}, p.values.options());
  for (const auto& prefix : prefixes) sum = sum + auxiliary(p, prefix);
  return sum;
}

at::Tensor Dictionary::auxiliary(const PreActivations& p, const Prefix& prefix) const {
  const at::Tensor dead =
      this->dead().narrow(0, prefix.first, prefix.end - prefix.first).nonzero().flatten() +
      prefix.first;  // [m]
  const int64_t count = dead.size(0);
  if (count == 0) return at::zeros({}, p.values.options());
  const int64_t enough = std::max<int64_t>(1, weights_.decoder.size(0) / 2);
  const at::Tensor strongest =
      std::get<1>(p.scores.detach().index_select(1, dead).topk(std::min(enough, count), 1));
  const at::Tensor values = p.values.index_select(1, dead);  // [B, m]
  const at::Tensor chosen =
      at::zeros_like(values).scatter(1, strongest, values.gather(1, strongest));
  const at::Tensor reconstruction =
      at::matmul(chosen, weights_.decoder.index_select(1, dead).t());  // [B, D]
  const double share = static_cast<double>(count) / static_cast<double>(enough);
  return squared_norm(reconstruction - prefix.missed.detach()) * std::min(share, 1.0);
}

void Dictionary::after_step(const Batch& /*batch*/, const StepContext& /*context*/) {
  const at::NoGradGuard no_grad;
  steps_since_spoken_.add_(1).mul_(spoke_.logical_not());
  activation_->after_step();
  if (options_.unit_norm_decoder) {
    weights_.decoder.div_(weights_.decoder.norm(2, {0}, /*keepdim=*/true).clamp_min(1e-12));
  }
  spoke_ = at::Tensor();
}

std::optional<ObjectivePlan> Dictionary::objective_plan() const {
  if (typeid(*this) != typeid(Dictionary)) return {};
  DictionaryPlan plan{.sparsity = sparsity_, .options = options_};
  return ObjectivePlan{.reduction = Reduction::SumOfValues, .dictionary = std::move(plan)};
}

}  // namespace hourglass::models
