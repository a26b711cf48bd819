#include "hourglass/training/fused_engine.h"

#include "hourglass/core/error.h"
#include "hourglass/core/measurement.h"
#include "hourglass/datasets/condition.h"
#include "hourglass/datasets/corruption.h"
#include "hourglass/kernels/instruction_set.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/importance_weighted.h"
#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/sparse.h"
#include "hourglass/models/variational.h"
#include "hourglass/tests/support/support.h"
#include "hourglass/training/fused/team.h"
#include "hourglass/training/trainer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <atomic>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace hourglass::training {

using namespace datasets;
using namespace models;

namespace {

/// 70 items of 3 × 7 values in [0, 1] with labels: no size is a multiple of a vector's.
DatasetPtr images() {
  at::manual_seed(3);
  return std::make_shared<TensorDataset>(at::rand({70, 3, 7}), at::randint(0, 3, {70}, at::kLong),
                                         Scaling{});
}

DenseNetwork small_network() {
  return {
      .widths = {11, 5}, .activation = Activation::Tanh, .code_activation = Activation::Sigmoid};
}

using ModelMaker = std::function<AutoencoderPtr(const ModelSpec&)>;
const ModelMaker kPlain = [](const ModelSpec& spec) { return std::make_shared<Autoencoder>(spec); };

struct Experiment {
  DenseNetwork network = small_network();
  Likelihood likelihood = {};
  OptimizerOptions optimizer = {};
  std::optional<double> clip_norm = {};
  DatasetPtr data = images();
  ModelMaker make = kPlain;
  int threads = 1;
  int64_t epochs = 1;  // over which the steps are spread
};

struct Outcome {
  EngineState state;
  Measurements training, validation;
};

/// 30 steps of 17 items, the last with a rest of one, and a validation.
Outcome outcome(EngineKind kind, const Experiment& experiment) {
  at::set_num_threads(experiment.threads);
  at::manual_seed(4);
  const auto model =
      experiment.make({.shapes = {experiment.data->item_shape(), experiment.data->target_shape()},
                       .network = experiment.network,
                       .likelihood = experiment.likelihood,
                       .condition_width = experiment.data->condition_width()});
  const auto engine = make_engine({.kind = kind, .clip_norm = experiment.clip_norm},
                                  {.model = *model,
                                   .data = *experiment.data,
                                   .optimizer = experiment.optimizer,
                                   .batch_size = 17});
  std::vector<int64_t> positions(static_cast<size_t>(experiment.data->size()));
  std::iota(positions.begin(), positions.end(), 0);
  StepContext context{.random = RowRandom(1, 1)};
  for (; context.step < 30; ++context.step) {
    const size_t first = static_cast<size_t>(context.step) * 17 % 68;
    const size_t count = context.step == 29 ? 1 : 17;
    context.epoch = 1 + context.step * experiment.epochs / 30;
    engine->train(std::span(positions).subspan(first, count), context, 1e-2);
  }
  Outcome outcome;
  outcome.training = engine->averages.take().values;
  outcome.validation = engine->evaluate(*experiment.data, 17, 1, RowRandom(2)).values;
  outcome.state = engine->state();
  return outcome;
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).norm() / (b.norm() + 1e-12)).item<double>();
}

void expect_equal_engines(const Experiment& experiment) {
  const Outcome expected = outcome(EngineKind::Autograd, experiment);
  const Outcome actual = outcome(EngineKind::Fused, experiment);
  for (const auto& [name, tensor] : expected.state.model) {
    EXPECT_LE(distance(actual.state.model.at(name), tensor), 1e-5) << name;
  }
  const OptimizerState &a = actual.state.optimizers.front(), &e = expected.state.optimizers.front();
  EXPECT_EQ(a.steps, e.steps);
  ASSERT_EQ(a.slots.size(), e.slots.size());
  for (const auto& [name, tensor] : e.slots)
    EXPECT_LE(distance(a.slots.at(name), tensor), 1e-4) << name;
  for (size_t i = 0; i < expected.training.size(); ++i) {
    EXPECT_EQ(actual.training[i].name, expected.training[i].name);
    EXPECT_NEAR(actual.training[i].value / expected.training[i].value, 1, 1e-5);
    EXPECT_NEAR(actual.validation[i].value / expected.validation[i].value, 1, 1e-5);
  }
}

TEST(FusedEngine, EqualsAutogradWithEveryOptimizer) {
  for (const auto& instruction_set : kernels::instruction_sets()) {
    const kernels::WithInstructionSet with(instruction_set);
    for (const auto& [kind, name] : names_of(OptimizerKind{})) {
      SCOPED_TRACE(instruction_set + " " + name);
      Experiment experiment;
      experiment.optimizer.kind = kind;
      expect_equal_engines(experiment);
    }
  }
}

