#include "hourglass/runs/run.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/formats/json.h"
#include "hourglass/kernels/instruction_set.h"
#include "hourglass/runs/resumption.h"
#include "hourglass/tests/support/support.h"

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <utility>

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

TEST(Run, RecordsTheInstructionsOfItsKernels) {
  const testing::TemporaryFolder folder;
  const runs::Run run(options_for("dense", folder));
  EXPECT_EQ(run.record().machine.instructions, kernels::instruction_set());
  const RunRecord read = run_record_from_json(to_json(run.record()), "run.json");
  EXPECT_EQ(read.machine.instructions, run.record().machine.instructions);
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

/// Which batches do not change.
TEST(Run, CountsTheStepsOfEpochsOfALengthOfTheirOwn) {
  const testing::TemporaryFolder folder;
  RunOptions options = options_for("dense", folder);
  options.training.steps_per_epoch = 20;
  const std::string notes = joined(runs::Run(options).notes());
  expect_contains(notes, {"40 steps in all", "`epochs` 60 make 1,200"});
  EXPECT_EQ(notes.find("`batch_size`"), std::string::npos);
  options.out = folder / "longer";
  options.training.steps_per_epoch = 250;
  EXPECT_EQ(joined(runs::Run(options).notes()).find("steps"), std::string::npos);
}

/// The options of a run that goes on in that folder.
RunOptions going_on(RunOptions options) {
  options.resume = std::exchange(options.out, "");
  return options;
}

TEST(Run, DoesNotBeginAgainWhereItsStateIsGone) {
  const testing::TemporaryFolder folder;
  const RunOptions options = options_for("dense", folder);
  const std::filesystem::path run = options.out;
  runs::Run(options).train();
  const std::string metrics = read_file(run / "metrics.csv");
  std::filesystem::remove(run / kStateFile);
  std::filesystem::remove(run / kPreviousStateFile);
  RunRecord record = read_run_record(run);
  expect_contains(testing::error_of([&] { runs::Run again(going_on(options), record); }),
                  {"last.safetensors", "results of 2 epochs", "`out`"});
  EXPECT_EQ(read_file(run / "metrics.csv"), metrics);

  // As after a kill before the first checkpoint.
  record.results.reset();
  runs::Run again(going_on(options), record);
  EXPECT_EQ(again.finished_epochs(), 0);
  expect_contains(joined(again.notes()), {"the run begins again"});
}

TEST(Run, StopsNoEarlierThanItHasGone) {
  const testing::TemporaryFolder folder;
  RunOptions options = options_for("dense", folder);
  const std::filesystem::path run = options.out;
  options.training.epochs = 4;
  options.stop_after = 2;
  runs::Run(options).train();
  const auto stop_after = [&](int64_t epoch) {
    RunOptions again = going_on(options);
    again.stop_after = epoch;
    return runs::Run(again, read_run_record(run)).train();
  };
  expect_contains(testing::error_of([&] { stop_after(1); }),
                  {"`stop_after`", "2 or more", "found 1"});
  EXPECT_THROW(stop_after(1), UsageError);
  RunOptions fewer = going_on(options);
  fewer.training.epochs = 1;
  fewer.stop_after = 0;
  expect_contains(testing::error_of([&] { runs::Run(fewer, read_run_record(run)).train(); }),
                  {"`epochs`", "2 or more", "found 1"});

  const auto there = stop_after(2);
  EXPECT_EQ(there.end, training::RunEnd::Stopped);
  EXPECT_FALSE(there.last);
  const auto results = read_run_record(run).results;
  ASSERT_TRUE(results && results->last);
  EXPECT_EQ(results->epochs, 2);
  EXPECT_EQ(results->last->epoch, 2);
  EXPECT_EQ(stop_after(3).state->cursor.epoch, 3);
}

/// A refused run leaves no folder.
void expect_refused_run(const RunOptions& options, std::initializer_list<std::string> parts) {
  expect_contains(testing::error_of([&] { runs::Run run(options); }), parts);
  EXPECT_THROW(runs::Run run(options), UsageError);
  EXPECT_FALSE(std::filesystem::exists(options.out));
}

TEST(Run, WrongUsageLeavesNoFolder) {
  const testing::TemporaryFolder folder;
  RunOptions options = options_for("dense", folder);
  options.training.monitor = "loss";
  expect_refused_run(options, {"`monitor`", "found 'loss'"});
  options.training.monitor = "auto";
  options.training.engine.kind = training::EngineKind::Fused;
  options.training.engine.precision = training::Precision::Bfloat16;
  expect_refused_run(options, {"bfloat16"});
}

TEST(Run, RefusesAnExportForSaeLensThatCannotWork) {
  const testing::TemporaryFolder folder;
  RunOptions options = options_for("dense", folder);
  options.exports = {formats::ExportFormat::SaeLens};
  expect_refused_run(options, {"`export` saelens", "'dense'"});

  options = options_of("sparse", "digits-topk");
  options.out = folder / "dictionary";
  options.training.epochs = 1;
  options.training.device = "cpu";
  options.exports = {formats::ExportFormat::SaeLens};
  options.data.scale = *datasets::ScalingRule::parse("standard");
  expect_refused_run(options, {"`export` saelens", "scaling by column"});
  options.data.scale = *datasets::ScalingRule::parse("auto");
  EXPECT_NO_THROW(runs::Run run(options));
}

TEST(Run, MayBeginAtTheMeanOfItsItems) {
  const testing::TemporaryFolder folder;
  RunOptions options = options_for("dense", folder);
  options.model.likelihood = {models::Loss::Mse, models::Activation::Linear};
  options.output_bias = models::OutputBias::Mean;
  runs::Run run(options);
  const at::Tensor mean = datasets::mean_of_known_targets(*run.data().training, 1);
  EXPECT_GT(mean.abs().max().item<double>(), 0);
  EXPECT_TRUE(at::equal(run.model().plan().decoder.end()[-2].layer.tensors.at("bias"), mean));
}

}  // namespace
}  // namespace hourglass::runs
