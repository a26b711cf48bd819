#include "hourglass/evaluation/annealed_likelihood.h"

#include "hourglass/core/error.h"
#include "hourglass/core/row_random.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/evaluation/decoded_likelihood.h"
#include "hourglass/evaluation/log_likelihood.h"
#include "hourglass/evaluation/model_prior.h"
#include "hourglass/evaluation/normal_prior.h"
#include "hourglass/models/tensors.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/jit/api/module.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace hourglass::evaluation {
namespace {

constexpr int64_t kChainsAtOnce = 4096;
// Of decoded items, whose layers keep as much and more for the gradient.
constexpr int64_t kValuesAtOnce = int64_t{1} << 22;
// Of the length of a leapfrog step, which grows by a fiftieth where a move was accepted, and shrinks
// as much as keeps this share accepted.
constexpr double kFirstStep = 0.1, kLeastStep = 1e-4, kMostStep = 1, kGrowth = 1.02;
constexpr double kAccepted = 0.65;

/// Growing slowly at both ends, where the distributions change most (Wu et al.).
double temperature(int64_t t, int64_t count) {
  constexpr double kSteepness = 4;
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const double place = 2 * static_cast<double>(t) / static_cast<double>(count) - 1;
  const double low = sigmoid(-kSteepness);
  return (sigmoid(kSteepness * place) - low) / (1 - 2 * low);
}

/// [C] as a factor of codes [C, code shape…].
at::Tensor beside(const at::Tensor& factor, const at::Tensor& codes) {
  return models::per_row(factor.to(codes.scalar_type()), codes.dim());
}

/// Σ ½ v² of each row: [C] float64.
at::Tensor half_square(const at::Tensor& values) {
  return 0.5 * values.flatten(1).to(at::kDouble).square().sum(1);
}

/// What a chain moves, which has a normal prior: a code, or where a second layer's stands before it
/// (models/second_layer.h) the numbers that both follow from, z₂ = u₂ and z = μ(z₂) + σ(z₂) u.
class Latents {
 public:
  explicit Latents(ExportedModel& model)
      : model_(model), prior_(model), second_width_(second_layer_width(model)) {}

  /// Of a chain.
  Shape shape() const {
    Shape code = *model_.code_shape();
    code.front() += second_width_;
    return code;
  }

  const NormalPrior& prior() const { return prior_; }

  /// [C, shape…] -> [C, code shape…]. Autograd goes through it.
  at::Tensor codes(const at::Tensor& latents) const {
    if (second_width_ == 0) return latents;
    const auto parts =
        latents.split_with_sizes({second_width_, latents.size(1) - second_width_}, 1);
    const auto first = model_.module().get_method("first_given_second")({parts[0]}).toTuple();
    const models::GaussianCode given = {first->elements()[0].toTensor(),
                                        first->elements()[1].toTensor()};
    return models::sample(given, parts[1]);
  }

 private:
  ExportedModel& model_;
  NormalPrior prior_;
  int64_t second_width_;
};

/// C chains: K for each item of a batch, one after the other.
class Chains {
 public:
  Chains(ExportedModel& model, const Latents& latents, const Batch& batch,
         const AnnealingOptions& options)
      : model_(model), latents_(latents), likelihood_(model), rows_(batch.rows), options_(options) {
    const auto repeated = [&](const at::Tensor& values) {
      return values.defined() ? values.repeat_interleave(options.chains, 0) : at::Tensor();
    };
    items_ = repeated(batch.target);
    check_fit(model, likelihood_, batch.target);
    if (model.condition_width() > 0 && batch.condition.defined()) {
      condition_ = repeated(batch.condition).to(model.device());
    }
    const auto [mean, log_variance] = latents.prior().of(batch.condition, options.chains);
    prior_mean_ = mean;
    prior_precision_ = (-log_variance).exp();
    state_ = look(prior_mean_ + prior_precision_.rsqrt() * draw("annealing start", 0));
    log_weights_ = at::zeros({items_.size(0)}, at::kDouble);
    step_ = at::full({items_.size(0)}, kFirstStep, at::kDouble);
  }

  /// From the distribution of the temperature before to that of t.
  void anneal(int64_t t) {
    const double beta = temperature(t, options_.temperatures);
    const double before = temperature(t - 1, options_.temperatures);
    log_weights_ += (beta - before) * state_.log_likelihood;
    if (t < options_.temperatures) move(t, beta);
  }

  /// log w, [items, K].
  at::Tensor log_weights() const { return log_weights_.view({-1, options_.chains}); }

 private:
  struct State {
    at::Tensor z;               ///< latents [C, …]
    at::Tensor log_likelihood;  ///< log p(x|z), [C] float64
    at::Tensor slope;           ///< its gradient [C, …]
  };

  ExportedModel& model_;
  const Latents& latents_;
  DecodedLikelihood likelihood_;
  at::Tensor rows_;
  const AnnealingOptions& options_;
  at::Tensor items_, condition_;
  at::Tensor prior_mean_, prior_precision_;  // of latents [C, …], or [1, 1] of N(0, I)
  State state_;
  at::Tensor log_weights_, step_;  // [C] float64

