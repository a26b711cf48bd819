#include "hourglass/sources/series.h"

#include "hourglass/datasets/dates.h"
#include "hourglass/sources/open.h"
#include "hourglass/sources/series_gaps.h"
#include "hourglass/sources/source.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

namespace hourglass::sources {

using namespace datasets;

namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

/// Every five minutes; row `missing` has no value, and behind row `jump` an hour is skipped.
std::string five_minutes(int rows, int missing = -1, int jump = -1) {
  std::string text = "timestamp,value\n";
  for (int i = 0; i < rows; ++i) {
    const double moment = 1396310400 + 300.0 * i + (jump >= 0 && i > jump ? 3600 : 0);
    text += fmt::format("{} {},{}\n", date_text(moment).substr(0, 10),
                        i == 0 && moment == 1396310400 ? "00:00:00" : date_text(moment).substr(11),
                        i == missing ? "" : std::to_string(i));
  }
  return text;
}

Series series_of(const std::string& text, Gaps gaps = Gaps::Refuse) {
  return without_gaps(parse_series(text, "s.csv", {}), gaps, 4, "s.csv");
}

std::vector<float> values_of(const Series& series) {
  const at::Tensor flat = series.steps.contiguous().flatten();
  return {flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel()};
}

TEST(ParseSeries, KnowsTheTimesAndTheChannels) {
  const SeriesTable table = parse_series(
      "host,time,b,a\n7,2024-05-01T00:00,1,2\n7,2024-05-01T00:30,3,4\n", "s.csv", {"a", "b"});
  EXPECT_EQ(table.channels, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(table.times, (std::vector<std::string>{"2024-05-01T00:00", "2024-05-01T00:30"}));
  EXPECT_TRUE(table.dates);
  EXPECT_EQ(table.moments[1] - table.moments[0], 1800);
  EXPECT_TRUE(table.values.equal(at::tensor({2.F, 1.F, 4.F, 3.F}).view({2, 2})));
}

TEST(ParseSeries, TakesNumbersUnderTheNameOfTimes) {
  const SeriesTable table = parse_series("Time,x\n0.5,1\n1,2\n", "s.csv", {});
  EXPECT_FALSE(table.dates);
  EXPECT_EQ(table.moments, (std::vector<double>{0.5, 1}));
  EXPECT_EQ(table.channels, (std::vector<std::string>{"x"}));
}

TEST(ParseSeries, TakesFilesWithoutNamesOrTimes) {
  const SeriesTable named = parse_series("2024-05-01,1\n2024-05-02,2\n", "s.csv", {});
  EXPECT_EQ(named.values.size(0), 2);
  EXPECT_EQ(named.channels, (std::vector<std::string>{"column 1"}));
  const SeriesTable plain = parse_series("1,5\n2,6\n", "s.csv", {});
  EXPECT_TRUE(plain.times.empty());
  EXPECT_EQ(plain.values.sizes().vec(), (Shape{2, 2}));
}

TEST(ParseSeries, RefusesWhatIsNoNumber) {
  expect_contains(error_of([] { parse_series("time,a,b\n1,2,3\n2,x,4\n", "s.csv", {}); }),
                  {"s.csv: line 3, column 'a'", "found 'x'", "series:FILE,COLUMN"});
  expect_contains(error_of([] { parse_series("time,a\n1,2\nnoon,4\n", "s.csv", {}); }),
                  {"line 3, column 'time'", "a time as a number", "'noon'"});
  expect_contains(error_of([] { parse_series("time,a\n1,2\n2\n", "s.csv", {}); }),
                  {"line 3: expected 2 cells", "found 1"});
  expect_contains(error_of([] { parse_series("time,temp\n1,2\n2,3\n", "s.csv", {"tmp"}); }),
                  {"'tmp'", "did you mean 'temp'"});
}

TEST(Gaps, AnEvenSeriesIsOneStretch) {
  const Series series = series_of(five_minutes(10));
  EXPECT_EQ(series.stretches, (std::vector<Stretch>{{0, 10}}));
  EXPECT_EQ(series.step, 300);
  EXPECT_EQ(series.times[1], "2014-04-01 00:05:00");
  EXPECT_TRUE(series.notes.empty());
}

TEST(Gaps, OfTimesInAnyUnitAreSeen) {
  // A second each, as days; and nanoseconds, as seconds.
  for (const double step : {1.0 / 86400, 1e-9}) {
    std::string text = "time,x\n";
    for (int i = 0; i < 20; ++i)
      text += fmt::format("{:.17g},{}\n", (i < 12 ? i : i + 3) * step, i);
    const Series series = series_of(text, Gaps::Split);
    EXPECT_NEAR(series.step, step, 1e-9 * step);
    EXPECT_EQ(series.stretches, (std::vector<Stretch>{{0, 12}, {12, 8}}));
  }
}

TEST(Gaps, AreRefusedWithTheirPlace) {
  expect_contains(
      error_of([] { series_of(five_minutes(10, -1, 3)); }),
      {"s.csv: line 6", "a time 300 s after 2014-04-01 00:15:00", "found 2014-04-01 01:20:00",
       "1 of 9 steps are uneven", "`gaps` split, fill or mask"});
  expect_contains(error_of([] { series_of(five_minutes(10, 4)); }),
                  {"s.csv: line 6, column 'value'", "1 of 10 rows", "`gaps` split, fill or mask"});
}

TEST(Gaps, SplitTheSeries) {
  const Series series = series_of(five_minutes(10, 7, 3), Gaps::Split);
  EXPECT_EQ(series.stretches, (std::vector<Stretch>{{0, 4}, {4, 3}, {8, 2}}));
  expect_contains(series.notes.front(), {"3 stretches", "1 uneven step,", "1 row without a value"});
}

TEST(Gaps, AreFilledByLinearInterpolation) {
  // 0 1 . 3, then 15 minutes without a row, then 4.
  const Series series = series_of("time,x\n0,0\n300,1\n600,\n900,3\n1800,4\n", Gaps::Fill);
  const std::vector<float> values = values_of(series);
  ASSERT_EQ(values.size(), 7U);
  const std::vector<float> expected = {0, 1, 2, 3, 3 + 1.F / 3, 3 + 2.F / 3, 4};
  for (size_t i = 0; i < values.size(); ++i) EXPECT_FLOAT_EQ(values[i], expected[i]) << i;
  EXPECT_EQ(series.times,
            (std::vector<std::string>{"0", "300", "600", "900", "1200", "1500", "1800"}));
  expect_contains(series.notes.front(), {"3 of 7 values are interpolated", "5 rows", "7 steps"});
}

TEST(Gaps, AreMaskedBesideWhatStandsForThem) {
  // Windows of 4: two steps without a value are as many as half of one.
  const std::string text = "time,x,y\n0,0,5\n1,,6\n2,2,\n5,5,5\n6,6,5\n";
  const Series series = series_of(text, Gaps::Mask);
  EXPECT_EQ(values_of(series),
            (std::vector<float>{0, 5, 1, 6, 2, 6 - 1.F / 4, 3, 5.5F, 4, 5.25F, 5, 5, 6, 5}));
  EXPECT_TRUE(series.observed.isnan().equal(
      at::tensor({0, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0}).view({7, 2}).to(at::kBool)));
  EXPECT_EQ(series.observed.nansum().item<float>(), 34);
  EXPECT_EQ(series.stretches, (std::vector<Stretch>{{0, 3}, {5, 2}}));
  expect_contains(series.notes.back(), {"neither in the loss nor in scores", "1 gap"});
  EXPECT_FALSE(series_of(text, Gaps::Fill).observed.defined());
  EXPECT_FALSE(series_of("x\n1\n2\n", Gaps::Mask).observed.defined());
}

TEST(Gaps, TheEndsAreFilledWithTheNearestValue) {
  EXPECT_EQ(values_of(series_of("a,b\n,1\n5,2\n,3\n", Gaps::Fill)),
            (std::vector<float>{5, 1, 5, 2, 5, 3}));
}

TEST(Gaps, FillingExpectsTimesThatAscend) {
  expect_contains(error_of([] { series_of("time,x\n0,0\n1,1\n1,2\n2,3\n", Gaps::Fill); }),
                  {"line 4", "after 1, found 1"});
  expect_contains(error_of([] { series_of("time,x\n0,0\n1,1\n2,2\n9999,3\n", Gaps::Fill); }),
                  {"4 rows", "10000 steps", "`gaps` split"});
}

DataOptions windows_of(const std::filesystem::path& file, int64_t window) {
  DataOptions options;
  options.dataset = "series:" + file.string();
  options.series.window = window;
  return options;
}

TEST(OpenSeries, ScalesByTheStepsThatTrainingWindowsHold) {
  const TemporaryFolder folder;
  const auto file = testing::write_file(folder / "s.csv", five_minutes(100));
  DataOptions options = windows_of(file, 5);
  options.validation = {Validation::Kind::Last, 0.2};
  const DataSplits data = open_data(options, 1);
  EXPECT_EQ(data.info.training_rows, 76);    // of 80 steps
  EXPECT_EQ(data.info.validation_rows, 16);  // of 20 steps
  EXPECT_EQ(data.info.scaling.offset, (std::vector<double>{0}));
  EXPECT_FLOAT_EQ(static_cast<float>(data.info.scaling.factor[0]), 1 / 79.F);
  const Batch first = data.validation->batch(at::tensor({0L}));
  EXPECT_EQ(first.rows[0].item<int64_t>(), 80);
  EXPECT_NEAR(first.input[0][0][0].item<double>(), 80 / 79.0, 1e-6);
  ASSERT_TRUE(data.info.series);
  EXPECT_EQ(data.info.series->training_steps, 80);
  EXPECT_EQ(data.info.series->step, 300);
  EXPECT_EQ(data.info.series->channels, (std::vector<std::string>{"value"}));
}

TEST(OpenSeries, EachChannelHasItsScaling) {
  const TemporaryFolder folder;
  std::string text = "a,b\n";
  for (int i = 0; i < 40; ++i) text += fmt::format("{},{}\n", i % 5, 100 * (i % 3));
  const auto file = testing::write_file(folder / "s.csv", text);
  const DataSplits data = open_data(windows_of(file, 2), 1);
  EXPECT_EQ(data.info.scaling.factor.size(), 4U);
  EXPECT_FLOAT_EQ(static_cast<float>(data.info.scaling.factor[2]), 0.25F);
  EXPECT_FLOAT_EQ(static_cast<float>(data.info.scaling.factor[3]), 0.005F);
  EXPECT_EQ(data.info.validation, "last:0.1");
}

TEST(OpenSeries, WindowsSpanNoGap) {
  const TemporaryFolder folder;
  const auto file = testing::write_file(folder / "s.csv", five_minutes(40, -1, 19));
  DataOptions options = windows_of(file, 8);
  options.series.gaps = Gaps::Split;
  options.validation = {Validation::Kind::None};
  const DataSplits data = open_data(options, 1);
  EXPECT_EQ(data.training->size(), 2 * 13);
  EXPECT_EQ(data.info.total_rows, 2 * 13);
}

TEST(OpenSeries, TargetsLackWhatIsMasked) {
  const TemporaryFolder folder;
  const auto file = testing::write_file(folder / "s.csv", "x\n0\n2\nnan\n4\n8\n");
  DataOptions options = windows_of(file, 5);
  options.series.gaps = Gaps::Mask;
  options.validation = {Validation::Kind::None};
  const DataSplits data = open_data(options, 1);
  ASSERT_EQ(data.training->size(), 1);
  const Batch batch = data.training->batch(data.training->all_positions());
  const at::Tensor seen = at::tensor({0.F, 0.25F, 0.375F, 0.5F, 1.F}).view({1, 5, 1});
  EXPECT_TRUE(batch.input.equal(seen));
  EXPECT_TRUE(batch.target[0][2].isnan().all().item<bool>());
  EXPECT_TRUE(batch.target.nan_to_num(0.375).equal(seen));
}

TEST(OpenSeries, RefusesWhatASeriesCannotDo) {
  DataOptions options = windows_of("absent.csv", 8);
  options.validation = {Validation::Kind::Split, 0.1};
  expect_contains(error_of([&] { open_data(options, 1); }), {"`validation` split:0.1", "last:0.1"});
  options.validation = {};
  options.targets = "digits";
  expect_contains(error_of([&] { open_data(options, 1); }), {"`targets` digits"});
  DataOptions table;
  table.series.window = 8;
  expect_contains(error_of([&] { open_data(table, 1); }), {"`window`", "`dataset` digits"});
}

TEST(OpenSeries, IsNoTarget) {
  const TemporaryFolder folder;
  const auto inputs = testing::write_file(folder / "x.csv", "1,2,0\n3,4,1\n5,6,0\n");
  const auto file = testing::write_file(folder / "s.csv", "time,a,b\n0,1,2\n1,2,3\n2,3,4\n");
  DataOptions options;
  options.dataset = "csv:" + inputs.string();
  options.validation = {Validation::Kind::None};
  for (const std::string columns : {"", ",a"}) {
    options.targets = "series:" + file.string() + columns;
    EXPECT_THROW(open_data(options, 1), UsageError) << columns;
    expect_contains(error_of([&] { open_data(options, 1); }),
                    {"`targets` " + options.targets, "found a series", "csv:" + file.string()});
  }
}

TEST(OpenSeries, SaysWhereTheSeriesIsTooShort) {
  const TemporaryFolder folder;
  const auto file = testing::write_file(folder / "s.csv", five_minutes(10));
  expect_contains(error_of([&] { open_data(windows_of(file, 20), 1); }),
                  {"s.csv: expected at least 20 time steps", "found 10"});
}

TEST(ParseSource, SeriesHaveColumns) {
  const Source source = parse_source("series:a/b.csv,x,2", "dataset");
  EXPECT_EQ(source.kind, Source::Kind::Series);
  EXPECT_EQ(source.path, "a/b.csv");
  EXPECT_EQ(source.columns, (std::vector<std::string>{"x", "2"}));
  expect_contains(error_of([] { parse_source("series:", "dataset"); }), {"series:FILE"});
  expect_contains(error_of([] { parse_source("series:a.csv,", "dataset"); }), {"series:FILE"});
}

}  // namespace
}  // namespace hourglass::sources
