#include "hourglass/evaluation/model_data.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/evaluation/model_condition.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/evaluation/small_model.h"
#include "hourglass/tests/support/support.h"

#include <filesystem>
#include <string>
#include <vector>

namespace hourglass::evaluation {

using namespace models;

namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

/// Told one of three classes beside four values.
ExportedModel told_model(const TemporaryFolder& folder, const std::string& rule = "label",
                         const std::vector<std::string>& names = {"setosa", "versicolor",
                                                                  "virginica"}) {
  Autoencoder model(
      {.shapes = {{4}, {4}}, .network = DenseNetwork{.widths = {2}}, .condition_width = 3});
  return testing::exported(model, folder / "best.pt",
                           {{"dataset", "iris"}, {"condition", rule}, {"seed", 3}}, names);
}

sources::ReadData table_of(const TemporaryFolder& folder, const std::string& text) {
  testing::write_file(folder / "rows.csv", text);
  return sources::read_data({.dataset = "csv:" + (folder / "rows.csv").string()});
}

constexpr const char* kTwoClasses = "1,2,3,4,virginica\n5,6,7,8,setosa\n9,9,9,9,virginica\n";

sources::DataOptions told_options() {
  sources::DataOptions options{.dataset = "rows.csv"};
  options.validation = {datasets::Validation::Kind::None};
  options.condition = {datasets::ConditionRule::Kind::Label};
  return options;
}

TEST(RecordedData, AreThoseOfTraining) {
  const TemporaryFolder folder;
  const auto data = recorded_data(told_model(folder));
  ASSERT_TRUE(data);
  EXPECT_EQ(data->dataset, "iris");
  EXPECT_EQ(data->condition.text(), "label");
}

TEST(SplitFor, PutsClassesInTheOrderOfTheModel) {
  const TemporaryFolder folder;
  const auto model = told_model(folder);
  const auto splits =
      split_for(model, table_of(folder, kTwoClasses), told_options(), ScaleValues::AsOptionsSay);
  const Batch batch = splits.training->batch(splits.training->all_positions());
  EXPECT_TRUE(
      at::equal(batch.condition,
                at::tensor({0.0F, 0.0F, 1.0F, 1.0F, 0.0F, 0.0F, 0.0F, 0.0F, 1.0F}).view({3, 3})));
}

TEST(SplitFor, RefusesClassesThatTheModelDoesNotKnow) {
  const TemporaryFolder folder;
  const auto model = told_model(folder);
  const auto split = [&](const std::string& text) {
    return error_of([&] {
      split_for(model, table_of(folder, text), told_options(), ScaleValues::AsOptionsSay);
    });
  };
  expect_contains(split("1,2,3,4,rose\n5,6,7,8,setosa\n"), {"best.pt", "versicolor", "'rose'"});
  expect_contains(split("1,2,3,rose\n5,6,7,setosa\n"), {"rows.csv", "items of 4", "found 3"});
}

TEST(SplitFor, FindsColumnsByNameWhereBothSidesHaveNames) {
  const TemporaryFolder folder;
  const auto condition = [&](const std::vector<std::string>& names, const std::string& header) {
    const auto model = told_model(folder, "columns:0,1,2", names);
    auto options = told_options();
    options.condition = datasets::ConditionRule::parse("columns:0,1,2").value();
    options.scale = {datasets::ScalingRule::Kind::None};
    const auto splits = split_for(model, table_of(folder, header + "1,2,3,4,5,6,7,0\n"), options,
                                  ScaleValues::AsOptionsSay);
    return splits.training->batch(splits.training->all_positions()).condition;
  };
  const at::Tensor in_order = at::tensor({1.0F, 2.0F, 3.0F}).view({1, 3});
  const std::string header = "a,b,c,p,q,r,s,label\n";
  EXPECT_TRUE(condition({"c", "a", "b"}, header).equal(in_order.roll(1)));
  EXPECT_TRUE(condition({"column 0", "column 1", "column 2"}, header).equal(in_order))
      << "models of a file without names, and of earlier versions";
  EXPECT_TRUE(condition({"c", "a", "b"}, "").equal(in_order)) << "a file without names";
  expect_contains(error_of([&] { condition({"c", "a", "x"}, header); }), {"c, a, x", "found 'b'"});
}

TEST(ConditionNamed, TakesANameOrANumber) {
  const TemporaryFolder folder;
  const auto model = told_model(folder);
  EXPECT_TRUE(
      at::equal(condition_named(model, "virginica"), at::tensor({0.0F, 0.0F, 1.0F}).view({1, 3})));
  EXPECT_TRUE(at::equal(condition_named(model, "0"), at::tensor({1.0F, 0.0F, 0.0F}).view({1, 3})));
  expect_contains(error_of([&] { condition_named(model, "virginia"); }),
                  {"did you mean 'virginica'", "or its number"});
  expect_contains(error_of([&] { condition_named(told_model(folder, "columns:0,1,2"), "1"); }),
                  {"3 numbers", "'1'"});
}

constexpr const char *kTableHeader = "size,x,age,y,z,label\n",
                     *kTableRows = "1,2,30,4,5,a\n2,9,50,7,8,a\n9,3,40,5,6,b\n4,4,20,4,4,b\n";

/// What these rows are told, age and size, as a user says it.
const std::vector<std::string> kToldNumbers = {"30,1", "50,2", "40,9", "20,4"};

/// A table of five columns, of which two are told, and a model that learned from it.
struct ToldTable {
  TemporaryFolder folder;
  sources::DataSplits splits;