TEST(FusedEngine, EqualsAutogradWithMomentumDecayAndClipping) {
  for (const auto& instruction_set : kernels::instruction_sets()) {
    SCOPED_TRACE(instruction_set);
    const kernels::WithInstructionSet with(instruction_set);
    expect_equal_engines({.optimizer = {.kind = OptimizerKind::Sgd, .momentum = 0.9}});
    expect_equal_engines({.optimizer = {.kind = OptimizerKind::AdamW, .weight_decay = 0.1}});
    expect_equal_engines({.clip_norm = 0.01});
    expect_equal_engines({.clip_norm = 0.01, .threads = 3});
  }
}

TEST(FusedEngine, EqualsAutogradWithEveryActivation) {
  for (const auto& instruction_set : kernels::instruction_sets()) {
    const kernels::WithInstructionSet with(instruction_set);
    for (const auto& [activation, name] : names_of(Activation{})) {
      SCOPED_TRACE(instruction_set + " " + name);
      Experiment experiment;
      experiment.network.activation = experiment.network.code_activation = activation;
      experiment.likelihood = {.loss = Loss::Mse, .activation = activation};
      expect_equal_engines(experiment);
    }
  }
}

TEST(FusedEngine, EqualsAutogradWithEveryLossOfItsOwn) {
  for (const auto& [loss, name] : names_of(Loss{})) {
    if (!follows_from_mean(loss)) continue;
    SCOPED_TRACE(name);
    expect_equal_engines({.likelihood = {.loss = loss}});
  }
}

TEST(FusedEngine, EqualsAutogradOnAnyNumberOfThreads) {
  for (const int threads : {2, 3, 20}) {
    SCOPED_TRACE(threads);
    expect_equal_engines({.threads = threads});
  }
}

TEST(FusedEngine, EqualsAutogradOnPairedCorruptedAndConditionedData) {
  const DatasetPtr noisy = std::make_shared<Corrupted>(
      images(), Corruption{CorruptionKind::Gaussian, 0.2}, Noise::Fresh, 5);
  expect_equal_engines({.data = noisy});
  at::manual_seed(8);
  const auto targets = std::make_shared<TensorDataset>(at::rand({70, 13}), at::Tensor(), Scaling{});
  expect_equal_engines({.data = std::make_shared<Paired>(images(), targets), .threads = 2});
  const DatasetPtr told =
      with_condition(images(), ConditionRule{ConditionRule::Kind::Label}, 3, {});
  expect_equal_engines({.data = told, .threads = 2});
}

TEST(FusedEngine, EqualsAutogradWhereTargetsAreNotKnown) {
  at::manual_seed(9);
  const at::Tensor holes = at::rand({70, 3, 7}).masked_fill(at::rand({70, 3, 7}).lt(0.3), NAN);
  const auto targets = std::make_shared<TensorDataset>(holes, at::Tensor(), Scaling{});
  const DatasetPtr data = std::make_shared<Paired>(images(), targets);
  for (const auto& instruction_set : kernels::instruction_sets()) {
    const kernels::WithInstructionSet with(instruction_set);
    for (const auto& [loss, name] : names_of(Loss{})) {
      if (!follows_from_mean(loss)) continue;
      SCOPED_TRACE(instruction_set + " " + name);
      expect_equal_engines({.likelihood = {.loss = loss}, .data = data, .threads = 2});
    }
  }
}

TEST(FusedEngine, EqualsAutogradWithTiedWeights) {
  Experiment experiment;
  experiment.network.tied_weights = true;
  expect_equal_engines(experiment);
  experiment.network = {.widths = {4}, .code_activation = Activation::Linear, .tied_weights = true};
  expect_equal_engines(experiment);
}

/// f(0) is not 0, so rows of these codes do not end in zeros; a norm of the gradient is over whole lines.
TEST(FusedEngine, EqualsAutogradWithTiedWeightsOfCodesThatAreNeverZero) {
  for (const Activation activation : {Activation::Sigmoid, Activation::Softplus}) {
    SCOPED_TRACE(enum_name(activation));
    Experiment experiment = {.optimizer = {.kind = OptimizerKind::Sgd, .momentum = 0.9},
                             .clip_norm = 0.01};
    experiment.network.activation = experiment.network.code_activation = activation;
    experiment.network.tied_weights = true;
    expect_equal_engines(experiment);
    experiment.threads = 3;
    expect_equal_engines(experiment);
  }
}

