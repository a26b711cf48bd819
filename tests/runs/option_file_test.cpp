#include "hourglass/runs/option_file.h"

#include "hourglass/runs/run_options.h"
#include "hourglass/tests/support/support.h"

namespace hourglass::runs {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

TEST(OptionFile, TakesDashesAndUnderscoresAndSetsAnyOption) {
  const TemporaryFolder folder;
  const auto path = testing::write_file(
      folder / "mine.json", R"({"recipe": "digits-2d", "learning-rate": 0.5, "keep_best": 3,
                                "widths": [16, 4], "quiet": true, "out": "runs/x"})");
  const OptionFile file = read_option_file(path, "dense");
  EXPECT_EQ(file.recipe, "digits-2d");
  RunOptions options = options_of("dense", file.recipe);
  FieldTable table;
  options.describe(table);
  apply(file, table);
  EXPECT_EQ(options.training.optimizer.learning_rate, 0.5);
  EXPECT_EQ(options.checkpoints.keep_best, 3);
  EXPECT_EQ(table.find("widths")->value_text(), "16,4");
  EXPECT_TRUE(options.quiet);
  EXPECT_EQ(options.out, "runs/x");
}

TEST(OptionFile, ARecordSetsWhatRunsRecordAlone) {
  const TemporaryFolder folder;
  const auto path = testing::write_file(
      folder / "run.json",
      R"({"format": 2, "variant": "dense", "recipe": "", "options": {"epochs": 7, "out": "x"},
          "data": {"name": "digits", "sha256": "0", "total_rows": 1, "training_rows": 1,
                   "validation_rows": 0, "test_rows": 0,
                   "scaling": {"offset": [0.0], "factor": [1.0]}}})");
  const OptionFile file = read_option_file(path, "dense");
  RunOptions options = options_of("dense", "");
  FieldTable table;
  options.describe(table);
  expect_contains(error_of([&] { apply(file, table); }), {"run.json", "unknown option 'out'"});
  EXPECT_EQ(options.training.epochs, 7);
}

TEST(OptionFile, RefusesOptionsOfAnotherVariant) {
  const TemporaryFolder folder;
  const auto path = testing::write_file(folder / "mine.json", R"({"variant": "sparse"})");
  expect_contains(error_of([&] { read_option_file(path, "dense"); }),
                  {"mine.json", "dense", "'sparse'"});
}

}  // namespace
}  // namespace hourglass::runs
