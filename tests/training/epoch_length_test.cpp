// Epochs of a length of their own, and batches of more rows than there are.

#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/support/support.h"
#include "hourglass/training/trainer.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <fstream>
#include <memory>
#include <mutex>
#include <set>
#include <unistd.h>
#include <utility>
#include <vector>

namespace hourglass::training {

using namespace datasets;
using namespace models;

namespace {

constexpr int64_t kRows = 50, kBatch = 8;

DatasetPtr fifty_rows() {
  at::manual_seed(3);
  return std::make_shared<TensorDataset>(at::rand({kRows, 6}), at::Tensor(), Scaling{});
}

ModelSpec spec_of_six() {
  return {.shapes = {{6}, {6}}, .network = DenseNetwork{.widths = {5, 2}}};
}

/// Three passes and more in an epoch; the 50 rows end in the middle of a batch.
TrainingOptions stretched_options() {
  return {.epochs = 2, .steps_per_epoch = 20, .batch_size = kBatch, .device = "cpu"};
}

/// Which noise which rows were asked for with.
struct Asked {
  std::mutex mutex;
  std::multiset<std::pair<int64_t, int64_t>> of;  ///< the noise's epoch, and the row
};

class AskedRows : public DatasetDecorator {
 public:
  AskedRows(DatasetPtr inner, std::shared_ptr<Asked> asked)
      : DatasetDecorator(std::move(inner)), asked_(std::move(asked)) {}
  Batch batch(const at::Tensor& positions, int64_t epoch) const override {
    const std::lock_guard lock(asked_->mutex);
    for (int64_t i = 0; i < positions.size(0); ++i) {
      asked_->of.emplace(epoch, positions[i].item<int64_t>());
    }
    return inner().batch(positions, epoch);
  }
  DatasetPtr to(at::Device /*device*/) const override { return std::make_shared<AskedRows>(*this); }

 private:
  std::shared_ptr<Asked> asked_;
};

std::shared_ptr<Asked> asked_by(EngineKind engine, TrainingOptions options) {
  options.engine.kind = engine;
  at::manual_seed(4);
  auto asked = std::make_shared<Asked>();
  Trainer trainer(std::make_shared<Autoencoder>(spec_of_six()),
                  std::make_shared<AskedRows>(fifty_rows(), asked), nullptr, options);
  // In their own order no row is twice in one batch.
  trainer.set_sampler(std::make_shared<SequentialSampler>(kRows));
  trainer.run();
  return asked;
}

TEST(EpochLength, NoRowHasTheSameNoiseAgain) {
  for (const EngineKind engine : {EngineKind::Autograd, EngineKind::Fused}) {
    SCOPED_TRACE(enum_name(engine));
    const auto asked = asked_by(engine, stretched_options());
    EXPECT_EQ(asked->of.size(), size_t{2} * 20 * kBatch);
    for (const auto& one : asked->of) {
      EXPECT_EQ(asked->of.count(one), 1U) << one.first << ", row " << one.second;
    }
  }
}

/// Epochs of 32 rows of 50: the second ends in the second pass.
TEST(EpochLength, NorHasARowOfTwoPassesInAShortEpoch) {
  TrainingOptions options = stretched_options();
  options.steps_per_epoch = 4;
  options.epochs = 3;
  for (const EngineKind engine : {EngineKind::Autograd, EngineKind::Fused}) {
    const auto asked = asked_by(engine, options);
    EXPECT_EQ(asked->of.size(), size_t{3} * 4 * kBatch);
    for (const auto& one : asked->of) EXPECT_EQ(asked->of.count(one), 1U) << one.second;
  }
}

/// The noise of an epoch that is one pass is keyed by the epoch, as ever.
TEST(EpochLength, AnEpochOfAllRowsHasItsOwnNoise) {
  TrainingOptions options = stretched_options();
  options.steps_per_epoch = 0;
  for (const EngineKind engine : {EngineKind::Autograd, EngineKind::Fused}) {
    const auto asked = asked_by(engine, options);
    ASSERT_EQ(asked->of.size(), 2U * kRows);
    for (int64_t row = 0; row < kRows; ++row) {
      for (const int64_t epoch : {1, 2}) EXPECT_EQ(asked->of.count({epoch, row}), 1U);
    }
  }
}

/// Remembers the number that each step draws for row 0, and the epoch that it is told.
class DrawKeeper : public Autoencoder {
 public:
  using Autoencoder::Autoencoder;
  std::vector<float> draws;
  std::vector<int64_t> epochs;