  explicit ToldTable(const std::string& scale,
                     const std::string& text = std::string(kTableHeader) + kTableRows,
                     const std::string& told = "columns:age,size") {
    testing::write_file(folder / "rows.csv", text);
    options_["condition"] = told;
    options_["scale"] = scale;
    sources::DataOptions data{.dataset = dataset()};
    data.validation = {datasets::Validation::Kind::None};
    data.scale = datasets::ScalingRule::parse(scale).value();
    data.condition = datasets::ConditionRule::parse(told).value();
    splits = sources::open_data(data, /*seed=*/1);
  }

  std::string dataset() const { return "csv:" + (folder / "rows.csv").string(); }

  ExportedModel model() const {
    Autoencoder trained(
        {.shapes = {{3}, {3}}, .network = DenseNetwork{.widths = {2}}, .condition_width = 2});
    nlohmann::json options = options_;
    options["dataset"] = dataset();
    const formats::ModelCard card = {
        .variant = "small",
        .options = formats::RecordedOptions(options),
        .input_shape = {3},
        .target_shape = {3},
        .code_shape = trained.code_shape(),
        .code_kind = trained.code_kind(),
        .condition = formats::ConditionCard{2, splits.condition_names, splits.condition_columns},
        .data = splits.info};
    formats::export_autoencoder(trained, folder / "best.pt", card);
    return ExportedModel::load(folder / "best.pt");
  }

  /// What the rows are told, as in training.
  at::Tensor conditions() const {
    return splits.training->batch(splits.training->all_positions()).condition;
  }

 private:
  nlohmann::json options_;
};

TEST(ConditionNamed, NumbersAreScaledAsTheColumnsWere) {
  for (const char* scale : {"standard", "minmax", "robust", "quantile", "max:50", "norm", "none"}) {
    const ToldTable table(scale);
    const auto model = table.model();
    EXPECT_TRUE(conditions_named(model, kToldNumbers).equal(table.conditions())) << scale;
    EXPECT_TRUE(condition_named(model, "40,9").equal(table.conditions().narrow(0, 2, 1))) << scale;
  }
}

TEST(ConditionNamed, NumbersNeedNoTableToBeScaled) {
  for (const char* told : {"columns:2,0", "columns:age,size"}) {
    const ToldTable table("standard", std::string(kTableHeader) + kTableRows, told);
    const auto model = table.model();
    std::filesystem::remove(table.folder / "rows.csv");
    EXPECT_TRUE(conditions_named(model, kToldNumbers).equal(table.conditions())) << told;
  }
}

TEST(ConditionNamed, ACardOfAnEarlierVersionDoesNotSayWhichColumnsTheyWere) {
  ToldTable table("standard");
  const auto refusal = [&] { return error_of([&] { condition_named(table.model(), "40,9"); }); };
  table.splits.condition_columns = {2, 7};
  expect_contains(refusal(), {"best.pt", "columns 0 to 4", "found 7"});
  table.splits.condition_columns = {};
  expect_contains(refusal(), {"best.pt", "age, size", "earlier version", "train"});
  ToldTable alike("max:50");
  alike.splits.condition_columns = {};
  EXPECT_TRUE(conditions_named(alike.model(), kToldNumbers).equal(alike.conditions()))
      << "all columns are scaled in one way";
}

TEST(ConditionNamed, ColumnsOfAMixedTableAreInTheCard) {
  const ToldTable table("standard", std::string(kTableHeader) +
                                        "1,2,30,yes,5,a\n2,9,50,no,8,a\n9,3,40,no,6,b\n4,4,20,yes,"
                                        "4,b\n");
  const auto model = table.model();
  ASSERT_TRUE(model.card()->data->schema);
  std::filesystem::remove(table.folder / "rows.csv");
  EXPECT_TRUE(conditions_named(model, kToldNumbers).equal(table.conditions()));
}

TEST(SameCondition, IsThatOfEveryRow) {
  const TemporaryFolder folder;
  auto model = told_model(folder);
  const at::Tensor x = at::rand({5, 4});
  const at::Tensor condition = condition_named(model, "setosa");
  const auto data = with_same_condition(testing::unscaled(x), condition);
  EXPECT_TRUE(at::equal(encode_all(model, *data).values,
                        model.encode(x, condition.expand({5, 3}).contiguous())));
}

}  // namespace
}  // namespace hourglass::evaluation