/// The variational autoencoder, whose KL divergence gains its weight over 40 steps.
class GrowingBySteps : public Variational {
 public:
  using Variational::Variational;

  std::vector<Phase> phases() const override {
    std::vector<Phase> declared = Variational::phases();
    declared.front().terms.back().warmup_steps = 40;
    return declared;
  }
  std::optional<ObjectivePlan> objective_plan() const override {
    return ObjectivePlan{.reduction = models::Reduction::SumOfValues,
                         .penalty = models::Penalty::Kl,
                         .samples_code = true};
  }
};

TEST(FusedEngine, EqualsAutogradInTheMiddleOfAWarmUp) {
  const ModelMaker of_full_weight = [](const ModelSpec& spec) {
    return std::make_shared<Variational>(VariationalOptions{}, spec);
  };
  const std::vector<std::pair<std::string, ModelMaker>> warm_ups = {
      {"epochs",
       [](const ModelSpec& spec) {
         return std::make_shared<Variational>(VariationalOptions{.kl_warmup = 4}, spec);
       }},
      {"steps", [](const ModelSpec& spec) {
         return std::make_shared<GrowingBySteps>(VariationalOptions{}, spec);
       }}};
  // A quarter, a half and three quarters of the weight; by steps all that is below three quarters.
  Experiment experiment = {.network = {.widths = {11, 5}, .activation = Activation::Tanh},
                           .optimizer = {.kind = OptimizerKind::Sgd, .momentum = 0.9},
                           .make = of_full_weight,
                           .epochs = 3};
  const Outcome full = outcome(EngineKind::Fused, experiment);
  const auto learned = [](const Outcome& of) { return of.state.model.at("encoder.mean.weight"); };
  for (const auto& [name, make] : warm_ups) {
    SCOPED_TRACE(name);
    experiment.make = make;
    experiment.threads = 1;
    const Outcome grown = outcome(EngineKind::Fused, experiment);
    EXPECT_GT(distance(learned(grown), learned(full)), 1e-3) << "the weight is of no consequence";
    const double loss = value_of(grown.training, "loss"), kl = value_of(grown.training, "kl"),
                 reconstruction = value_of(grown.training, "reconstruction");
    EXPECT_GT(loss, reconstruction + 0.1 * kl);
    EXPECT_LT(loss, reconstruction + 0.9 * kl);
    for (const int threads : {1, 3}) {
      experiment.threads = threads;
      expect_equal_engines(experiment);
    }
  }
}

TEST(FusedEngine, EqualsAutogradWithASecondStochasticLayer) {
  for (const std::vector<int64_t>& widths : {std::vector<int64_t>{4}, {9, 6, 3}}) {
    const CodePrior prior = {.second_layer = widths};
    std::map<std::string, ModelMaker> makers = {
        {"variational", [&](const ModelSpec& spec) {
           const VariationalOptions options = {.beta = 0.7, .prior = prior};
           return std::make_shared<Variational>(options, spec);
         }}};
    for (const char* estimator : {"iwae", "dreg", "ciwae:0.3", "miwae:2,3", "piwae:3,2"}) {
      makers[estimator] = [&, estimator](const ModelSpec& spec) {
        const ImportanceWeightedOptions options = {
            .importance_samples = 6, .estimator = *Estimator::parse(estimator), .prior = prior};
        return std::make_shared<ImportanceWeighted>(options, spec);
      };
    }
    // Without hidden layers log variances have no bound: groups lie a thousand nats behind others, so
    // that their weights are lost in rounding, and piwae takes shares of these.
    if (widths.size() == 1) makers.erase("piwae:3,2");
    for (const auto& [name, make] : makers) {
      for (const int threads : {1, 3}) {
        SCOPED_TRACE(name + ", " + prior.text() + ", threads: " + std::to_string(threads));
        expect_equal_engines({.network = {.widths = {11, 5}, .activation = Activation::Tanh},
                              .optimizer = {.kind = OptimizerKind::Sgd, .momentum = 0.9},
                              .clip_norm = 1,
                              .make = make,
                              .threads = threads});
      }
    }
  }
}

TEST(FusedEngine, GivesTheSameBitsForTheSameNumberOfThreads) {
  for (const int threads : {1, 2, 3}) {
    const Experiment experiment = {.threads = threads};
    const Outcome first = outcome(EngineKind::Fused, experiment),
                  second = outcome(EngineKind::Fused, experiment);
    for (const auto& [name, tensor] : first.state.model) {
      EXPECT_TRUE(at::equal(second.state.model.at(name), tensor)) << name;
    }
  }
}

