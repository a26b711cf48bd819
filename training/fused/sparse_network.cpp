#include "hourglass/training/fused/sparse_network.h"

#include "hourglass/core/error.h"
#include "hourglass/kernels/sparse_products.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

namespace hourglass::training::fused {
namespace {

using Kind = models::Sparsity::Kind;

/// The dense layer of an encoder or a decoder; what else is there says how values are counted.
const models::NamedLayerPlan& dense_layer(const std::vector<models::NamedLayerPlan>& entries) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [](const auto& entry) { return entry.layer.kind == "dense"; });
  if (found == entries.end()) throw Error("expected a dense layer in a dictionary, found none");
  return *found;
}

Dictionary dictionary_of(const models::Autoencoder& model, const models::DictionaryPlan& plan,
                         Parameters& parameters) {
  const models::ModelPlan layers = model.plan();
  const auto &encoder = dense_layer(layers.encoder), &decoder = dense_layer(layers.decoder);
  const auto add = [&](const models::NamedLayerPlan& entry, const std::string& tensor,
                       std::vector<int64_t> order) {
    return parameters.add(entry.name + "." + tensor, entry.layer.tensors.at(tensor),
                          std::move(order));
  };
  Dictionary dictionary{.parameters = parameters,
                        .latents = encoder.layer.sizes.at("outputs"),
                        .width = encoder.layer.sizes.at("inputs"),
                        .encoder = add(encoder, "weight", {0, 1}),
                        .encoder_bias = add(encoder, "bias", {0}),
                        .decoder = add(decoder, "weight", {1, 0}),
                        .decoder_bias = add(decoder, "bias", {0}),
                        .threshold = {}};
  if (plan.sparsity.kind == Kind::JumpRelu) {
    const at::Tensor threshold = *model.named_parameters().find(plan.threshold);
    dictionary.threshold = parameters.add(plan.threshold, threshold, {0});
  }
  return dictionary;
}

std::vector<int64_t> prefixes_of(const models::Sparsity& sparsity, int64_t latents) {
  std::vector<int64_t> prefixes = sparsity.prefixes;
  if (prefixes.empty() || prefixes.back() != latents) prefixes.push_back(latents);
  return prefixes;
}

Selection training_selection(const models::Sparsity& sparsity) {
  if (sparsity.chooses_from_batch()) return {.of_batch = sparsity.k};
  if (sparsity.kind == Kind::TopK) return {.of_item = sparsity.k};
  return {};
}

/// Of a batch nobody else's items are asked for then: the floors say all.
Selection inference_selection(const models::Sparsity& sparsity) {
  return sparsity.chooses_from_batch() ? Selection{} : training_selection(sparsity);
}

int64_t first_of_part(int64_t count, int part, int parts) { return count * part / parts; }

}  // namespace

std::optional<std::string> obstacle_of_dictionary(const models::DictionaryPlan& plan) {
  if (plan.sparsity.kind == Kind::Gated) return "a gated code";
  if (plan.sparsity.kind == Kind::JumpRelu && plan.options.jump_loss == models::JumpLoss::Tanh) {
    return "the penalty tanh of jumprelu";
  }
  return {};
}

SparseNetwork::SparseNetwork(const models::Autoencoder& model, bool separate_targets,
                             const Step& step, Parameters& parameters)
    : Network(model, separate_targets, step),
      plan_(model.objective_plan().value().dictionary.value()),
      step_(step),
      dictionary_(dictionary_of(model, plan_, parameters)),
      code_(Flow::without_gradient({dictionary_.latents}, step.most_items)),
      encoder_(dictionary_, plan_.sparsity.chooses_strongest() && !plan_.options.unscaled_selection,
               !plan_.options.no_pre_bias, input(), step),
      decoder_(dictionary_, prefixes_of(plan_.sparsity, dictionary_.latents), aim(), step),
      gradients_(dictionary_, decoder_, encoder_.centered(), !plan_.options.no_pre_bias, step),
      active_counts_(static_cast<size_t>(step.most_shards)) {
  build_terms(model);
  fired_ = at::zeros({dictionary_.latents}, at::kLong);
  if (!plan_.sparsity.chooses_strongest()) dense_.emplace(dictionary_, code_, step_);
  const auto buffers = model.named_buffers();
  steps_since_spoken_ = *buffers.find(plan_.steps_since_spoken);
  if (plan_.sparsity.chooses_from_batch()) {
    batch_threshold_ = *buffers.find(plan_.batch_threshold);
  }
}

