#include "hourglass/runs/sweep.h"

#include "hourglass/core/error.h"
#include "hourglass/runs/sweep_results.h"
#include "hourglass/tests/runs/recorded_runs.h"
#include "hourglass/tests/support/support.h"

#include <cmath>

namespace hourglass::runs {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;
using Texts = std::vector<std::string>;

SweepRequest digits_request(const Texts& vary, int64_t seeds = 1) {
  return {.variant = "dense",
          .recipe = "digits-2d",
          .fixed = {{"epochs", "2"}},
          .vary = vary,
          .seeds = seeds,
          .folder = "sweep"};
}

Texts names_of(const SweepPlan& plan) {
  Texts names;
  for (const auto& point : plan.points) names.push_back(point.name);
  return names;
}

TEST(PlanSweep, IsTheProductOfValuesAndSeeds) {
  const SweepPlan plan =
      plan_sweep(digits_request({"learning-rate=1e-3,3e-3", "widths=32,2:64,2"}, 2));
  EXPECT_EQ(
      names_of(plan),
      (Texts{"learning-rate=0.001_widths=32,2_seed=1", "learning-rate=0.001_widths=32,2_seed=2",
             "learning-rate=0.001_widths=64,2_seed=1", "learning-rate=0.001_widths=64,2_seed=2",
             "learning-rate=0.003_widths=32,2_seed=1", "learning-rate=0.003_widths=32,2_seed=2",
             "learning-rate=0.003_widths=64,2_seed=1", "learning-rate=0.003_widths=64,2_seed=2"}));
  const RunOptions& last = plan.points.back().options;
  EXPECT_EQ(last.training.optimizer.learning_rate, 3e-3);
  EXPECT_EQ(last.training.seed, 2U);
  EXPECT_EQ(last.training.epochs, 2);
  EXPECT_EQ(last.recipe, "digits-2d");
  EXPECT_EQ(last.out, "sweep/learning-rate=0.003_widths=64,2_seed=2");
}

/// The value of an option as users write it.
std::string option_text(RunOptions options, const std::string& name) {
  FieldTable table;
  options.describe(table);
  return table.find(name)->value_text();
}

TEST(PlanSweep, GivesEachRunTheDefaultsThatFollowFromItsValues) {
  const SweepPlan plan = plan_sweep({.variant = "sparse",
                                     .fixed = {{"dataset", "digits"}},
                                     .vary = {"sparsity=l1,topk:4"},
                                     .folder = "sweep"});
  const RunOptions &penalty = plan.points.at(0).options, &dictionary = plan.points.at(1).options;
  EXPECT_EQ(option_text(penalty, "code_activation"), "relu");
  EXPECT_FALSE(penalty.training.optimizer.epsilon.has_value());
  EXPECT_EQ(option_text(dictionary, "code_activation"), "linear");
  EXPECT_EQ(option_text(dictionary, "loss"), "mse");
  EXPECT_EQ(option_text(dictionary, "clip_norm"), "1");
  EXPECT_EQ(dictionary.training.optimizer.epsilon, 1e-8);
}

TEST(PlanSweep, WhatIsGivenStaysWhateverFollowsFromOthers) {
  SweepRequest request{.variant = "sparse",
                       .fixed = {{"sparsity", "topk:4"}, {"clip_norm", "0.5"}},
                       .vary = {"epsilon=1e-6,1e-7"},
                       .folder = "sweep"};
  const SweepPlan plan = plan_sweep(request);
  EXPECT_EQ(option_text(plan.points.at(0).options, "clip_norm"), "0.5");
  EXPECT_EQ(plan.points.at(0).options.training.optimizer.epsilon, 1e-6);
  EXPECT_EQ(plan.record.at("options").at("code_activation"), "linear");
  request.fixed.push_back({"code_activation", "relu"});
  expect_contains(error_of([&] { plan_sweep(request); }), {"`code_activation` linear"});
}

TEST(PlanSweep, SeparatesValuesByColonsWhereCommasGiveNone) {
  const auto values_of = [](const std::string& vary) {
    return plan_sweep(digits_request({vary})).variations.at(0).values;
  };
  EXPECT_EQ(values_of("widths=32,2:64,2"), (Texts{"32,2", "64,2"}));
  EXPECT_EQ(values_of("widths=32:64"), (Texts{"32", "64"}));
  EXPECT_EQ(values_of("widths=32,64"), (Texts{"32", "64"}));
  EXPECT_EQ(values_of("corruption=gaussian:0.1,gaussian:0.3"),
            (Texts{"gaussian:0.1", "gaussian:0.3"}));
  EXPECT_EQ(values_of("--batch-size=32,64"), (Texts{"32", "64"}));
}

TEST(PlanSweep, PutsValuesTogetherThatHaveCommasThemselves) {
  const auto values_of = [](const std::string& vary) {
    return plan_sweep(digits_request({vary})).variations.at(0).values;
  };
  EXPECT_EQ(values_of("schedule=constant,step:100,0.1,cosine:0.5,stages:3,0.5"),
            (Texts{"constant", "step:100,0.1", "cosine:0.5", "stages:3,0.5"}));
  EXPECT_EQ(values_of("schedule=step:100,0.1"), (Texts{"step:100,0.1"}));
  expect_contains(error_of([&] { values_of("schedule=constant,steep:100,0.1"); }),
                  {"`schedule`", "step:EPOCHS,FACTOR", "'constant,steep:100,0.1'"});
}

TEST(PlanSweep, TakesSeedsAlone) {
  EXPECT_EQ(names_of(plan_sweep(digits_request({}, 3))), (Texts{"seed=1", "seed=2", "seed=3"}));
}

TEST(PlanSweep, RefusesWhatCannotBeBeforeAnythingIsTrained) {
  const auto problem = [](const Texts& vary, int64_t seeds = 1) {
    return error_of([&] {
      EXPECT_THROW(plan_sweep(digits_request(vary, seeds)), UsageError);
      plan_sweep(digits_request(vary, seeds));
    });
  };
  expect_contains(problem({"lerning-rate=1,2"}),
                  {"unknown option", "did you mean 'learning-rate'?"});
  expect_contains(problem({"learning-rate=1e-3,fast"}), {"`learning_rate`", "'fast'"});
  expect_contains(problem({"widths=32,2:64,x"}), {"`widths`", "'64,x'"});
  expect_contains(problem({"learning-rate"}), {"OPTION=VALUE", "'learning-rate'"});
  expect_contains(problem({"learning-rate=1e-3,0.001"}), {"0.001 is given twice"});
  expect_contains(problem({"batch-size=32,64", "batch-size=16"}), {"more than once"});
  expect_contains(problem({"epochs=3,4"}), {"`epochs`", "more than once"});
  expect_contains(problem({"out=a,b"}), {"out: expected an option that decides a model"});
  expect_contains(problem({"seed=1,2"}, 2), {"`seeds` 2"});
  expect_contains(problem({}), {"expected something to vary"});
  expect_contains(problem({"tied-weights=true,false", "widths=32,2:"}), {"`widths`"});
}

TEST(PlanSweep, NamesFoldersSafelyAndApart) {
  const SweepPlan plan = plan_sweep({.variant = "dense",
                                     .fixed = {},
                                     .vary = {"dataset=csv:a/x.csv,csv:a-x.csv"},
                                     .folder = "sweep"});
  EXPECT_EQ(names_of(plan), (Texts{"dataset=csv-a-x.csv", "dataset=csv-a-x.csv-2"}));
}

TEST(OpenSweep, RefusesTheFolderOfAnother) {
  const TemporaryFolder folder;
  SweepRequest request = digits_request({"batch-size=32,64"});
  request.folder = folder / "sweep";
  open_sweep(plan_sweep(request));
  open_sweep(plan_sweep(request));
  request.vary = {"batch-size=32,128"};
  request.fixed = {{"epochs", "3"}};
  expect_contains(error_of([&] { open_sweep(plan_sweep(request)); }),
                  {"sweep: holds another sweep", "`epochs`", "vary"});
  request.folder = testing::write_run(folder / "run");
  expect_contains(error_of([&] { open_sweep(plan_sweep(request)); }), {"run: holds a run"});
}

TEST(TrainPoint, GoesOnWithAnInterruptedRunToTheSameEnd) {
  const TemporaryFolder folder;
  SweepRequest request = digits_request({}, 2);
  request.folder = folder / "sweep";
  const SweepPoint point = plan_sweep(request).points.at(0);
  EXPECT_FALSE(done_run(point).has_value());
  int64_t steps = 0;  // of the first epoch, and some of the second
  const auto stop = [&] { return ++steps > 20; };
  EXPECT_EQ(train_point(point, stop).end, training::RunEnd::Interrupted);
  EXPECT_FALSE(done_run(point).has_value());
  EXPECT_EQ(train_point(point, {}).end, training::RunEnd::Finished);
  EXPECT_TRUE(done_run(point).has_value());
  request.folder = folder / "whole";
  const SweepPoint whole = plan_sweep(request).points.at(0);
  train_point(whole, {});
  const auto losses = [](const SweepPoint& of) {
    return read_metrics(std::filesystem::path(of.options.out) / "metrics.csv").column("train_loss");
  };
  EXPECT_EQ(losses(point), losses(whole));
}

TEST(SweepResults, AreSortedByTheMeanOverSeeds) {
  const TemporaryFolder folder;
  SweepRequest request = digits_request({"batch-size=32,64,128"}, 2);
  request.folder = folder.path();
  const SweepPlan plan = plan_sweep(request);
  const std::vector<double> best = {0.5, 0.7, 0.1, 0.2};
  for (size_t i = 0; i < best.size(); ++i) {
    testing::write_run(plan.points[i].options.out, {.losses = {0.9, best[i]}});
  }
  const auto results = sweep_results(plan, {{plan.points[4].name, "no memory"}});
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].values, Texts{"64"});
  EXPECT_NEAR(*results[0].mean, 0.15, 1e-12);
  EXPECT_NEAR(*results[0].spread, 0.1 / std::sqrt(2.0), 1e-12);
  EXPECT_EQ(results[0].parameters, 1234);
  EXPECT_EQ(results[1].values, Texts{"32"});
  EXPECT_FALSE(results[2].mean);
  EXPECT_EQ(results[2].runs[0].state, "failed: no memory");
  EXPECT_EQ(results[2].runs[1].state, "not begun");
  EXPECT_EQ(sweep_monitor(results), "validation_loss");
}

