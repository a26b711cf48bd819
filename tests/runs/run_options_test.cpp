#include "hourglass/runs/run_options.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/support/support.h"

#include <algorithm>
#include <thread>

namespace hourglass::runs {

using namespace datasets;
using namespace recipes;

namespace {

using testing::error_of;
using testing::expect_contains;

TEST(OptionsOf, DenoisingWithoutARecipeHasNoiseToUndo) {
  const Corruption noise = options_of("denoising", "").data.corruption;
  EXPECT_EQ(noise.kind, CorruptionKind::Gaussian);
  EXPECT_EQ(noise.amount, 0.3);
  EXPECT_EQ(options_of("dense", "").data.corruption.kind, CorruptionKind::None);
}

TEST(OptionsOf, ARecipesNoiseReplacesTheVariants) {
  const Corruption noise = options_of("denoising", "mnist-denoise").data.corruption;
  EXPECT_EQ(noise.kind, CorruptionKind::Mask);
  EXPECT_EQ(noise.amount, 0.25);
}

TEST(AutomaticThreads, AreAsManyAsTheWorkKeepsBusy) {
  const auto cores = static_cast<int64_t>(std::thread::hardware_concurrency());
  EXPECT_EQ(automatic_threads(4'224, 8), 1);                              // digits-2d
  EXPECT_EQ(automatic_threads(50'304, 32), std::min<int64_t>(2, cores));  // mnist-2d-relu
  EXPECT_EQ(automatic_threads(10'000'000'000, 1), cores);
  EXPECT_EQ(automatic_threads(10'000'000'000, 10'000'000'000), cores);
  EXPECT_EQ(automatic_threads(10'000'000'000, 1, cores), 1);
}

TEST(CheckRunOptions, DenoisingNeedsInputsUnlikeTheirTargets) {
  RunOptions options = options_of("denoising", "");
  EXPECT_NO_THROW(check(options));
  options.data.corruption = {};
  EXPECT_THROW(check(options), UsageError);
  expect_contains(error_of([&] { check(options); }),
                  {"`corruption` none", "denoising", "`corruption` gaussian:0.3", "`targets`"});
  options.data.targets = "csv:clean.csv";
  EXPECT_NO_THROW(check(options));
}

TEST(CheckRunOptions, AConditionalModelNeedsItsCondition) {
  RunOptions options = options_of("conditional", "");
  EXPECT_NO_THROW(check(options));
  options.data.condition = {};
  expect_contains(error_of([&] { check(options); }), {"`condition` none", "`condition` label"});
}

TEST(OptionsOf, AChosenNetworkHasTheVariantsDefaultsForIt) {
  EXPECT_EQ(options_of("denoising", "").model.network.name(), "convolutional");
  RunOptions options = options_of("denoising", "", "dense");
  FieldTable table;
  options.describe(table);
  EXPECT_EQ(table.find("widths")->value_text(), "auto");
  expect_contains(table.find("widths")->help, {"auto: 128,32"});
  EXPECT_EQ(table.find("code_activation")->value_text(), "relu");
}

TEST(OptionsOf, ARecipesNetworkStaysWhereItIsTheOneChosen) {
  RunOptions options = options_of("dense", "digits-2d", "dense");
  FieldTable table;
  options.describe(table);
  EXPECT_EQ(table.find("widths")->value_text(), "32,2");
}

TEST(CheckRunOptions, EveryRecipeCanRun) {
  for (const auto& variant : variants()) {
    EXPECT_NO_THROW(check(options_of(variant.name, ""))) << variant.name;
    for (const auto& recipe : variant.recipes) {
      EXPECT_NO_THROW(check(options_of(variant.name, recipe.name))) << recipe.name;
    }
  }
}

}  // namespace
}  // namespace hourglass::runs
