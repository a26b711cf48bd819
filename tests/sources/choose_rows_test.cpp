#include "hourglass/sources/choose_rows.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/digest.h"
#include "hourglass/sources/open.h"
#include "hourglass/tests/sources/idx_files.h"
#include "hourglass/tests/sources/places.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace hourglass::sources {

using namespace datasets;

namespace {

using testing::EmptyPlaces;
using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

RowChoice choice(const std::string& text) { return RowChoice::parse(text).value(); }

/// Six people: age and size, and a class that is a word or a number.
StoredData people(const std::vector<std::string>& class_names = {"cat", "dog", "owl"}) {
  StoredData data;
  data.rows.values =
      at::tensor({10.0F, 0.1F, 20.0F, 0.2F, 30.0F, 0.3F, 40.0F, 0.4F, 50.0F, 0.5F, 60.0F, 0.6F})
          .view({6, 2});
  data.rows.labels = at::tensor({0, 1, 2, 0, 1, 2}, at::kLong);
  data.class_names = class_names;
  data.column_names = {"age", "size < 1"};
  data.label_name = "kind";
  return data;
}

std::vector<int64_t> chosen(const std::string& rows, const StoredData& data = people(),
                            const std::string& classes = "all") {
  const at::Tensor found =
      choose_rows(data, data, ClassChoice::parse(classes).value(), choice(rows)).rows;
  return {found.data_ptr<int64_t>(), found.data_ptr<int64_t>() + found.size(0)};
}

using Rows = std::vector<int64_t>;

TEST(ChooseRows, TakesAllWhereNothingIsSaid) {
  const StoredData data = people();
  const ChosenRows all = choose_rows(data, data, {}, {});
  EXPECT_FALSE(all.rows.defined());
  EXPECT_TRUE(all.notes.empty());
}

TEST(ChooseRows, ComparesColumnsAsTheyAreStored) {
  EXPECT_EQ(chosen("age >= 30"), (Rows{2, 3, 4, 5}));
  EXPECT_EQ(chosen("age>30"), (Rows{3, 4, 5}));
  EXPECT_EQ(chosen("age != 30 and age <= 40"), (Rows{0, 1, 3}));
  EXPECT_EQ(chosen("column1 == 0.3"), (Rows{2})) << "a decimal equals itself in float32";
  EXPECT_EQ(chosen("column 1 < 0.3"), (Rows{0, 1}));
  EXPECT_EQ(chosen("'size < 1' > 0.45"), (Rows{4, 5}));
}

TEST(ChooseRows, ComparesLabelsAndRowNumbers) {
  EXPECT_EQ(chosen("label == dog"), (Rows{1, 4}));
  EXPECT_EQ(chosen("kind != \"dog\""), (Rows{0, 2, 3, 5}));
  EXPECT_EQ(chosen("label == 2"), (Rows{2, 5})) << "no class is called 2";
  EXPECT_EQ(chosen("label >= 1 and row < 3"), (Rows{1, 2}));
  const StoredData numbered = people({"3", "7", "9"});
  EXPECT_EQ(chosen("label == 7", numbered), (Rows{1, 4})) << "a name counts before a number";
  EXPECT_EQ(chosen("label > 3", numbered), (Rows{1, 2, 4, 5}));
}

TEST(ChooseRows, TakesRowNumbersAndFilesOfThem) {
  EXPECT_EQ(chosen("4,0-1,4"), (Rows{0, 1, 4}));
  const TemporaryFolder folder;
  const auto file = testing::write_file(folder / "rows.txt", "5\r\n\n 0-1 \n");
  EXPECT_EQ(chosen("@" + file.string()), (Rows{0, 1, 5}));
  const StoredData data = people();
  EXPECT_EQ(choose_rows(data, data, {}, choice("@" + file.string())).list_sha256,
            formats::sha256("5\r\n\n 0-1 \n"));
  testing::write_file(file, "5\nfive\n");
  expect_contains(error_of([&] { chosen("@" + file.string()); }), {"line 2", "row", "'five'"});
  testing::write_file(file, "\n");
  expect_contains(error_of([&] { chosen("@" + file.string()); }), {"expected row numbers", "none"});
  expect_contains(error_of([] { chosen("@absent.txt"); }), {"absent.txt", "No such file"});
}

TEST(ChooseRows, TakesClassesByNameAndNumber) {
  EXPECT_EQ(chosen("all", people(), "owl,0"), (Rows{0, 2, 3, 5}));
  EXPECT_EQ(chosen("age > 30", people(), "owl,0"), (Rows{3, 5}));
}

TEST(ChooseRows, SaysWhatIsNotThere) {
  const auto refusal = [](const std::string& rows, const std::string& classes = "all") {
    return error_of([&] { chosen(rows, people(), classes); });
  };
  expect_contains(refusal("agee > 3"), {"`rows`", "age, size < 1, label, row", "mean 'age'"});
  expect_contains(refusal("column2 > 3"), {"columns of 0 to 1", "found 2"});
  expect_contains(refusal("age > old"), {"a number", "'age'", "'old'"});
  expect_contains(refusal("label == dig"), {"classes cat, dog, owl", "did you mean 'dog'"});
  expect_contains(refusal("label > dog"), {"a number", "'label'"});
  expect_contains(refusal("3,6"), {"`rows` 3,6", "rows of 0 to 5", "found 6"});
  expect_contains(refusal("age > 60"), {"`rows` age > 60", "none of the 6 rows"});
  expect_contains(refusal("all", "bird"), {"`classes`", "cat, dog, owl", "'bird'"});
  expect_contains(refusal("row < 1", "dog"), {"`classes` dog and `rows` row < 1", "none"});
  StoredData unlabelled = people();
  unlabelled.rows.labels = at::Tensor();
  expect_contains(error_of([&] { chosen("label == dog", unlabelled); }), {"labels", "none"});
  expect_contains(error_of([&] { chosen("all", unlabelled, "dog"); }), {"`classes` dog", "labels"});
}

TEST(RowChoice, ReadsItsFormsAndNoOthers) {
  for (const char* text : {"all", "3", "0-99,150", "@rows.txt", "age >= 30 and label == 7"}) {
    EXPECT_EQ(choice(text).text(), text);
  }
  EXPECT_EQ(choice("a b == 'x and y' and c<1").comparisons.size(), 2U);
  EXPECT_EQ(choice("a b == 'x and y' and c<1").comparisons[0].value, "x and y");
  for (const char* text : {"", "age", "age =", "age = 3", ">= 3", "age >= 30 and", "'age > 3",
                           "age > 3 or age < 1", "9-3", "-1", "@", "a < b < c"}) {
    EXPECT_FALSE(RowChoice::parse(text)) << text;
  }
}

TEST(ClassChoice, ReadsWhatItWrites) {
  for (const char* text : {"all", "7", "7,8", "Ankle boot,2"}) {
    EXPECT_EQ(ClassChoice::parse(text).value().text(), text);
  }
  for (const char* text : {"", "7,,8"}) EXPECT_FALSE(ClassChoice::parse(text)) << text;
}

DataOptions table_in(const TemporaryFolder& folder) {
  std::string text = "age,size,kind\n";
  for (int i = 0; i < 20; ++i) text += fmt::format("{},{},{}\n", i, 100 - i, i % 4);
  DataOptions options;
  options.dataset = "csv:" + testing::write_file(folder / "a.csv", text).string();
  return options;
}

TEST(OpenData, TrainsAndJudgesOnChosenRowsAlone) {
  const TemporaryFolder folder;
  DataOptions options = table_in(folder);
  options.rows = choice("age >= 10");
  options.classes = {{"1", "3"}};
  options.validation = {Validation::Kind::Last, 0.4};
  const DataSplits data = open_data(options, 1);
  const auto rows_of = [](const DatasetPtr& part) {
    return part->batch(part->all_positions()).rows;
  };
  EXPECT_TRUE(rows_of(data.training).equal(at::tensor({11, 13, 15}, at::kLong)))
      << "rows keep their numbers";
  EXPECT_TRUE(rows_of(data.validation).equal(at::tensor({17, 19}, at::kLong)));
  EXPECT_EQ(data.info.total_rows, 5);
  EXPECT_EQ(data.info.class_names.size(), 4U);
  EXPECT_EQ(data.info.trained_classes, (std::vector<std::string>{"1", "3"}));
  EXPECT_EQ(data.info.scaling.offset, (std::vector<double>{11, 85}));
  ASSERT_EQ(data.info.notes.size(), 2U);
  expect_contains(data.info.notes[1], {"classes 1,3 and rows age >= 10", "5 of 20 rows"});
}

TEST(OpenData, ChoosesPairedTargetsAlike) {
  const TemporaryFolder folder;
  DataOptions options = table_in(folder);
  options.targets = options.dataset;
  options.rows = choice("kind == 2");
  const DataSplits data = open_data(options, 1);
  const Batch batch = data.training->batch(data.training->all_positions());
  EXPECT_TRUE(batch.target.equal(batch.input));
  EXPECT_EQ(data.info.total_rows, 5);
}

TEST(OpenData, ChoosesAmongAnOfficialTestPartByContent) {
  const EmptyPlaces places;
  testing::write_small_mnist(places.cache() / "mnist", 100);
  DataOptions options;
  options.dataset = "mnist";
  options.rows = choice("0-9");
  const DataSplits by_number = open_data(options, 1);
  EXPECT_EQ(by_number.info.training_rows, 10);
  EXPECT_EQ(by_number.test->size(), 2);
  expect_contains(by_number.info.notes[0], {"10 of 100 rows", "2 of 2", "do not apply"});
  options.rows = choice("row < 50 and label == 4");
  const DataSplits by_label = open_data(options, 1);
  EXPECT_EQ(by_label.info.training_rows, 5);
  EXPECT_EQ(by_label.test->size(), 1) << "row numbers are those of the training rows";
  EXPECT_EQ(by_label.validation->size(), 1);
  options.rows = choice("column0 > 300");
  expect_contains(error_of([&] { open_data(options, 1); }), {"none of the 100 rows"});
}

}  // namespace
}  // namespace hourglass::sources