  at::Tensor draw(const char* purpose, int64_t t) const {
    Shape shape = latents_.shape();
    shape.insert(shape.begin(), options_.chains);
    return RowRandom(options_.seed, t).normal(purpose, rows_, shape).flatten(0, 1);
  }

  State look(const at::Tensor& latents) {
    const at::AutoGradMode with_gradients(true);
    const at::Tensor z = latents.detach().requires_grad_();
    std::vector<c10::IValue> arguments = {latents_.codes(z.to(model_.device()))};
    if (condition_.defined()) arguments.emplace_back(condition_);
    const auto method = model_.module().get_method(likelihood_.method());
    const at::Tensor numbers = method(arguments).toTensor();
    const at::Tensor log_likelihood = likelihood_.log_density(numbers.cpu(), items_);
    const at::Tensor slope = torch::autograd::grad({log_likelihood.sum()}, {z}).front();
    return {latents, log_likelihood.detach(), slope};
  }

  /// −log of p(z) p(x|z)^β and of the momentum's density, but for constants: [C].
  at::Tensor energy(const State& state, const at::Tensor& momentum, double beta) const {
    const at::Tensor of_prior = half_square((state.z - prior_mean_) * prior_precision_.sqrt());
    return of_prior - beta * state.log_likelihood + half_square(momentum);
  }

  /// Hamiltonian Monte Carlo (Neal 2011, "MCMC using Hamiltonian dynamics").
  void move(int64_t t, double beta) {
    const at::Tensor epsilon = beside(step_, state_.z);
    const auto pushed = [&](const State& at, double steps) {
      return steps * epsilon * (beta * at.slope - (at.z - prior_mean_) * prior_precision_);
    };
    const at::Tensor start = draw("annealing momentum", t);
    State moved = state_;
    at::Tensor momentum = start + pushed(moved, 0.5);
    for (int64_t i = 1; i <= options_.leapfrog_steps; ++i) {
      moved = look(moved.z + epsilon * momentum);
      momentum = momentum + pushed(moved, i < options_.leapfrog_steps ? 1 : 0.5);
    }
    const at::Tensor chance = RowRandom(options_.seed, t)
                                  .uniform("annealing acceptance", rows_, {options_.chains})
                                  .flatten()
                                  .to(at::kDouble);
    const at::Tensor gain = energy(state_, start, beta) - energy(moved, momentum, beta);
    // An energy that is no number is of a move that left all bounds.
    accept(moved, chance.log() < gain.nan_to_num(-HUGE_VAL));
  }

  void accept(const State& moved, const at::Tensor& accepted) {
    const at::Tensor one_by_one = beside(accepted, moved.z).to(at::kBool);
    state_ = {at::where(one_by_one, moved.z, state_.z),
              at::where(accepted, moved.log_likelihood, state_.log_likelihood),
              at::where(one_by_one, moved.slope, state_.slope)};
    const double shrinkage = std::pow(kGrowth, -kAccepted / (1 - kAccepted));
    step_ = (step_ * at::where(accepted, kGrowth, shrinkage)).clamp(kLeastStep, kMostStep);
  }
};

}  // namespace

std::string annealing_obstacle(const ExportedModel& model) {
  if (std::string obstacle = likelihood_obstacle(model); !obstacle.empty()) return obstacle;
  if (has_normal_prior(model) || second_layer_width(model) > 0) return "";
  return "the prior is a mixture";
}

at::Tensor annealed_likelihoods(ExportedModel& model, const datasets::Dataset& data,
                                const AnnealingOptions& options,
                                const std::function<void(double share)>& progress) {
  if (const std::string obstacle = annealing_obstacle(model); !obstacle.empty()) {
    throw Error("{}: annealed log-likelihood: {}", model.path().string(), obstacle);
  }
  const at::NoGradGuard no_grad;
  const int64_t chains_at_once =
      std::min(kChainsAtOnce, kValuesAtOnce / element_count(data.target_shape()));
  const int64_t at_once = std::max<int64_t>(1, chains_at_once / options.chains);
  const auto all = static_cast<double>(data.size() * options.temperatures);
  const Latents latents(model);
  std::vector<at::Tensor> values;
  datasets::for_each_batch(data, at_once, /*epoch=*/0, [&](const Batch& batch, int64_t first) {
    Chains chains(model, latents, batch, options);
    for (int64_t t = 1; t <= options.temperatures; ++t) {
      chains.anneal(t);
      const auto done = first * options.temperatures + t * batch.rows.size(0);
      if (progress) progress(static_cast<double>(done) / all);
    }
    const at::Tensor log_weights = chains.log_weights();
    values.push_back(std::log(static_cast<double>(options.chains)) -
                     at::logsumexp(log_weights, {1}));
  });
  return at::cat(values);
}

nlohmann::json to_json(const LikelihoodCheck& found) {
  return {{"items", found.items}, {"importance", found.importance}, {"annealed", found.annealed}};
}

std::vector<std::string> lines_of(const LikelihoodCheck& found) {
  const std::string items = found.items == 1 ? "item" : with_thousands(found.items) + " items";
  return {
      fmt::format("-log p(x) of the first {}: {:.2f} by importance sampling, {:.2f} by annealing",
                  items, found.importance, found.annealed)};
}

}  // namespace hourglass::evaluation
