#pragma once

#include "hourglass/models/autoencoder.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdint>
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

}  // namespace hourglass::models
