#include "hourglass/evaluation/density_fit.h"

#include "hourglass/core/random.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/optim/adam.h>

#include <algorithm>
#include <limits>

namespace hourglass::evaluation {
namespace {

constexpr int64_t kFewestToHoldOut = 20;

std::vector<at::Tensor> copies_of(const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> copies;
  copies.reserve(parameters.size());
  for (const auto& parameter : parameters) copies.push_back(parameter.detach().clone());
  return copies;
}

}  // namespace

void fit_density(const std::vector<at::Tensor>& parameters, int64_t count,
                 const LossOfRows& loss_of, const DensityFit& options) {
  at::Generator generator = at::detail::createCPUGenerator(derive_seed(options.seed, "density"));
  const at::Tensor order = at::randperm(count, generator, at::kLong);
  const int64_t held_out = count < kFewestToHoldOut ? 0 : count / 10;
  const at::Tensor judges = held_out == 0 ? order : order.narrow(0, 0, held_out);
  const at::Tensor training = order.narrow(0, held_out, count - held_out);

  torch::optim::Adam optimizer(parameters, torch::optim::AdamOptions(options.learning_rate));
  std::vector<at::Tensor> best = copies_of(parameters);
  double least = std::numeric_limits<double>::infinity();
  int64_t without_gain = 0;
  for (int64_t epoch = 1; epoch <= options.most_epochs; ++epoch) {
    const at::Tensor shuffled =
        training.index_select(0, at::randperm(training.size(0), generator, at::kLong));
    for (const at::Tensor& rows : shuffled.split(options.batch)) {
      optimizer.zero_grad();
      loss_of(rows, epoch).backward();
      optimizer.step();
    }
    const at::NoGradGuard no_grad;
    double loss = 0;
    for (const at::Tensor& rows : judges.split(options.batch)) {
      // What is drawn for them is the same in each epoch.
      loss += loss_of(rows, 0).item<double>() * static_cast<double>(rows.size(0));
    }
    if (loss < least) {
      least = loss;
      best = copies_of(parameters);
      without_gain = 0;
    } else if (++without_gain >= options.patience) {
      break;
    }
  }
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters.size(); ++i) at::Tensor(parameters[i]).copy_(best[i]);
}

}  // namespace hourglass::evaluation
