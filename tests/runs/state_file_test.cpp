#include "hourglass/runs/state_file.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/safetensors.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <filesystem>
#include <limits>

namespace hourglass::runs {

using namespace training;

namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

TrainingState example_state() {
  TrainingState state;
  state.cursor = {.epoch = 7, .step = 99};
  state.engine.model = {{"encoder.dense1.weight", at::rand({4, 3})}, {"norm.mean", at::rand({3})}};
  state.engine.optimizers = {{.phase = "one",
                              .kind = OptimizerKind::RmsProp,
                              .steps = 99,
                              .slots = {{"square/encoder.dense1.weight", at::rand({4, 3})}}},
                             {.phase = "two",
                              .kind = OptimizerKind::RmsProp,
                              .steps = 98,
                              .slots = {{"square/critic.weight", at::rand({5})}}}};
  state.learning_rate = {0.25, 1.0 / 3, 2};
  state.best = {5,
                0.1,
                {{"loss", 0.1}, {"reconstruction", 1.0 / 7}},
                {},
                {{"encoder.dense1.weight", at::rand({4, 3})}, {"norm.mean", at::rand({3})}}};
  return state;
}

void expect_equal(const TensorMap& a, const TensorMap& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(at::equal(tensor, b.at(name))) << name;
}

TEST(StateFile, KeepsEveryBit) {
  const TemporaryFolder folder;
  const TrainingState saved = example_state();
  save_state(folder / "last.safetensors", saved, "the metrics' digest");
  EXPECT_EQ(load_saved_state(folder / "last.safetensors").metrics_digest, "the metrics' digest");
  const TrainingState loaded = load_state(folder / "last.safetensors");
  EXPECT_EQ(loaded.cursor.epoch, 7);
  EXPECT_EQ(loaded.cursor.step, 99);
  expect_equal(loaded.engine.model, saved.engine.model);
  ASSERT_EQ(loaded.engine.optimizers.size(), 2U);
  EXPECT_EQ(loaded.engine.optimizers[1].phase, "two");
  EXPECT_EQ(loaded.engine.optimizers[1].kind, OptimizerKind::RmsProp);
  EXPECT_EQ(loaded.engine.optimizers[1].steps, 98);
  expect_equal(loaded.engine.optimizers[1].slots, saved.engine.optimizers[1].slots);
  EXPECT_EQ(loaded.learning_rate.best, 1.0 / 3);
  EXPECT_EQ(loaded.best.epoch, 5);
  EXPECT_EQ(loaded.best.training.at(1).name, "reconstruction");
  EXPECT_EQ(loaded.best.training.at(1).value, 1.0 / 7);
  EXPECT_TRUE(loaded.best.validation.empty());
  expect_equal(loaded.best.model, saved.best.model);
}

TEST(StateFile, KeepsAnUnfinishedEpoch) {
  const TemporaryFolder folder;
  TrainingState saved = example_state();
  saved.unfinished = {
      {.values = {1.0 / 3, 7}, .items = 640, .steps = 10, .first_nonfinite_step = 4}, 2.5};
  // The best epoch is the last finished one, and the model has gone on since.
  saved.best.epoch = 7;
  save_state(folder / "last.safetensors", saved);
  const TrainingState loaded = load_state(folder / "last.safetensors");
  EXPECT_EQ(loaded.unfinished.sums.values, saved.unfinished.sums.values);
  EXPECT_EQ(loaded.unfinished.sums.items, 640);
  EXPECT_EQ(loaded.unfinished.sums.steps, 10);
  EXPECT_EQ(loaded.unfinished.sums.first_nonfinite_step, 4);
  EXPECT_EQ(loaded.unfinished.seconds, 2.5);
  expect_equal(loaded.best.model, saved.best.model);
}

TEST(StateFile, HoldsTheWeightsOnceWhereTheLastEpochIsTheBest) {
  const TemporaryFolder folder;
  TrainingState state = example_state();
  const auto size_of = [&](const TrainingState& saved) {
    save_state(folder / "last.safetensors", saved);
    return std::filesystem::file_size(folder / "last.safetensors");
  };
  const auto both = size_of(state);
  state.best.epoch = 7;
  state.best.model = state.engine.model;
  EXPECT_LT(size_of(state), both);
  expect_equal(load_state(folder / "last.safetensors").best.model, state.engine.model);
}

TEST(StateFile, KeepsWhatIsInfinite) {
  const TemporaryFolder folder;
  TrainingState state = example_state();
  state.learning_rate.best = std::numeric_limits<double>::infinity();
  save_state(folder / "last.safetensors", state);
  EXPECT_EQ(load_state(folder / "last.safetensors").learning_rate.best, state.learning_rate.best);
}

TEST(StateFile, SaysWhatIsWrongWithAFile) {
  const TemporaryFolder folder;
  expect_contains(error_of([&] { load_state(folder / "absent"); }), {"absent", "cannot open"});
  save_state(folder / "last.safetensors", example_state());
  const std::string bytes = read_file(folder / "last.safetensors");
  for (const size_t size : {size_t{0}, size_t{10}, bytes.size() / 2, bytes.size() - 1}) {
    const auto path = testing::write_file(folder / "cut", bytes.substr(0, size));
    const std::string error = error_of([&] { load_state(path); });
    expect_contains(error, {"cut", "expected"});
    EXPECT_EQ(error.find('\n'), std::string::npos);
  }
  formats::write_safetensors(folder / "other", {.tensors = {{"a", at::ones({1})}}});
  expect_contains(error_of([&] { load_state(folder / "other"); }), {"other", "saved state"});
}

}  // namespace
}  // namespace hourglass::runs
