#include "hourglass/evaluation/masked_flow.h"

#include "hourglass/core/error.h"
#include "hourglass/core/random.h"
#include "hourglass/evaluation/density_fit.h"
#include "hourglass/models/autoregressive.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace hourglass::evaluation {
namespace {

constexpr int kBlocks = 5;
constexpr double kMostLogScale = 4;

std::string block_name(size_t block, const char* tensor) {
  return fmt::format("block{}.{}", block, tensor);
}

}  // namespace

MaskedFlow::MaskedFlow(const at::Tensor& codes, uint64_t seed)
    : standard_(standardisation_of(codes)) {
  at::Generator generator = at::detail::createCPUGenerator(derive_seed(seed, "masked flow"));
  const int64_t width = codes.size(1);
  const int64_t units = models::autoregressive_units(width);
  for (int i = 0; i < kBlocks; ++i) {
    const double deviation = 1 / std::sqrt(static_cast<double>(width));
    // μ = α = 0: the flow starts as the normal distribution of the codes.
    blocks_.push_back({at::randn({units, width}, generator) * deviation, at::zeros({units}),
                       at::zeros({2 * width, units}), at::zeros({2 * width})});
  }
  make_masks();
}

MaskedFlow::MaskedFlow(const TensorMap& tensors)
    : standard_{tensors.at("mean"), tensors.at("deviation")} {
  const int64_t width = standard_.mean.numel();
  for (size_t i = 0; tensors.contains(block_name(i, "weight")); ++i) {
    const at::Tensor hidden = tensors.at(block_name(i, "hidden_weight"));
    const int64_t units = hidden.size(0);
    blocks_.push_back({hidden.view({units, width}),
                       tensors.at(block_name(i, "hidden_bias")).view({units}),
                       tensors.at(block_name(i, "weight")).view({2 * width, units}),
                       tensors.at(block_name(i, "bias")).view({2 * width})});
  }
  if (blocks_.empty()) throw Error("expected blocks of a flow, found none");
  make_masks();
}

void MaskedFlow::make_masks() {
  const auto masks =
      models::autoregressive_masks(standard_.mean.numel(), blocks_.front().hidden_bias.numel());
  hidden_mask_ = masks.hidden;
  mask_ = masks.output.repeat({2, 1});
}

MaskedFlow::Shift MaskedFlow::shift(const Block& block, const at::Tensor& x) const {
  const at::Tensor hidden =
      at::linear(x, block.hidden_weight * hidden_mask_, block.hidden_bias).tanh();
  const auto both = at::linear(hidden, block.weight * mask_, block.bias).chunk(2, 1);
  return {both[0], kMostLogScale * (both[1] / kMostLogScale).tanh()};
}

at::Tensor MaskedFlow::density_of_standard(const at::Tensor& x) const {
  at::Tensor u = x;
  at::Tensor log_scale = at::zeros({x.size(0)});
  for (const Block& block : blocks_) {
    const Shift by = shift(block, u);
    u = ((u - by.mean) * (-by.log_scale).exp()).flip(1);
    log_scale = log_scale + by.log_scale.sum(1);
  }
  const double log_two_pi = std::log(2 * std::numbers::pi);
  return -0.5 * (u.square() + log_two_pi).sum(1) - log_scale;
}

at::Tensor MaskedFlow::log_density(const at::Tensor& codes) const {
  return density_of_standard(standard_.apply(codes)) - standard_.deviation.log().sum();
}

at::Tensor MaskedFlow::sample(int64_t count, uint64_t seed) const {
  const at::NoGradGuard no_grad;
  at::Generator generator = at::detail::createCPUGenerator(derive_seed(seed, "flow samples"));
  at::Tensor x = at::randn({count, standard_.mean.numel()}, generator);
  for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block) {
    const at::Tensor u = x.flip(1);
    x = at::zeros_like(u);
    // A value can be computed once all before it are there.
    for (int64_t i = 0; i < u.size(1); ++i) {
      const Shift by = shift(*block, x);
      x.select(1, i).copy_(u.select(1, i) * by.log_scale.select(1, i).exp() + by.mean.select(1, i));
    }
  }
  return standard_.undo(x);
}

TensorMap MaskedFlow::tensors() const {
  TensorMap all = {{"mean", standard_.mean}, {"deviation", standard_.deviation}};
  for (size_t i = 0; i < blocks_.size(); ++i) {
    all[block_name(i, "hidden_weight")] = blocks_[i].hidden_weight.detach();
    all[block_name(i, "hidden_bias")] = blocks_[i].hidden_bias.detach();
    all[block_name(i, "weight")] = blocks_[i].weight.detach();
    all[block_name(i, "bias")] = blocks_[i].bias.detach();
  }
  return all;
}

CodeDistributionPtr MaskedFlow::fit(const at::Tensor& codes, uint64_t seed) {
  const std::shared_ptr<MaskedFlow> flow(new MaskedFlow(codes, seed));
  std::vector<at::Tensor> parameters;
  for (Block& block : flow->blocks_) {
    for (at::Tensor* part :
         {&block.hidden_weight, &block.hidden_bias, &block.weight, &block.bias}) {
      parameters.push_back(part->requires_grad_());
    }
  }
  const at::Tensor x = flow->standard_.apply(codes);
  fit_density(parameters, x.size(0),
              [&](const at::Tensor& rows, int64_t) {
                return -flow->density_of_standard(x.index_select(0, rows)).mean();
              },
              {.seed = seed});
  return flow;
}

}  // namespace hourglass::evaluation
