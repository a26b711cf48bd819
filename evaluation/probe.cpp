#include "hourglass/evaluation/probe.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/code_matrix.h"

#include <ATen/ATen.h>
#include <torch/optim/lbfgs.h>

#include <vector>

namespace hourglass::evaluation {
namespace {

/// The objective per code, and its gradient in closed form: cross-entropy of softmax(x·Wᵀ + b),
/// plus λ / 2N · ‖W‖². N is the number of codes, C that of classes.
struct ProbeObjective {
  at::Tensor codes;       // [N, D], standardised
  at::Tensor class_rows;  // [N]: the class of each code, 0 … C − 1
  at::Tensor one_hot;     // [N, C]
  double decay;           // λ / N

  double with_gradient(at::Tensor& weight, at::Tensor& bias) const {
    const auto count = static_cast<double>(codes.size(0));
    const at::Tensor log_probability = at::log_softmax(at::addmm(bias, codes, weight.t()), 1);
    const at::Tensor error = (log_probability.exp() - one_hot) / count;
    weight.mutable_grad() = at::matmul(error.t(), codes) + decay * weight;
    bias.mutable_grad() = error.sum(0);
    return (at::nll_loss(log_probability, class_rows) + decay / 2 * weight.square().sum())
        .item<double>();
  }
};

at::Tensor standardised(const LinearProbe& probe, const at::Tensor& codes) {
  return probe.standard.apply(code_matrix(codes));
}

}  // namespace

at::Tensor LinearProbe::predict(const at::Tensor& codes) const {
  return classes.take(at::addmm(bias, standardised(*this, codes), weight.t()).argmax(1));
}

double LinearProbe::accuracy(const at::Tensor& codes, const at::Tensor& labels) const {
  expect_label_each(labels, codes.size(0));
  return (predict(codes) == labels.cpu()).to(at::kDouble).mean().item<double>();
}

LinearProbe fit_linear_probe(const at::Tensor& codes, const at::Tensor& labels,
                             const ProbeOptions& options) {
  const at::Tensor values = code_matrix(codes);
  expect_label_each(labels, values.size(0));
  const auto [classes, class_rows, counts] = at::unique_dim(labels.cpu(), 0, true, true);
  const int64_t class_count = classes.size(0);
  if (class_count < 2) {
    throw Error("linear probe: expected at least 2 classes, found {}", class_count);
  }
  LinearProbe probe;
  probe.classes = classes;
  probe.standard = standardisation_of(values);
  probe.weight = at::zeros({class_count, values.size(1)}, at::kDouble);
  probe.bias = at::zeros({class_count}, at::kDouble);

  const ProbeObjective objective{standardised(probe, codes), class_rows,
                                 at::one_hot(class_rows, class_count).to(at::kDouble),
                                 options.l2 / static_cast<double>(values.size(0))};
  torch::optim::LBFGS optimizer({probe.weight, probe.bias}, torch::optim::LBFGSOptions(1)
                                                                .max_iter(options.max_steps)
                                                                .max_eval(2 * options.max_steps)
                                                                .tolerance_grad(options.tolerance)
                                                                .line_search_fn("strong_wolfe"));
  optimizer.step([&] {
    return at::scalar_tensor(objective.with_gradient(probe.weight, probe.bias), at::kDouble);
  });
  return probe;
}

}  // namespace hourglass::evaluation