void SparseNetwork::build_terms(const models::Autoencoder& model) {
  const auto terms = model.phases().front().terms;
  for (size_t term = 0; term < terms.size(); ++term) {
    if (terms[term].name == "sparsity" && plan_.sparsity.kind == Kind::Standard) {
      penalty_ = std::make_unique<WeightedL1>(dictionary_, encoder_, term, step_);
    } else if (terms[term].name == "sparsity") {
      const bool has_target = plan_.options.jump_loss == models::JumpLoss::Quadratic;
      penalty_ = std::make_unique<JumpPenalty>(dictionary_, encoder_, term, step_,
                                               plan_.options.jump_bandwidth,
                                               has_target ? plan_.options.target_l0 : 0);
    } else if (terms[term].name == "auxiliary") {
      const auto& prefixes = decoder_.prefixes();
      const size_t last = prefixes.size() - 1;
      int64_t first = 0;
      for (size_t i = plan_.options.prefix_auxiliary ? 0 : last; i <= last; ++i) {
        auxiliary_.emplace_back(dictionary_, encoder_, decoder_,
                                AuxiliaryLoss::Range{first, prefixes[i]}, i, term, step_);
        first = prefixes[i];
      }
    }
  }
}

// ---- Forward

void SparseNetwork::add_encoder(Program& program) {
  encoder_.add_forward(program, training_selection(plan_.sparsity),
                       inference_selection(plan_.sparsity));
}

void SparseNetwork::add_code(Program& program) {
  program.each([this](const Shard& shard) { spread_code(shard); });
}

void SparseNetwork::add_reconstruction(Program& program) {
  program.each([this](const Shard& shard) {
    decoder_.decode(shard, encoder_.active(shard));
    decoder_.add_bias(shard);
  });
}

void SparseNetwork::add_decoder(Program& program) {
  program.each([this](const Shard& shard) { collect_code(shard); });
  add_reconstruction(program);
}

void SparseNetwork::spread_code(const Shard& shard) const {
  const ActiveLatents& active = encoder_.active(shard);
  for (int64_t item = 0; item < shard.count; ++item) {
    float* row = code_.row(shard.first + item);
    std::fill_n(row, dictionary_.latents, 0.0F);
    for (auto i = active.begin_of(item); i < active.end_of(item); ++i) {
      row[active.latents[static_cast<size_t>(i)]] = active.values[static_cast<size_t>(i)];
    }
  }
}

void SparseNetwork::collect_code(const Shard& shard) {
  ActiveLatents& active = encoder_.active(shard);
  active.ends.clear();
  active.latents.clear();
  active.values.clear();
  for (int64_t item = 0; item < shard.count; ++item) {
    const float* row = code_.row(shard.first + item);
    for (int64_t latent = 0; latent < dictionary_.latents; ++latent) {
      if (row[latent] == 0) continue;
      active.latents.push_back(static_cast<int32_t>(latent));
      active.values.push_back(row[latent]);
    }
    active.ends.push_back(active.size());
  }
}

// ---- The loss

void SparseNetwork::add_loss(Program& program) {
  program.once([this] {
    find_dead();
    choose_products();
  });
  if (!auxiliary_.empty()) {
    program.each([this](const Shard& shard) {
      for (auto& loss : auxiliary_) loss.gather(shard);
    });
    program.once([] {});  // the rows of the dead are there
  }
  program.each([this](const Shard& shard) { compare(shard); });
}

void SparseNetwork::choose_products() {
  int64_t active = 0;
  for (int shard = 0; shard < step_.shards; ++shard) active += encoder_.active({shard}).size();
  is_dense_ = dense_ && dense_->suits(active);
}

void SparseNetwork::find_dead() {
  const int64_t* silent = steps_since_spoken_.const_data_ptr<int64_t>();
  const auto is_dead = [&](int64_t latent) { return silent[latent] > plan_.options.dead_window; };
  dead_ = 0;
  for (int64_t latent = 0; latent < dictionary_.latents; ++latent) dead_ += is_dead(latent);
  // The auxiliary loss is of training alone.
  const auto learns = [&](int64_t latent) { return step_.training && is_dead(latent); };
  for (auto& loss : auxiliary_) loss.find_dead(learns);
}

void SparseNetwork::compare(const Shard& shard) {
  ActiveLatents& active = encoder_.active(shard);
  active_counts_[static_cast<size_t>(shard.index)] =
      std::count_if(active.values.begin(), active.values.end(), [](float f) { return f != 0; });
  if (is_dense_) {
    spread_code(shard);
    dense_->decode(shard, decoder_.output());
  } else {
    decoder_.decode(shard, active);
  }
  decoder_.compare(shard);
  for (auto& loss : auxiliary_) loss.compute(shard);
  if (step_.training && is_dense_) {
    dense_->differentiate(shard, decoder_.output(), active);
  } else if (step_.training) {
    decoder_.sum_gradients(shard);
    decoder_.differentiate(shard, active);
  }
  if (penalty_) penalty_->compute(shard, active);
  if (step_.training) gradients_.count(shard, active);
  if (step_.training && is_dense_) dense_->keep_gradients(shard, active);
}

