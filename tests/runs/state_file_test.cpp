#include "hourglass/runs/state_file.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::runs {

using namespace training;

namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

TrainingState example_state() {
  TrainingState state;
  state.epoch = 7;
  state.model = {at::rand({40}), {at::rand({3})}};
  state.optimizer = {99, {at::rand({40}), at::rand({40})}};
  state.learning_rate = {0.25, 1.0 / 3, 2};
  state.best = {
      5, 0.1, {{"loss", 0.1}, {"reconstruction", 1.0 / 7}}, {}, {at::rand({40}), {at::rand({3})}}};
  return state;
}

TEST(StateFile, KeepsEveryBit) {
  const TemporaryFolder folder;
  const TrainingState saved = example_state();
  save_state(folder / "last.pt", saved);
  const TrainingState loaded = load_state(folder / "last.pt");
  EXPECT_EQ(loaded.epoch, 7);
  EXPECT_TRUE(at::equal(loaded.model.parameters, saved.model.parameters));
  EXPECT_TRUE(at::equal(loaded.model.buffers.at(0), saved.model.buffers[0]));
  EXPECT_EQ(loaded.optimizer.steps, 99);
  EXPECT_TRUE(at::equal(loaded.optimizer.slots.at(1), saved.optimizer.slots[1]));
  EXPECT_EQ(loaded.learning_rate.best, 1.0 / 3);
  EXPECT_EQ(loaded.best.epoch, 5);
  EXPECT_EQ(loaded.best.training.at(1).name, "reconstruction");
  EXPECT_EQ(loaded.best.training.at(1).value, 1.0 / 7);
  EXPECT_TRUE(loaded.best.validation.empty());
  EXPECT_TRUE(at::equal(loaded.best.model.parameters, saved.best.model.parameters));
}

TEST(StateFile, SaysWhatIsWrongWithAFile) {
  const TemporaryFolder folder;
  expect_contains(error_of([&] { load_state(folder / "absent.pt"); }),
                  {"absent.pt", "cannot open"});
  save_state(folder / "last.pt", example_state());
  const std::string bytes = read_file(folder / "last.pt");
  for (const size_t size : {size_t{0}, size_t{10}, bytes.size() / 2, bytes.size() - 1}) {
    const auto path = testing::write_file(folder / "cut.pt", bytes.substr(0, size));
    const std::string error = error_of([&] { load_state(path); });
    expect_contains(error, {"cut.pt", std::to_string(size) + " bytes", "damaged"});
    EXPECT_EQ(error.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace hourglass::runs
