#include "hourglass/datasets/binarization.h"

#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <vector>

namespace hourglass::datasets {
namespace {

/// 2,000 items of probabilities 0, 0.25, 0.7 and 1.
DatasetPtr probabilities() {
  const at::Tensor values = at::tensor({0.0F, 0.25F, 0.7F, 1.0F}).repeat({2000, 1});
  return std::make_shared<TensorDataset>(values, at::Tensor(), Scaling{});
}

at::Tensor items(Noise when, int64_t epoch, uint64_t seed = 1) {
  const Binarized data(probabilities(), when, seed);
  return data.batch(data.all_positions(), epoch).input;
}

TEST(Binarized, DrawsOnesAsOftenAsTheValuesSay) {
  const at::Tensor drawn = items(Noise::Fresh, 1);
  EXPECT_TRUE(drawn.eq(0).logical_or(drawn.eq(1)).all().item<bool>());
  const at::Tensor shares = drawn.mean(0);  // standard errors of 0.0097 and 0.0102
  EXPECT_EQ(shares[0].item<float>(), 0);
  EXPECT_NEAR(shares[1].item<float>(), 0.25, 0.04);
  EXPECT_NEAR(shares[2].item<float>(), 0.7, 0.04);
  EXPECT_EQ(shares[3].item<float>(), 1);
}

TEST(Binarized, TheTargetIsTheInput) {
  const Binarized data(probabilities(), Noise::Fresh, 1);
  EXPECT_FALSE(data.has_targets());
  const Batch batch = data.batch(data.first_positions(100), 3);
  EXPECT_TRUE(batch.target.equal(batch.input));
}

TEST(Binarized, IsDrawnAnewOrOnce) {
  EXPECT_FALSE(items(Noise::Fresh, 1).equal(items(Noise::Fresh, 2)));
  EXPECT_TRUE(items(Noise::Fresh, 2).equal(items(Noise::Fresh, 2)));
  EXPECT_TRUE(items(Noise::Once, 1).equal(items(Noise::Once, 2)));
  EXPECT_FALSE(items(Noise::Once, 1, 1).equal(items(Noise::Once, 1, 2)));
}

TEST(Binarized, WritesWhatItGivesAsBatch) {
  const Binarized data(probabilities(), Noise::Fresh, 4);
  const std::vector<int64_t> positions = {7, 3, 1999};
  std::vector<float> input(15, -1), target(12, -1);
  std::vector<int64_t> rows(3);
  data.write(positions, 6,
             {.input = input.data(),
              .input_stride = 5,
              .target = target.data(),
              .target_stride = 4,
              .rows = rows.data()});
  const Batch batch = data.batch(at::tensor(positions), 6);
  EXPECT_TRUE(at::from_blob(target.data(), {3, 4}).equal(batch.target));
  EXPECT_TRUE(at::from_blob(input.data(), {3, 4}, {5, 1}).equal(batch.input));
  EXPECT_EQ(rows, positions);
}

}  // namespace
}  // namespace hourglass::datasets