TEST(SweepResults, SayWhereTheyDoNotCompare) {
  const TemporaryFolder folder;
  SweepRequest request = digits_request({"loss=bce,mse"}, 1);
  request.folder = folder.path();
  const SweepPlan plan = plan_sweep(request);
  for (const auto& point : plan.points) {
    testing::write_run(point.options.out, {.options = {{"loss", point.values.front()}}});
  }
  EXPECT_EQ(sweep_notes(sweep_results(plan, {})), Texts{"losses are of different kinds: bce, mse"});
}

TEST(SweepResults, BeginWithTheHighestWhereMoreIsBetter) {
  const TemporaryFolder folder;
  SweepRequest request = digits_request({"batch-size=32,64"}, 1);
  request.folder = folder.path();
  const SweepPlan plan = plan_sweep(request);
  const nlohmann::json options = {{"monitor", "validation_accuracy"}};
  const std::vector<double> accuracies = {0.5, 0.75};
  for (size_t i = 0; i < accuracies.size(); ++i) {
    testing::write_run(plan.points[i].options.out,
                       {.options = options, .losses = {0.25, accuracies[i]}, .column = "accuracy"});
  }
  const auto results = sweep_results(plan, {});
  EXPECT_EQ(results[0].values, Texts{"64"});
  EXPECT_EQ(results[0].mean, 0.75);
}

}  // namespace
}  // namespace hourglass::runs
