#include "hourglass/evaluation/errors.h"

#include "hourglass/evaluation/ssim.h"
#include "hourglass/tests/evaluation/image_pairs.h"
#include "hourglass/tests/evaluation/reference.h"
#include "hourglass/tests/support/support.h"

#include <cmath>

namespace hourglass::evaluation {

using namespace datasets;

namespace {

DatasetPtr images(const at::Tensor& values) {
  return std::make_shared<TensorDataset>(values, at::Tensor(), Scaling{});
}

TEST(Errors, AreMeansOverTheValuesOfEachItem) {
  const at::Tensor target = at::tensor({0.0, 1.0, 0.5, 0.5}).view({2, 2});
  const at::Tensor found = at::tensor({0.25, 1.0, 0.5, 0.75}).view({2, 2});
  EXPECT_TRUE(at::equal(item_mse(found, target), at::tensor({0.03125, 0.03125}, at::kDouble)));
  EXPECT_TRUE(at::equal(item_mae(found, target), at::tensor({0.125, 0.125}, at::kDouble)));
}

TEST(Errors, AreMeansOverWhatIsKnown) {
  const double unknown = std::nan("");
  const at::Tensor target = at::tensor({0.5, unknown, unknown, unknown}).view({2, 2});
  const at::Tensor made = at::tensor({0.75, 0.1, 0.1, 0.1}).view({2, 2});
  EXPECT_DOUBLE_EQ(item_mse(made, target)[0].item<double>(), 0.0625);
  EXPECT_DOUBLE_EQ(item_mae(made, target)[0].item<double>(), 0.25);
  EXPECT_DOUBLE_EQ(item_bce(made, target)[0].item<double>(),
                   -(0.5 * std::log(0.75) + 0.5 * std::log(0.25)));
  EXPECT_TRUE(std::isnan(item_mse(made, target)[1].item<double>()));
  // What a model makes of what is known is no number: that shows.
  EXPECT_TRUE(std::isnan(item_mse(target, made)[0].item<double>()));
}

TEST(Errors, CrossEntropyIsInNatsAndItsLogarithmIsClamped) {
  const at::Tensor target = at::tensor({1.0, 0.0, 1.0, 0.25}).view({2, 2});
  const at::Tensor found = at::tensor({0.5, 0.5, 0.0, 0.5}).view({2, 2});
  const at::Tensor bce = item_bce(found, target);
  EXPECT_NEAR(bce[0].item<double>(), std::log(2), 1e-12);
  EXPECT_NEAR(bce[1].item<double>(), (100 + std::log(2)) / 2, 1e-12);
}

TEST(Errors, CrossEntropyRefusesValuesOutsideItsRange) {
  const at::Tensor good = at::rand({2, 3}), bad = good + 1;
  testing::expect_contains(testing::error_of([&] { item_bce(bad, good); }), {"0 … 1"});
  testing::expect_contains(testing::error_of([&] { item_bce(good, bad); }), {"0 … 1"});
}

TEST(Errors, PsnrEqualsScikitImage) {
  const nlohmann::json expected = testing::reference("images");
  for (const int64_t n : {0, 4, 13}) {
    const auto& entry = expected[static_cast<size_t>(n)];
    const auto [clean, noisy] = testing::image_pair(n, entry["channels"].get<int64_t>());
    EXPECT_NEAR(item_psnr(noisy, clean, 255).item<double>(), entry["psnr"].get<double>(), 1e-9);
  }
}

TEST(Errors, PsnrOfAnExactItemIsInfinite) {
  const at::Tensor items = at::rand({2, 3});
  EXPECT_TRUE(at::isinf(item_psnr(items, items, 1)).all().item<bool>());
}

TEST(Errors, OfADataSetAreThoseOfItsItemsInOrder) {
  at::manual_seed(1);
  const at::Tensor values = at::rand({1500, 1, 11, 12});  // more than one batch
  const auto halved = [](const at::Tensor& x) { return x / 2; };
  const ReconstructionErrors found = measure_reconstructions(halved, *images(values), 1);
  EXPECT_TRUE(at::equal(found.mse, item_mse(values / 2, values)));
  EXPECT_TRUE(at::equal(found.mae, item_mae(values / 2, values)));
  EXPECT_TRUE(at::equal(found.bce, item_bce(values / 2, values)));
  EXPECT_TRUE(at::equal(found.psnr, item_psnr(values / 2, values, 1)));
  EXPECT_TRUE(at::equal(found.ssim, item_ssim(values / 2, values, 1)));
  const ReconstructionMeans means = found.means();
  EXPECT_NEAR(means.mse, (values.to(at::kDouble) / 2).square().mean().item<double>(), 1e-12);
  EXPECT_DOUBLE_EQ(*means.ssim, found.ssim.mean().item<double>());
}

TEST(Errors, LeaveOutWhatTheDataCannotSay) {
  const auto data = images(at::rand({3, 1, 8, 8}));
  const auto shifted = [](const at::Tensor& x) { return x + 1; };
  const ReconstructionErrors found = measure_reconstructions(shifted, *data, 1);
  EXPECT_FALSE(found.bce.defined());
  EXPECT_FALSE(found.ssim.defined());
  EXPECT_FALSE(found.means().bce.has_value());
  EXPECT_FALSE(found.means().ssim.has_value());
  EXPECT_NEAR(found.means().mse, 1, 1e-6);
}

TEST(Errors, TakeAFlatReconstructionOfImages) {
  const auto data = images(at::rand({3, 1, 12, 12}));
  const auto flat = [](const at::Tensor& x) { return x.flatten(1); };
  EXPECT_DOUBLE_EQ(*measure_reconstructions(flat, *data, 1).means().ssim, 1);
}

TEST(Errors, RefuseAReconstructionOfAnotherSize) {
  const auto data = images(at::rand({3, 4}));
  const auto cut = [](const at::Tensor& x) { return x.narrow(1, 0, 3); };
  testing::expect_contains(testing::error_of([&] { measure_reconstructions(cut, *data, 1); }),
                           {"3 items of 4 values", "found 3 of 3"});
}

}  // namespace
}  // namespace hourglass::evaluation
