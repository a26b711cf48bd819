#include "hourglass/runs/run.h"

#include "hourglass/formats/json.h"
#include "hourglass/tests/support/support.h"

namespace hourglass::runs {
namespace {

using testing::expect_contains;

/// A table of six columns and a class.
std::string small_table() {
  std::string csv = "a,b,c,d,e,f,kind\n";
  for (int i = 0; i < 40; ++i) {
    for (int column = 0; column < 6; ++column) csv += std::to_string((i * (column + 3)) % 11) + ",";
    csv += i % 2 ? "cat\n" : "dog\n";
  }
  return csv;
}

RunOptions options_for(const std::string& variant, const testing::TemporaryFolder& folder) {
  RunOptions options = options_of(variant, "");
  options.data.dataset = "csv:" + testing::write_file(folder / "pets.csv", small_table()).string();
  options.out = folder / ("run-" + variant);
  options.training.epochs = 2;
  options.training.device = "cpu";
  return options;
}

std::string joined(const std::vector<std::string>& notes) {
  std::string text;
  for (const auto& note : notes) text += note + "\n";
  return text;
}

TEST(Run, WidthsFollowTheDataAndAreRecordedAsNumbers) {
  const testing::TemporaryFolder folder;
  runs::Run run(options_for("dense", folder));
  EXPECT_EQ(run.model().code_shape(), (Shape{3}));
  EXPECT_EQ(run.record().options.find<std::vector<int64_t>>("widths"),
            (std::vector<int64_t>{12, 8, 3}));
  expect_contains(joined(run.notes()), {"widths 12,8,3, as items have 6 values"});
  run.train();
  const auto record = read_run_record(run.folder());
  EXPECT_EQ(record.options.find<std::vector<int64_t>>("widths"), (std::vector<int64_t>{12, 8, 3}));
}

TEST(Run, EveryVariantHasACodeNarrowerThanATable) {
  const testing::TemporaryFolder folder;
  for (const char* variant : {"dense", "lstm", "variational", "conditional", "adversarial",
                              "wasserstein", "importance_weighted", "regularized"}) {
    SCOPED_TRACE(variant);
    runs::Run run(options_for(variant, folder));
    EXPECT_LT(run.model().code_shape().at(0), 6);
  }
}

/// Which has not trained what was asked for.
TEST(Run, RefusesToEndBeforeAPhaseBegins) {
  const testing::TemporaryFolder folder;
  RunOptions options = options_for("one_class", folder);
  options.training.epochs = 11;
  expect_contains(testing::error_of([&] { runs::Run run(options); }),
                  {"`epochs`", "at least 12", "'one_class'", "found 11"});
  options.training.epochs = 12;
  EXPECT_NO_THROW(runs::Run run(options));
}

TEST(Run, WidthsThatAreGivenStay) {
  const testing::TemporaryFolder folder;
  RunOptions options = options_for("dense", folder);
  options.model.network = models::NetworkOptions("dense");
  FieldTable table;
  options.describe(table);
  table.find("widths")->set("20,32");
  runs::Run run(options);
  EXPECT_EQ(run.model().code_shape(), (Shape{32}));
  EXPECT_EQ(joined(run.notes()).find("widths"), std::string::npos);
}

TEST(Run, SaysThatFewStepsAreFew) {
  const testing::TemporaryFolder folder;
  const RunOptions options = options_for("dense", folder);
  expect_contains(joined(runs::Run(options).notes()),
                  {"2 steps in all", "`batch_size` 16", "`epochs`"});
  RunOptions longer = options;
  longer.out = folder / "longer";
  longer.training.epochs = 1000;
  EXPECT_EQ(joined(runs::Run(longer).notes()).find("steps"), std::string::npos);
}

}  // namespace
}  // namespace hourglass::runs
