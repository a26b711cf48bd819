#include "hourglass/training/fused/network.h"

#include "hourglass/training/fused/layered_network.h"
#include "hourglass/training/fused/sparse_network.h"

#include <fmt/format.h>

#include <algorithm>

namespace hourglass::training::fused {

Network::Network(const models::Autoencoder& model, bool separate_targets, const Step& step)
    : code_shape_(model.code_shape()),
      target_shape_(model.target_shape()),
      item_width_(element_count(model.input_shape())),
      condition_width_(model.condition_width()),
      separate_target_(separate_targets) {
  Shape input_shape = model.input_shape();
  if (condition_width_ > 0) input_shape = {item_width_ + condition_width_};
  input_ = Flow::without_gradient(input_shape, step.most_items);
  if (separate_target_) target_ = Flow::without_gradient(target_shape_, step.most_items);
  if (!separate_target_ && condition_width_ > 0) {
    // The item is what stands before the condition.
    target_ = input_;
    target_.width = item_width_;
  }
}

void Network::tell_decoder(int64_t item, const float* condition) {
  for (int64_t sample = 0; sample < samples(); ++sample) {
    std::copy_n(condition, condition_width_, code_of_decoder(item, sample) + code().width);
  }
}

std::optional<std::string> obstacle(const models::Autoencoder& model) {
  if (!model.objective_plan()) return "an objective of its own";
  const models::Loss loss = model.likelihood().loss;
  if (!models::follows_from_mean(loss)) return fmt::format("the loss {}", enum_name(loss));
  if (model.phases().size() != 1) return "an objective of several phases";
  if (const auto dictionary = model.objective_plan()->dictionary) {
    return obstacle_of_dictionary(*dictionary);
  }
  return obstacle_of_layers(model);
}

std::optional<std::string> sharing_obstacle(const models::Autoencoder& model) {
  const models::Penalty penalty = model.objective_plan()->penalty;
  if (penalty == models::Penalty::MeanActivation || penalty == models::Penalty::Mmd) {
    return "a penalty on whole batches in several processes";
  }
  const models::ModelPlan plan = model.plan();
  for (const auto* entries : {&plan.encoder, &plan.decoder}) {
    for (const auto& entry : *entries) {
      if (entry.layer.kind == "norm") {
        return fmt::format("the layer {} in several processes", entry.name);
      }
    }
  }
  return {};
}

std::unique_ptr<Network> make_network(const models::Autoencoder& model, bool separate_targets,
                                      const Step& step, Parameters& parameters) {
  if (model.objective_plan().value().dictionary) {
    return std::make_unique<SparseNetwork>(model, separate_targets, step, parameters);
  }
  return std::make_unique<LayeredNetwork>(model, separate_targets, step, parameters);
}

}  // namespace hourglass::training::fused
