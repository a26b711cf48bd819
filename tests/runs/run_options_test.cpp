#include "hourglass/runs/run_options.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/support/support.h"

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

TEST(CheckRunOptions, EveryRecipeCanRun) {
  for (const auto& recipe : recipes::recipes()) {
    EXPECT_NO_THROW(check(options_of(recipe.variant, recipe.name))) << recipe.name;
  }
}

TEST(CheckRunOptions, EveryVariantsDefaultsCanRun) {
  for (const auto& variant : variants()) {
    EXPECT_NO_THROW(check(options_of(variant.name, ""))) << variant.name;
    EXPECT_NO_THROW(check(options_of(variant.name, variant.default_recipe))) << variant.name;
  }
}

}  // namespace
}  // namespace hourglass::runs
