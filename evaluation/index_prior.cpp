#include "hourglass/evaluation/index_prior.h"

#include "hourglass/core/random.h"
#include "hourglass/evaluation/density_fit.h"
#include "hourglass/models/tensors.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/rnn.h>

#include <tuple>
#include <utility>
#include <vector>

namespace hourglass::evaluation {
namespace {

constexpr int64_t kUnits = 256, kEmbedding = 64;

}  // namespace

class IndexPrior::Network : public torch::nn::Module {
 public:
  using State = std::tuple<at::Tensor, at::Tensor>;

  Network(int64_t places, int64_t indices)
      : before(register_module("before", torch::nn::Embedding(indices + 1, kEmbedding))),
        place(register_module("place", torch::nn::Embedding(places, kEmbedding))),
        lstm(register_module(
            "lstm", torch::nn::LSTM(torch::nn::LSTMOptions(kEmbedding, kUnits).batch_first(true)))),
        output(register_module("output", torch::nn::Linear(kUnits, indices))) {}

  int64_t places() const { return place->weight.size(0); }
  int64_t indices() const { return output->weight.size(0); }

  /// Indices before the places from `first` on, [N, n] -> logits there [N, n, K].
  std::pair<at::Tensor, State> logits(const at::Tensor& indices_before, int64_t first,
                                      const torch::optional<State>& state = {}) {
    const at::Tensor there = at::arange(first, first + indices_before.size(1));
    const auto [hidden, next] = lstm(before(indices_before) + place(there), state);
    return {output(hidden), next};
  }

  /// What stands before the first place: an index of its own.
  at::Tensor start(int64_t count) const { return at::full({count, 1}, indices(), at::kLong); }

  torch::nn::Embedding before, place;
  torch::nn::LSTM lstm;
  torch::nn::Linear output;
};

IndexPrior::IndexPrior(std::shared_ptr<Network> network) : network_(std::move(network)) {}

IndexPrior::IndexPrior(const TensorMap& tensors)
    : network_(std::make_shared<Network>(tensors.at("place.weight").size(0),
                                         tensors.at("output.weight").size(0))) {
  models::load_tensors(*network_, tensors, "autoregressive");
}

at::Tensor IndexPrior::log_probability(const at::Tensor& codes) const {
  const at::Tensor k = codes.to(at::kLong);
  const at::Tensor before = at::cat({network_->start(k.size(0)), k.narrow(1, 0, k.size(1) - 1)}, 1);
  const at::Tensor logits = network_->logits(before, 0).first;  // [N, S, K]
  return -at::cross_entropy_loss(logits.transpose(1, 2), k, {}, at::Reduction::None).sum(1);
}

at::Tensor IndexPrior::sample(int64_t count, uint64_t seed) const {
  const at::NoGradGuard no_grad;
  at::Generator generator = at::detail::createCPUGenerator(derive_seed(seed, "index samples"));
  std::vector<at::Tensor> drawn;
  at::Tensor before = network_->start(count);
  torch::optional<Network::State> state;
  for (int64_t place = 0; place < network_->places(); ++place) {
    auto [logits, next] = network_->logits(before, place, state);
    before = at::multinomial(logits.squeeze(1).softmax(1), 1, /*replacement=*/true, generator);
    state = next;
    drawn.push_back(before);
  }
  return at::cat(drawn, 1).to(at::kFloat);
}

TensorMap IndexPrior::tensors() const { return models::copied_tensors(*network_); }

CodeDistributionPtr IndexPrior::fit(const at::Tensor& codes, int64_t indices, uint64_t seed) {
  const at::Tensor known = codes.to(at::kLong);
  // The modules' starting weights come from LibTorch's own generator.
  at::manual_seed(derive_seed(seed, "index prior"));
  const std::shared_ptr<IndexPrior> prior(
      new IndexPrior(std::make_shared<Network>(known.size(1), indices)));
  fit_density(
      prior->network_->parameters(), known.size(0),
      [&](const at::Tensor& rows, int64_t) {
        return -prior->log_probability(known.index_select(0, rows)).mean();
      },
      {.most_epochs = 60, .patience = 3, .batch = 128, .learning_rate = 2e-3, .seed = seed});
  return prior;
}

}  // namespace hourglass::evaluation
