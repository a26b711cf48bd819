#include "hourglass/models/second_layer.h"

#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/tensors.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <utility>

namespace hourglass::models {

GaussianLayers::GaussianLayers(int64_t inputs, const std::vector<int64_t>& hidden,
                               int64_t outputs) {
  trunk_ = register_module("trunk", std::make_shared<Stack>());
  inputs = add_hidden_layers(*trunk_, inputs, hidden, Activation::Tanh);
  const auto head = [&] {
    return std::make_shared<DenseLayer>(inputs, outputs, Activation::Linear);
  };
  mean_ = register_module("mean", head());
  log_variance_ = register_module("log_variance", head());
}

GaussianCode GaussianLayers::forward(const at::Tensor& x) {
  const at::Tensor features = trunk_->forward(x);
  return {widened(mean_->forward(features)), widened(log_variance_->forward(features))};
}

GaussianLayersPlan GaussianLayers::plan(const std::string& prefix) const {
  return {.trunk = trunk_->plans(prefix + "trunk."),
          .mean = {prefix + "mean", mean_->plan()},
          .log_variance = {prefix + "log_variance", log_variance_->plan()}};
}

SecondLayer::SecondLayer(int64_t code, const std::vector<int64_t>& widths)
    : code_width_(code), width_(widths.back()) {
  const std::vector<int64_t> hidden(widths.begin(), widths.end() - 1);
  const std::vector<int64_t> mirrored(hidden.rbegin(), hidden.rend());
  encoder_ = register_module("encoder", std::make_shared<GaussianLayers>(code, hidden, width_));
  decoder_ = register_module("decoder", std::make_shared<GaussianLayers>(width_, mirrored, code));
}

at::Tensor SecondLayer::log_prior(const at::Tensor& z, const at::Tensor& noise) {
  const GaussianCode posterior = encoder_->forward(z);
  const at::Tensor second = sample(posterior, noise);
  const GaussianCode standard = {at::zeros_like(second), at::zeros_like(second)};
  return log_density(standard, second) + log_density(first_given(second), z) -
         log_density(posterior, second);
}

std::vector<TensorMethod> methods_of(const std::shared_ptr<SecondLayer>& layer) {
  using Tensors = std::vector<at::Tensor>;
  TensorMethod log_prior = {
      .name = "log_prior",
      .arguments = {{"z", {layer->code_width()}}, {"noise", {layer->width()}}},
      .run = {}};
  log_prior.run = [layer](const Tensors& of) { return Tensors{layer->log_prior(of[0], of[1])}; };
  TensorMethod given = {
      .name = "first_given_second", .arguments = {{"second", {layer->width()}}}, .run = {}};
  given.run = [layer](const Tensors& of) {
    const GaussianCode first = layer->first_given(of[0]);
    return Tensors{first.mean, first.log_variance};
  };
  return {std::move(log_prior), std::move(given)};
}

std::string second_layer_sampler(int64_t width) {
  return fmt::format(
      "def sample(self, n: int) -> Tensor:\n"
      "    weight = self.prior.decoder.mean.weight\n"
      "    second = torch.randn([n, {}], dtype=weight.dtype, device=weight.device)\n"
      "    mean, log_variance = self.first_given_second(second)\n"
      "    deviation = (0.5 * log_variance).exp()\n"
      "    return self.decode(mean + deviation * torch.randn_like(deviation))\n",
      width);
}

}  // namespace hourglass::models
