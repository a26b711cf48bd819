#include "hourglass/datasets/corruption.h"

#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace hourglass::datasets {
namespace {

constexpr Corruption kGaussian{CorruptionKind::Gaussian, 0.1};
constexpr Corruption kMask{CorruptionKind::Mask, 0.25};
constexpr Corruption kSaltPepper{CorruptionKind::SaltPepper, 0.1};

/// Rows of a grey that is far from 0 and 1.
DatasetPtr grey_rows(int64_t rows, const Shape& item_shape, double grey = 0.5) {
  Shape shape = {rows};
  shape.insert(shape.end(), item_shape.begin(), item_shape.end());
  return std::make_shared<TensorDataset>(at::full(shape, grey, at::kFloat), at::Tensor(),
                                         Scaling{});
}

Corrupted corrupted(const Corruption& corruption, Noise noise = Noise::Fresh, uint64_t seed = 1) {
  return {grey_rows(500, {401}), corruption, noise, seed};
}

double share_of(const at::Tensor& values, double value) {
  return values.eq(value).to(at::kDouble).mean().item<double>();
}

TEST(Corrupted, LeavesTheTargetClean) {
  const Corrupted data = corrupted(kGaussian);
  const Batch batch = data.batch(data.first_positions(3), 0);
  EXPECT_TRUE(batch.target.equal(at::full({3, 401}, 0.5F)));
  EXPECT_FALSE(batch.input.equal(batch.target));
  EXPECT_EQ(data.item_shape(), (Shape{401}));
}

TEST(Corrupted, AddsGaussianNoiseOfTheDeviation) {
  const Corrupted data = corrupted(kGaussian);
  const at::Tensor noise = data.batch(data.all_positions(), 0).input.sub(0.5);
  // 200,500 values: the standard errors are 0.0002 for mean and 0.00016 for deviation.
  EXPECT_NEAR(noise.mean().item<double>(), 0, 0.0012);
  EXPECT_NEAR(noise.std().item<double>(), 0.1, 0.0009);
  EXPECT_NEAR(noise.abs().gt(0.1).to(at::kDouble).mean().item<double>(), 0.3173, 0.006);
  // Neighbours, within a block of four and across, are independent.
  for (const int64_t distance : {1, 2, 3, 4}) {
    const at::Tensor product = noise.narrow(1, 0, 390).mul(noise.narrow(1, distance, 390));
    EXPECT_NEAR(product.mean().item<double>() / 0.01, 0, 0.014) << distance;
  }
  EXPECT_NEAR(noise.narrow(0, 0, 499).mul(noise.narrow(0, 1, 499)).mean().item<double>() / 0.01, 0,
              0.014);
}

TEST(Corrupted, ClipsGaussianNoise) {
  const Corrupted data = corrupted({CorruptionKind::Gaussian, 5});
  const at::Tensor input = data.batch(data.all_positions(), 0).input;
  EXPECT_EQ(input.min().item<float>(), 0);
  EXPECT_EQ(input.max().item<float>(), 1);
  EXPECT_NEAR(share_of(input, 0), 0.46, 0.01);  // P(0.5 + 5 n < 0)
}

TEST(Corrupted, MasksTheShareAskedFor) {
  const Corrupted data = corrupted(kMask);
  const at::Tensor input = data.batch(data.all_positions(), 0).input;
  EXPECT_NEAR(share_of(input, 0), 0.25, 0.006);
  EXPECT_NEAR(share_of(input, 0.5), 0.75, 0.006);
  const Corrupted all = corrupted({CorruptionKind::Mask, 1});
  EXPECT_EQ(share_of(all.batch(all.all_positions(), 0).input, 0), 1);
}

TEST(Corrupted, PutsAsMuchSaltAsPepper) {
  const Corrupted data = corrupted(kSaltPepper);
  const at::Tensor input = data.batch(data.all_positions(), 0).input;
  EXPECT_NEAR(share_of(input, 0), 0.05, 0.003);
  EXPECT_NEAR(share_of(input, 1), 0.05, 0.003);
  EXPECT_NEAR(share_of(input, 0.5), 0.9, 0.004);
}

TEST(Corrupted, DoesNotDependOnTheBatch) {
  for (const auto& corruption : {kGaussian, kMask, kSaltPepper}) {
    const Corrupted data = corrupted(corruption);
    const at::Tensor all = data.batch(data.all_positions(), 3).input;
    const at::Tensor order = at::randperm(500, at::kLong);
    EXPECT_TRUE(data.batch(order, 3).input.equal(all.index_select(0, order)));
    for (const int64_t row : {0, 77, 499}) {
      EXPECT_TRUE(data.batch(at::tensor({row}, at::kLong), 3).input[0].equal(all[row]));
    }
    const auto subset =
        std::make_shared<Subset>(grey_rows(500, {401}), at::tensor({499, 77}, at::kLong));
    const Corrupted some(subset, corruption, Noise::Fresh, 1);
    EXPECT_TRUE(some.batch(some.all_positions(), 3).input[1].equal(all[77]))
        << "noise belongs to the row of the stored data set";
  }
}

TEST(Corrupted, DoesNotDependOnTheNumberOfThreads) {
  const Corrupted data = corrupted(kGaussian);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor one = data.batch(data.all_positions(), 0).input;
  at::set_num_threads(3);
  const at::Tensor three = data.batch(data.all_positions(), 0).input;
  at::set_num_threads(threads);
  EXPECT_TRUE(one.equal(three));
}

TEST(Corrupted, DrawsFreshNoiseEachEpochOrTheSameOnce) {
  const Corrupted fresh = corrupted(kMask), once = corrupted(kMask, Noise::Once);
  const at::Tensor rows = fresh.first_positions(4);
  EXPECT_TRUE(fresh.batch(rows, 5).input.equal(fresh.batch(rows, 5).input));
  EXPECT_FALSE(fresh.batch(rows, 5).input.equal(fresh.batch(rows, 6).input));
  EXPECT_TRUE(once.batch(rows, 5).input.equal(once.batch(rows, 6).input));
  EXPECT_TRUE(once.batch(rows, 5).input.equal(fresh.batch(rows, 0).input)) << "epoch 0";
  const Corrupted other = corrupted(kMask, Noise::Once, 2);
  EXPECT_FALSE(once.batch(rows, 0).input.equal(other.batch(rows, 0).input));
}

TEST(Corrupted, CorruptsImagesAsItDoesRows) {
  const Corrupted rows(grey_rows(9, {12}), kGaussian, Noise::Fresh, 1);
  const Corrupted images(grey_rows(9, {1, 3, 4}), kGaussian, Noise::Fresh, 1);
  EXPECT_TRUE(images.batch(images.all_positions(), 0)
                  .input.view({9, 12})
                  .equal(rows.batch(rows.all_positions(), 0).input));
}

TEST(Corrupted, CorruptsTheInputsOfPairs) {
  const auto paired = std::make_shared<Paired>(grey_rows(5, {401}), grey_rows(5, {7}, 0.25));
  const Corrupted data(paired, kMask, Noise::Fresh, 1);
  const Batch batch = data.batch(data.all_positions(), 0);
  EXPECT_TRUE(batch.target.equal(at::full({5, 7}, 0.25F)));
  EXPECT_TRUE(batch.input.equal(corrupted(kMask).batch(data.all_positions(), 0).input));
  EXPECT_EQ(data.target_shape(), (Shape{7}));
}

TEST(Corrupted, DrawsTheSameNoiseOnAGpu_CUDA) {
  if (!at::hasCUDA()) GTEST_SKIP() << "no CUDA device";
  const Corrupted data = corrupted(kGaussian);
  const Batch there = data.to(at::kCUDA)->batch(data.first_positions(9), 2);
  EXPECT_TRUE(there.input.is_cuda());
  EXPECT_TRUE(there.input.cpu().equal(data.batch(data.first_positions(9), 2).input));
}

TEST(Corruption, ReadsAndWritesItsForms) {
  for (const std::string text :
       {"none", "gaussian:0.5", "gaussian:2", "mask:0.25", "mask:1", "salt-pepper:0.1"}) {
    const auto corruption = Corruption::parse(text);
    ASSERT_TRUE(corruption) << text;
    EXPECT_EQ(corruption->text(), text);
  }
  for (const std::string text : {"", "gaussian", "gaussian:", "gaussian:0", "gaussian:-1", "mask:0",
                                 "mask:1.01", "salt-pepper:2", "salt:0.1", "mask:nan"}) {
    EXPECT_FALSE(Corruption::parse(text)) << text;
  }
}

}  // namespace
}  // namespace hourglass::datasets
