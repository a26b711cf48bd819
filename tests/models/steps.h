#pragma once

#include "hourglass/models/autoencoder.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>

namespace hourglass::models {

/// A first step of training whose sampling starts from `seed`.
inline StepContext step_with_seed(uint64_t seed) { return {.random = RowRandom(seed, 1)}; }

/// A plain autoencoder's batch: the input is the target, and the rows are the first ones.
inline Batch batch_of(const at::Tensor& x) {
  return {.input = x, .target = x, .rows = at::arange(x.size(0), at::kLong)};
}

/// Writes into one of the module's parameters.
inline void set_parameter(torch::nn::Module& module, const std::string& name,
                          const at::Tensor& values) {
  const at::NoGradGuard no_grad;
  module.named_parameters()[name].copy_(values);
}

/// The raw value of a term or a metric of the first phase.
inline double value_of(const Autoencoder& model, const StepValues& values,
                       const std::string& name) {
  const Phase phase = model.phases().front();
  for (size_t i = 0; i < phase.terms.size(); ++i) {
    if (phase.terms[i].name == name) return values.terms.at(i).item<double>();
  }
  for (size_t i = 0; i < phase.metrics.size(); ++i) {
    if (phase.metrics[i] == name) return values.metrics.at(i).item<double>();
  }
  ADD_FAILURE() << "no term or metric '" << name << "'";
  return 0;
}

/// The weighted sum of the first phase.
inline double total_of(const Autoencoder& model, const StepValues& values,
                       const StepContext& context) {
  return total(model.phases().front(), values, context).item<double>();
}

/// Gradients of the first term by parameter, after one batch of these rows with the noise of seed 1.
template <class Model>
std::map<std::string, at::Tensor> gradients_of(Model model, const at::Tensor& x) {
  model.losses(batch_of(x), step_with_seed(1)).terms.at(0).backward();
  std::map<std::string, at::Tensor> all;
  for (const auto& parameter : model.named_parameters()) {
    all[parameter.key()] = parameter.value().grad();
  }
  return all;
}

/// That the importance-weighted bound of one sample is what a variational model minimises, which gets
/// the other's parameters.
template <class ImportanceWeighted, class Variational>
void expect_variational_bound(ImportanceWeighted one, Variational other, const at::Tensor& x) {
  for (auto& parameter : one.named_parameters()) {
    set_parameter(other, parameter.key(), parameter.value());
  }
  const StepContext step = step_with_seed(1);
  const auto bound = one.losses(batch_of(x), step), parts = other.losses(batch_of(x), step);
  EXPECT_NEAR(value_of(one, bound, "bound"), total_of(other, parts, step), 1e-5);
  EXPECT_NEAR(value_of(one, bound, "kl"), value_of(other, parts, "kl"), 1e-5);
}

}  // namespace hourglass::models