TEST(FusedEngine, DenseLayersGetTheSameBitsOnAnyNumberOfThreads) {
  DenseNetwork tied = small_network(), wide = small_network();
  tied.tied_weights = true;
  wide.widths = {130, 40};  // parts of more than one line, of rows and of columns
  for (const auto& network : {small_network(), tied, wide}) {
    const Outcome expected = outcome(EngineKind::Fused, {.network = network});
    for (const int threads : {2, 3, 20}) {
      const Outcome found = outcome(EngineKind::Fused, {.network = network, .threads = threads});
      for (const auto& [name, tensor] : expected.state.model) {
        EXPECT_TRUE(at::equal(found.state.model.at(name), tensor)) << name << " " << threads;
      }
    }
  }
}

TEST(FusedEngine, SaysWhatItDoesNotTake) {
  at::manual_seed(4);
  class Own : public Autoencoder {
   public:
    using Autoencoder::Autoencoder;
  };
  const ModelSpec spec = {.shapes = {{6}, {6}}, .network = DenseNetwork{.widths = {3}}};
  Own own(spec);
  Autoencoder plain(spec);
  const auto data = images();
  const OptimizerOptions optimizer;
  EXPECT_FALSE(fused_obstacle({}, {plain, *data, optimizer}));
  EXPECT_EQ(fused_obstacle({}, {own, *data, optimizer}), "an objective of its own");
  EXPECT_EQ(fused_obstacle({.precision = Precision::Bfloat16}, {plain, *data, optimizer}),
            "the precision bfloat16");
  const ModelSpec of_images = {.shapes = {{3, 8, 8}, {3, 8, 8}},
                               .network = ConvolutionalNetwork{.filters = {4}}};
  Autoencoder counts({.shapes = spec.shapes,
                      .network = spec.network,
                      .likelihood = {Loss::NegativeBinomial, Activation::Softplus}});
  EXPECT_EQ(fused_obstacle({}, {counts, *data, optimizer}), "the loss negative-binomial");
  Sparse sparse_map({}, of_images);
  EXPECT_EQ(fused_obstacle({}, {sparse_map, *data, optimizer}),
            "this objective of a code that is a map");
  const auto by_autograd = make_engine({}, {own, *data, optimizer});
  EXPECT_EQ(by_autograd->kind(), EngineKind::Autograd);
  EXPECT_EQ(by_autograd->obstacle, "an objective of its own");
  EXPECT_EQ(make_engine({}, {plain, *data, optimizer})->kind(), EngineKind::Fused);
  testing::expect_contains(testing::error_of([&] {
                             make_engine({.kind = EngineKind::Fused}, {own, *data, optimizer});
                           }),
                           {"an objective of its own"});
}

TEST(MakeEngine, OffersBfloat16WhereItIsFaster) {
  if (!kernels::has_bfloat16()) GTEST_SKIP() << "this processor has no bfloat16 arithmetic";
  const ModelSpec of_images = {.shapes = {{3, 8, 8}, {3, 8, 8}},
                               .network = ConvolutionalNetwork{.filters = {4}}};
  Sparse by_autograd({}, of_images);
  Autoencoder fused({.shapes = {{6}, {6}}, .network = DenseNetwork{.widths = {3}}});
  const auto data = images();
  const OptimizerOptions optimizer;
  EngineOptions options = {.precision = Precision::Bfloat16};
  EXPECT_EQ(make_engine(options, {by_autograd, *data, optimizer})->kind(), EngineKind::Autograd);
  testing::expect_contains(testing::error_of([&] {
                             make_engine(options, {fused, *data, optimizer});
                           }),
                           {"faster in float32"});
  options.kind = EngineKind::Autograd;
  EXPECT_EQ(make_engine(options, {fused, *data, optimizer})->kind(), EngineKind::Autograd);
}

TEST(Team, DoesEveryShardOnce) {
  for (const int threads : {1, 2, 5}) {
    fused::Team team(threads);
    for (int run = 0; run < 200; ++run) {
      std::vector<std::atomic<int>> done(7);
      team.run(7, [&](int shard) { ++done[static_cast<size_t>(shard)]; });
      for (const auto& count : done) ASSERT_EQ(count, 1);
    }
  }
}

TEST(Team, HandsOnWhatWorkThrowsAndGoesOn) {
  fused::Team team(3);
  for (int run = 0; run < 50; ++run) {
    EXPECT_EQ(testing::error_of([&] {
                team.run(6, [](int shard) {
                  if (shard == 4) throw Error("no row {}", shard);
                });
              }),
              "no row 4");
    std::atomic<int> done = 0;
    team.run(6, [&](int) { ++done; });
    EXPECT_EQ(done, 6);
  }
}

}  // namespace
}  // namespace hourglass::training
