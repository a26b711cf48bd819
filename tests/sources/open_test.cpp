#include "hourglass/sources/open.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/digest.h"
#include "hourglass/formats/field_json.h"
#include "hourglass/tests/sources/idx_files.h"
#include "hourglass/tests/sources/places.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace hourglass::sources {

using namespace datasets;
using namespace formats;

namespace {

using testing::EmptyPlaces;
using testing::error_of;
using testing::expect_contains;
using testing::idx_file;
using testing::idx_labels;
using testing::TemporaryFolder;
using testing::write_small_mnist;

Batch all_of(const DatasetPtr& data, int64_t epoch = 0) {
  return data->batch(data->all_positions(), epoch);
}

DataOptions options_for(const std::string& dataset) {
  DataOptions options;
  options.dataset = dataset;
  return options;
}

std::string csv_in(const TemporaryFolder& folder, const std::string& name,
                   const std::string& text) {
  return "csv:" + testing::write_file(folder / name, text).string();
}

/// Twenty rows "i,2i,i%2": two columns and a class.
std::string twenty_rows() {
  std::string text;
  for (int i = 0; i < 20; ++i) text += fmt::format("{},{},{}\n", i, 2 * i, i % 2);
  return text;
}

TEST(OpenData, OpensTheDigitsByDefault) {
  const EmptyPlaces places;
  const DataSplits data = open_data({}, 1);
  EXPECT_EQ(data.info.name, "digits");
  EXPECT_EQ(data.info.total_rows, 1797);
  EXPECT_EQ(data.info.training_rows, 1617);
  EXPECT_EQ(data.info.validation_rows, 180);
  EXPECT_EQ(data.info.test_rows, 0);
  EXPECT_EQ(data.info.validation, "split:0.1");
  EXPECT_EQ(data.info.sha256, "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8");
  EXPECT_EQ(data.info.scaling.factor, std::vector<double>{1.0 / 16});
  EXPECT_EQ(data.info.lowest, 0);
  EXPECT_EQ(data.info.highest, 1);
  EXPECT_EQ(data.info.class_names.size(), 10U);
  EXPECT_FALSE(data.test);
  EXPECT_EQ(data.training->item_shape(), (Shape{1, 8, 8}));
  const Batch batch = all_of(data.training);
  EXPECT_TRUE(batch.target.is_same(batch.input));
  EXPECT_EQ(batch.input.max().item<float>(), 1);
}

TEST(OpenData, UsesTheOfficialTestPart) {
  HOURGLASS_NEEDS_DATA("mnist/train-images-idx3-ubyte.gz");
  const DataSplits data = open_data(options_for("mnist"), 1);
  EXPECT_EQ(data.info.validation, "test");
  EXPECT_EQ(data.info.total_rows, 70000);
  EXPECT_EQ(data.info.training_rows, 60000);
  EXPECT_EQ(data.info.validation_rows, 10000);
  EXPECT_EQ(data.info.test_rows, 10000);
  EXPECT_EQ(data.info.highest, 1);
  EXPECT_EQ(data.training->item_shape(), (Shape{1, 28, 28}));
  const Batch first = data.validation->batch(data.validation->first_positions(3));
  EXPECT_TRUE(first.labels.equal(at::tensor({7, 2, 1}, at::kLong)));
}

TEST(OpenData, SplitsASetWithATestPartWhenTold) {
  const EmptyPlaces places;
  write_small_mnist(places.cache() / "mnist", 100);
  DataOptions options = options_for("mnist");
  options.validation = {Validation::Kind::Last, 0.2};
  const DataSplits data = open_data(options, 1);
  EXPECT_EQ(data.info.training_rows, 80);
  EXPECT_EQ(data.info.validation_rows, 20);
  EXPECT_EQ(data.info.test_rows, 2);
  EXPECT_EQ(data.info.total_rows, 102);
  EXPECT_TRUE(all_of(data.validation).rows.equal(at::arange(80, 100)));
  options.validation = {Validation::Kind::None};
  const DataSplits whole = open_data(options, 1);
  EXPECT_EQ(whole.info.training_rows, 100);
  EXPECT_FALSE(whole.validation);
  EXPECT_EQ(whole.test->size(), 2);
}

TEST(OpenData, StratifiesIrisAndScalesByItsTrainingRows) {
  const EmptyPlaces places;
  DataOptions options = options_for("iris");
  options.validation = {Validation::Kind::Split, 0.2};
  const DataSplits data = open_data(options, 1);
  const at::Tensor ten_each = at::tensor({10, 10, 10}, at::kLong);
  EXPECT_TRUE(all_of(data.validation).labels.bincount().equal(ten_each));
  const at::Tensor training = all_of(data.training).input;
  EXPECT_TRUE(std::get<0>(training.min(0)).equal(at::zeros({4})));
  EXPECT_TRUE(std::get<0>(training.max(0)).allclose(at::ones({4})));
  EXPECT_EQ(data.info.scaling.factor.size(), 4U);
  ASSERT_EQ(data.info.notes.size(), 1U);
  EXPECT_EQ(data.info.class_names[1], "versicolor");
}

TEST(OpenData, ScalesByTrainingRowsAlone) {
  const TemporaryFolder folder;
  DataOptions options = options_for(csv_in(folder, "a.csv", twenty_rows()));
  options.validation = {Validation::Kind::Last, 0.5};
  const DataSplits data = open_data(options, 1);
  EXPECT_EQ(data.info.scaling.offset, (std::vector<double>{0, 0}));
  EXPECT_FLOAT_EQ(all_of(data.validation).input.max().item<float>(), 19.0F / 9)
      << "rows beyond the training rows' extremes keep their distance";
  EXPECT_EQ(data.info.highest, 1);
}

TEST(OpenData, ScalesAsTold) {
  const TemporaryFolder folder;
  DataOptions options = options_for(csv_in(folder, "a.csv", twenty_rows()));
  options.validation = {Validation::Kind::None};
  options.scale = {ScalingRule::Kind::None};
  EXPECT_EQ(open_data(options, 1).info.highest, 38);
  options.scale = {ScalingRule::Kind::Max, 19};
  EXPECT_EQ(open_data(options, 1).info.highest, 2);
  const Scaling given{.offset = {1, 0}, .factor = {1, 0.5}};
  const DataSplits data = open_data(options, 1, {.inputs = given});
  EXPECT_EQ(data.info.scaling.offset, given.offset);
  EXPECT_EQ(data.info.lowest, -1);
  EXPECT_EQ(data.info.highest, 19);
  const Scaling other{.offset = {1, 2, 3}, .factor = {1, 1, 1}};
  expect_contains(error_of([&] { open_data(options, 1, {.inputs = other}); }),
                  {"2 features", "3 offsets"});
}

TEST(OpenData, SplitsBySeed) {
  const EmptyPlaces places;
  const at::Tensor first = all_of(open_data({}, 1).validation).rows;
  EXPECT_TRUE(all_of(open_data({}, 1).validation).rows.equal(first));
  EXPECT_FALSE(all_of(open_data({}, 2).validation).rows.equal(first));
}

TEST(OpenData, GivesItemsTheShapeAskedFor) {
  const TemporaryFolder folder;
  DataOptions options = options_for(csv_in(folder, "a.csv", "1,2,3,4,5,6\n7,8,9,0,1,2\n"));
  options.label_column = {LabelColumn::Kind::None};
  options.validation = {Validation::Kind::None};
  options.item_shape = {1, 2, 3};
  EXPECT_EQ(all_of(open_data(options, 1).training).input.sizes().vec(), (Shape{2, 1, 2, 3}));
  options.item_shape = {1, 2, 4};
  expect_contains(error_of([&] { open_data(options, 1); }), {"`item_shape` 1,2,4", "6 values"});
}

TEST(OpenData, OpensIdxFilesOfEveryRank) {
  const TemporaryFolder folder;
  const std::vector<std::pair<Shape, Shape>> cases = {
      {{20}, {1}}, {{20, 3}, {3}}, {{20, 2, 3}, {1, 2, 3}}, {{20, 3, 2, 2}, {3, 2, 2}}};
  for (const auto& [stored, item] : cases) {
    const auto path = testing::write_file(folder / "a", idx_file(stored));
    const DataSplits data = open_data(options_for("idx:" + path.string()), 1);
    EXPECT_EQ(data.training->item_shape(), item);
    EXPECT_FALSE(data.training->has_labels());
    EXPECT_EQ(data.info.scaling.factor, std::vector<double>{1.0 / 255});
    EXPECT_TRUE(data.info.class_names.empty());
    EXPECT_EQ(data.info.training_rows, 18);
    EXPECT_EQ(data.info.sha256, sha256(idx_file(stored)));
  }
}

TEST(OpenData, OpensIdxFilesWithLabels) {
  const TemporaryFolder folder;
  const std::string images = testing::write_file(folder / "images", idx_file({4, 2, 2})).string();
  const std::string labels =
      testing::write_file(folder / "labels", idx_labels({0, 2, 2, 0})).string();
  DataOptions options = options_for("idx:" + images + "," + labels);
  options.validation = {Validation::Kind::None};
  const DataSplits data = open_data(options, 1);
  EXPECT_TRUE(all_of(data.training).labels.equal(at::tensor({0, 2, 2, 0}, at::kLong)));
  EXPECT_EQ(data.info.class_names, (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_EQ(data.info.sha256, sha256(read_file(images) + read_file(labels)));

  testing::write_file(labels, idx_labels({0, 1, 2}));
  expect_contains(error_of([&] { open_data(options, 1); }), {"expected 4 labels", "found 3"});
  options.dataset = "idx:" + images + "," + images;
  expect_contains(error_of([&] { open_data(options, 1); }), {"1 dimension, found 3"});
}

TEST(OpenData, CorruptsTrainingFreshlyAndValidationAlike) {
  const EmptyPlaces places;
  write_small_mnist(places.cache() / "mnist", 100);
  DataOptions options = options_for("mnist");
  options.corruption = {CorruptionKind::SaltPepper, 0.5};
  const DataSplits data = open_data(options, 1);
  EXPECT_FALSE(all_of(data.training, 0).input.equal(all_of(data.training, 1).input));
  EXPECT_TRUE(all_of(data.training, 0).target.equal(all_of(data.training, 1).target));
  EXPECT_TRUE(all_of(data.validation, 0).input.equal(all_of(data.validation, 1).input));
  EXPECT_FALSE(all_of(data.validation).input.equal(all_of(data.validation).target));
  EXPECT_TRUE(all_of(data.test).target.equal(all_of(data.validation).target));
  EXPECT_FALSE(all_of(data.test).input.equal(all_of(data.validation).input))
      << "the noise of the test is another";
  options.noise = Noise::Once;
  const DataSplits once = open_data(options, 1);
  EXPECT_TRUE(all_of(once.training, 0).input.equal(all_of(once.training, 1).input));
  EXPECT_FALSE(all_of(open_data(options, 2).training).input.equal(all_of(once.training).input));
}

TEST(OpenData, DrawsTrainingItemsFreshlyAndOthersOnce) {
  const EmptyPlaces places;
  write_small_mnist(places.cache() / "mnist", 100);
  DataOptions options = options_for("mnist");
  options.binarize = Binarization::Fresh;
  const DataSplits data = open_data(options, 1);
  const at::Tensor first = all_of(data.training, 0).input;
  EXPECT_TRUE(first.eq(0).logical_or(first.eq(1)).all().item<bool>());
  EXPECT_FALSE(first.equal(all_of(data.training, 1).input));
  EXPECT_TRUE(all_of(data.test, 0).input.equal(all_of(data.test, 1).input));
  EXPECT_TRUE(all_of(data.test).input.equal(all_of(data.validation).input));
  options.corruption = {CorruptionKind::Mask, 0.5};
  EXPECT_TRUE(all_of(open_data(options, 1).training, 0).target.equal(first))
      << "noise is put on what was drawn";
}

TEST(OpenData, RefusesToDrawWhatIsNoProbability) {
  const EmptyPlaces places;
  DataOptions options = options_for("iris");
  options.scale = {ScalingRule::Kind::None};
  options.binarize = Binarization::Once;
  expect_contains(error_of([&] { open_data(options, 1); }),
                  {"`binarize` once", "between 0 and 1", "found 0.1 to 7.9", "minmax"});
  options.scale = {ScalingRule::Kind::MinMax};
  EXPECT_NO_THROW(open_data(options, 1));
  options.targets = "iris";
  expect_contains(error_of([&] { open_data(options, 1); }),
                  {"`binarize` once", "without `targets`"});
}

TEST(OpenData, RefusesNoiseThatValuesAreNotMadeFor) {
  const EmptyPlaces places;
  DataOptions options = options_for("iris");
  options.scale = {ScalingRule::Kind::None};
  options.corruption = {CorruptionKind::Gaussian, 0.5};
  expect_contains(error_of([&] { open_data(options, 1); }),
                  {"`corruption` gaussian:0.5", "between 0 and 1", "found 0.1 to 7.9", "minmax"});
  options.corruption = {CorruptionKind::Mask, 0.5};
  EXPECT_NO_THROW(open_data(options, 1));
}

TEST(OpenData, PairsInputsWithTargets) {
  const TemporaryFolder folder;
  std::string target_text;
  for (int i = 0; i < 20; ++i) target_text += fmt::format("{}\n", 100 + i);
  DataOptions options = options_for(csv_in(folder, "a.csv", twenty_rows()));
  options.targets = csv_in(folder, "b.csv", target_text);
  options.label_column = {LabelColumn::Kind::None};
  const DataSplits data = open_data(options, 1);
  EXPECT_EQ(data.training->item_shape(), (Shape{3}));
  EXPECT_EQ(data.training->target_shape(), (Shape{1}));
  ASSERT_TRUE(data.info.targets);
  EXPECT_EQ(data.info.targets->name, options.targets);
  EXPECT_EQ(data.info.targets->sha256, sha256(target_text));
  // Row by row: both columns grow by the same steps.
  for (const auto& part : {data.training, data.validation}) {
    const Batch batch = all_of(part);
    const at::Tensor rows = batch.rows.to(at::kFloat);
    const Scaling& inputs = data.info.scaling;
    const Scaling& targets = data.info.targets->scaling;
    EXPECT_TRUE(batch.input.select(1, 0).allclose((rows - inputs.offset[0]) * inputs.factor[0]));
    EXPECT_TRUE(
        batch.target.select(1, 0).allclose((rows + 100 - targets.offset[0]) * targets.factor[0]));
  }
  const Scaling given{.offset = {100}, .factor = {1}};
  const DataSplits again = open_data(options, 1, {.inputs = data.info.scaling, .targets = given});
  EXPECT_EQ(again.info.targets->scaling.offset, given.offset);
  EXPECT_GT(again.info.highest, 17);
}

TEST(OpenData, RefusesTargetsOfAnotherLength) {
  const TemporaryFolder folder;
  DataOptions options = options_for(csv_in(folder, "a.csv", twenty_rows()));
  options.targets = csv_in(folder, "b.csv", "1,0\n2,1\n");
  expect_contains(error_of([&] { open_data(options, 1); }),
                  {"`targets`", "expected 20 rows", "found 2"});
}

TEST(OpenData, PairsOfficialTestParts) {
  const EmptyPlaces places;
  write_small_mnist(places.cache() / "mnist", 100);
  write_small_mnist(places.variable() / "fashion-mnist", 100);
  DataOptions options = options_for("mnist");
  options.targets = "fashion-mnist";
  options.corruption = {CorruptionKind::Mask, 0.5};
  const DataSplits data = open_data(options, 1);
  EXPECT_EQ(data.info.validation, "test");
  EXPECT_EQ(data.info.class_names[9], "9") << "labels are those of the inputs";
  EXPECT_TRUE(all_of(data.test).target.flatten().mul(255).allclose(at::arange(12).to(at::kFloat)));

  // The test images of one cannot be paired with nothing.
  const TemporaryFolder folder;
  options.targets = csv_in(folder, "b.csv", std::string("1,2,0\n", 6) + "0,0,1\n");
  write_small_mnist(places.cache() / "mnist", 2);
  options.validation = {Validation::Kind::None};
  EXPECT_FALSE(open_data(options, 1).test);
}

TEST(OpenData, RefusesWhatItDoesNotKnow) {
  const auto usage_error = [](const DataOptions& options) {
    EXPECT_THROW(open_data(options, 1), UsageError);
    return error_of([&] { open_data(options, 1); });
  };
  expect_contains(usage_error(options_for("minst")),
                  {"`dataset`", "'minst'", "did you mean 'mnist'"});
  expect_contains(usage_error(options_for("mine.csv")), {"did you mean 'csv:mine.csv'"});
  for (const std::string text : {"", "csv:", "idx:", "idx:a,b,c", "idx:,b", "idx:a,"}) {
    expect_contains(usage_error(options_for(text)), {"csv:PATH", "found '" + text + "'"});
  }
  DataOptions options;
  options.targets = "digitz";
  expect_contains(usage_error(options), {"`targets`", "did you mean 'digits'"});
  options.targets = "";
  options.validation = {Validation::Kind::Test};
  for (const std::string text : {"digits", "iris", "csv:absent", "idx:absent"}) {
    options.dataset = text;
    expect_contains(usage_error(options), {"`validation` test", "split:0.1"});
  }
}

TEST(OpenData, NamesTheFileThatIsMissing) {
  expect_contains(error_of([] { open_data(options_for("csv:absent.csv"), 1); }),
                  {"absent.csv", "No such file"});
  expect_contains(error_of([] { open_data(options_for("idx:absent.idx"), 1); }),
                  {"absent.idx", "No such file"});
}

TEST(DataOptions, SurviveTheRoundTripThroughJson) {
  DataOptions options;
  FieldTable table;
  options.describe(table);
  const std::vector<std::pair<std::string, std::string>> settings = {
      {"dataset", "csv:a.csv"},
      {"targets", "idx:b"},
      {"data_dir", "/data"},
      {"label_column", "3"},
      {"header", "yes"},
      {"item_shape", "1,8,8"},
      {"scale", "max:16"},
      {"validation", "last:0.2"},
      {"corruption", "mask:0.25"},
      {"condition", "label"},
      {"noise", "once"},
      {"classes", "7,8"},
      {"resize", "28,32"},
      {"color", "grey"},
      {"rows", "age >= 30 and label == 7"},
      {"map_above", "64"},
      {"columns", "a,b"},
      {"drop", "c"},
      {"id_column", "name"},
      {"category_columns", "2"},
      {"impute", "mean"},
      {"window", "48"},
      {"stride", "2"},
      {"gaps", "split"},
      {"binarize", "fresh"}};
  EXPECT_EQ(table.rows().size(), settings.size());
  for (const auto& [name, text] : settings) table.find(name)->set(text);
  DataOptions copy;
  FieldTable copies;
  copy.describe(copies);
  from_json(copies, nlohmann::json::parse(formats::to_json(table).dump()), "run.json");
  EXPECT_EQ(formats::to_json(copies), formats::to_json(table));
  EXPECT_EQ(copy.data_dir, "/data");
  EXPECT_EQ(copy.validation.fraction, 0.2);
  EXPECT_EQ(copy.item_shape, (Shape{1, 8, 8}));
  EXPECT_EQ(copy.noise, Noise::Once);
}

TEST(OpenData, KeepsTheNamesOfColumns) {
  const TemporaryFolder folder;
  DataOptions options = options_for(csv_in(folder, "a.csv", "age,size,kind\n" + twenty_rows()));
  EXPECT_EQ(open_data(options, 1).info.column_names, (std::vector<std::string>{"age", "size"}));
  options.condition = ConditionRule::parse("columns:0").value();
  const DataSplits told = open_data(options, 1);
  EXPECT_EQ(told.info.column_names, std::vector<std::string>{"size"});
  EXPECT_EQ(told.condition_names, std::vector<std::string>{"age"});
  EXPECT_EQ(told.condition_columns, std::vector<int64_t>{0});
  options.condition = {};
  options.item_shape = {2, 1};
  EXPECT_TRUE(open_data(options, 1).info.column_names.empty());
  options.dataset = csv_in(folder, "b.csv", twenty_rows());
  EXPECT_TRUE(open_data(options, 1).info.column_names.empty());
}

TEST(DataInfo, NamesTheClassesOfTrainingRows) {
  const EmptyPlaces places;
  const formats::DataCard digits = open_data({}, 1).info;
  EXPECT_EQ(digits.trained_classes, digits.class_names);
  const TemporaryFolder folder;
  DataOptions options = options_for(csv_in(folder, "a.csv", "1,0\n2,0\n3,5\n4,9\n"));
  options.validation = {Validation::Kind::Last, 0.25};
  EXPECT_EQ(open_data(options, 1).info.trained_classes, (std::vector<std::string>{"0", "5"}));
}

TEST(DataInfo, IsWrittenAsJson) {
  const EmptyPlaces places;
  DataOptions options = options_for("iris");
  options.targets = "iris";
  const nlohmann::json json = to_json(open_data(options, 1).info);
  EXPECT_EQ(json["name"], "iris");
  EXPECT_EQ(json["total_rows"], 150);
  EXPECT_EQ(json["validation"], "split:0.1");
  EXPECT_EQ(json["scaling"]["offset"].size(), 4U);
  EXPECT_EQ(json["class_names"][2], "virginica");
  EXPECT_EQ(json["notes"].size(), 2U);
  EXPECT_EQ(json["targets"]["name"], "iris");
  EXPECT_FALSE(to_json(open_data(options_for("digits"), 1).info).contains("targets"));
}

}  // namespace
}  // namespace hourglass::sources