std::vector<double> SparseNetwork::values() const {
  const size_t last = decoder_.prefixes().size() - 1;
  std::vector<double> values = {decoder_.squared_error(last)};
  if (!plan_.sparsity.prefixes.empty()) {
    values.push_back(0);
    for (size_t i = 0; i < last; ++i) values.back() += decoder_.squared_error(i);
  }
  if (penalty_) values.push_back(penalty_->value());
  if (!auxiliary_.empty()) {
    values.push_back(0);
    for (const auto& loss : auxiliary_) values.back() += loss.value();
  }
  const auto active =
      std::accumulate(active_counts_.begin(), active_counts_.begin() + step_.shards, int64_t{0});
  const auto batch_items = static_cast<double>(step_.batch_items);
  values.push_back(static_cast<double>(active) / batch_items);
  // This process's part of what all have alike.
  values.push_back(static_cast<double>(dead_) * static_cast<double>(step_.items) / batch_items);
  return values;
}

// ---- Backward

void SparseNetwork::add_backward(Program& program) {
  program.once([this] { gradients_.arrange(); });
  program.each([this](const Shard& shard) { gradients_.place(shard, encoder_.active(shard)); });
  program.once([] {});  // every latent has its items
  program.each([this](const Shard& shard) { write_gradients(shard); });
  program.once([this] { finish_step(); });
}

void SparseNetwork::write_gradients(const Shard& shard) {
  const LatentGradients::Range latents = gradients_.latents_of(shard);
  if (is_dense_) {
    dense_->write_rows(latents, decoder_.output(), encoder_.centered());
  } else {
    gradients_.write_rows(shard);
  }
  gradients_.write_biases(shard);
  if (penalty_) penalty_->add_to_rows(gradients_, latents);
  for (auto& loss : auxiliary_) loss.add_gradients(latents);
  gradients_.add_to_decoder_bias(shard);
  if (!dictionary_.threshold) return;
  // The objective raises thresholds to 0 before a step, and not after.
  float* thresholds = dictionary_.parameters.values(*dictionary_.threshold);
  for (int64_t latent = latents.first; latent < latents.end; ++latent) {
    thresholds[latent] = std::max(thresholds[latent], 0.0F);
  }
}

/// What is kept beside parameters, in the model's own tensors.
void SparseNetwork::finish_step() {
  gradients_.write_decoder_bias();
  auto* processes = fired_.mutable_data_ptr<int64_t>();
  for (int64_t latent = 0; latent < dictionary_.latents; ++latent) {
    processes[latent] = gradients_.fired(latent) ? 1 : 0;
  }
  step_.processes.sum(fired_);
  int64_t* silent = steps_since_spoken_.mutable_data_ptr<int64_t>();
  for (int64_t latent = 0; latent < dictionary_.latents; ++latent) {
    silent[latent] = processes[latent] > 0 ? 0 : silent[latent] + 1;
  }
  if (!batch_threshold_.defined() || encoder_.least_kept() == 0) return;
  double& threshold = *batch_threshold_.mutable_data_ptr<double>();
  const double rate = plan_.options.threshold_rate;
  threshold = threshold * (1 - rate) + double{encoder_.least_kept()} * rate;
}

// ---- What follows from changed parameters

void SparseNetwork::add_constraints(Program& program) {
  if (!plan_.options.unit_norm_decoder) return;
  program.each([this](const Shard& shard) { normalize_decoder(shard.index, step_.shards); });
  program.once([] {});
}

void SparseNetwork::add_refresh(Program& program) {
  program.each([this](const Shard& shard) { write_floors(shard.index, step_.shards); });
  encoder_.add_refresh(program);
}

void SparseNetwork::write_floors(int part, int parts) {
  const int64_t first = first_of_part(dictionary_.latents, part, parts);
  const int64_t end = first_of_part(dictionary_.latents, part + 1, parts);
  float *training = encoder_.floors_of_training(), *inference = encoder_.floors_of_inference();
  if (batch_threshold_.defined()) {
    // As the objective compares: with the threshold in the keys' precision.
    const auto threshold = static_cast<float>(*batch_threshold_.const_data_ptr<double>());
    std::fill(inference + first, inference + end, std::max(threshold, 0.0F));
  }
  if (!dictionary_.threshold) return;
  const float* thresholds = dictionary_.parameters.values(*dictionary_.threshold);
  for (int64_t latent = first; latent < end; ++latent) {
    inference[latent] = std::max(thresholds[latent], 0.0F);
    training[latent] = inference[latent] - static_cast<float>(0.5 * plan_.options.jump_bandwidth);
  }
}

void SparseNetwork::normalize_decoder(int part, int parts) const {
  const kernels::RowsOf rows = dictionary_.decoder_rows();
  const int64_t end = first_of_part(dictionary_.latents, part + 1, parts);
  for (int64_t latent = first_of_part(dictionary_.latents, part, parts); latent < end; ++latent) {
    float norm = 0;
    float* row = dictionary_.parameters.values(dictionary_.decoder) + latent * rows.stride;
    kernels::row_norms(1, dictionary_.width, {row, rows.stride}, &norm);
    for (int64_t j = 0; j < dictionary_.width; ++j) row[j] /= std::max(norm, 1e-12F);
  }
}

}  // namespace hourglass::training::fused