  StepValues losses(const Batch& batch, const StepContext& context) override {
    draws.push_back(context.random.normal("draw", at::zeros({1}, at::kLong), {1}).item<float>());
    epochs.push_back(context.epoch);
    return Autoencoder::losses(batch, context);
  }
};

TEST(EpochLength, EveryStepDrawsAnewWhereRowsComeAgain) {
  const auto model = std::make_shared<DrawKeeper>(spec_of_six());
  Trainer(model, fifty_rows(), nullptr, stretched_options()).run();
  EXPECT_EQ(std::set<float>(model->draws.begin(), model->draws.end()).size(), 40U);
  EXPECT_EQ(model->epochs.front(), 1);
  EXPECT_EQ(model->epochs.back(), 2);

  TrainingOptions whole = stretched_options();
  whole.steps_per_epoch = 0;
  const auto plain = std::make_shared<DrawKeeper>(spec_of_six());
  Trainer(plain, fifty_rows(), nullptr, whole).run();
  EXPECT_EQ(plain->draws.size(), 2U * 7);
  EXPECT_EQ(std::set<float>(plain->draws.begin(), plain->draws.end()).size(), 2U);
}

int64_t resident_bytes() {
  int64_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

TensorMap trained_in_batches_of(int64_t batch_size, int64_t* grown = nullptr) {
  at::manual_seed(4);
  const int64_t before = resident_bytes();
  Trainer trainer(std::make_shared<Autoencoder>(spec_of_six()), fifty_rows(), fifty_rows(),
                  {.epochs = 2,
                   .batch_size = batch_size,
                   .device = "cpu",
                   .engine = {.kind = EngineKind::Fused}});
  TensorMap model = trainer.run().state->engine.model;
  if (grown) *grown = resident_bytes() - before;
  return model;
}

/// Memory for the batches of two million rows that there could be would be a gigabyte.
TEST(EpochLength, ABatchOfMoreRowsThanThereAreTakesTheMemoryOfThose) {
  const TensorMap expected = trained_in_batches_of(kRows);
  int64_t grown = 0;
  const TensorMap model = trained_in_batches_of(2'000'000, &grown);
  EXPECT_LT(grown, 100'000'000);
  for (const auto& [name, tensor] : expected)
    EXPECT_TRUE(at::equal(model.at(name), tensor)) << name;
}

/// Rows that come several times in one batch are several rows of it.
TEST(EpochLength, AStepMayTakeMoreRowsThanThereAre) {
  const auto asked =
      asked_by(EngineKind::Fused,
               {.epochs = 1, .steps_per_epoch = 2, .batch_size = 10 * kRows, .device = "cpu"});
  EXPECT_EQ(asked->of.size(), size_t{2} * 10 * kRows);
}

TEST(EpochLength, RefusesASamplerOfMoreRowsThanABatchHasRoomFor) {
  TrainingOptions options = stretched_options();
  options.steps_per_epoch = 0;
  options.batch_size = 200;
  Trainer trainer(std::make_shared<Autoencoder>(spec_of_six()), fifty_rows(), nullptr, options);
  testing::expect_contains(
      testing::error_of([&] { trainer.set_sampler(std::make_shared<SequentialSampler>(100)); }),
      {"at most 50 rows", "epochs of 100 rows"});
}

}  // namespace
}  // namespace hourglass::training
