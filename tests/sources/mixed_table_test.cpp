#include "hourglass/sources/mixed_table.h"

#include "hourglass/datasets/dates.h"
#include "hourglass/sources/table_file.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <cmath>

namespace hourglass::sources {
namespace {

using datasets::ColumnKind;
using testing::error_of;
using testing::expect_contains;

const CsvOptions kAllValues{.label_column = {LabelColumn::Kind::None}};

std::vector<double> cells_of(const datasets::TableColumn& column) {
  const double* first = column.values.const_data_ptr<double>();
  return {first, first + column.values.size(0)};
}

std::string table_error(const std::string& text, const CsvOptions& options = kAllValues) {
  return error_of([&] { parse_mixed_table(text, "mine.csv", options); });
}

TEST(ParseMixedTable, SeesWhatAColumnIs) {
  const MixedTable mixed = parse_mixed_table(
      "size,kind,open,when\n1.5,red,yes,2024-01-01\nNA,blue,No,2024-01-02 12:00\n3,red,,?\n", "a",
      kAllValues);
  const auto& columns = mixed.table.columns;
  ASSERT_EQ(columns.size(), 4U);
  EXPECT_EQ(columns[0].kind, ColumnKind::Number);
  EXPECT_EQ(columns[1].kind, ColumnKind::Category);
  EXPECT_EQ(columns[2].kind, ColumnKind::Boolean);
  EXPECT_EQ(columns[3].kind, ColumnKind::Date);
  EXPECT_EQ(cells_of(columns[0])[0], 1.5);
  EXPECT_TRUE(std::isnan(cells_of(columns[0])[1]));
  EXPECT_EQ(columns[1].words, (std::vector<std::string>{"red", "blue"}));
  EXPECT_EQ(cells_of(columns[1]), (std::vector<double>{0, 1, 0}));
  EXPECT_EQ(cells_of(columns[2])[1], 0);
  EXPECT_EQ(cells_of(columns[3])[1], datasets::parse_date("2024-01-02 12:00"));
  EXPECT_EQ(columns[3].missing(), 1);
  EXPECT_EQ(datasets::cell_text(columns[1], 1), "blue");
  EXPECT_EQ(datasets::cell_text(columns[3], 1), "2024-01-02 12:00:00");
  EXPECT_EQ(datasets::cell_text(columns[2], 2), "");
}

TEST(ParseMixedTable, ReadsDecimalCommasWhereTheySeparateNoCells) {
  const MixedTable mixed = parse_mixed_table("a;b\n1,5;x\n-2;y\n,25;x\n", "a", kAllValues);
  EXPECT_EQ(cells_of(mixed.table.columns[0]), (std::vector<double>{1.5, -2, 0.25}));
  EXPECT_EQ(mixed.summary.column_names, (std::vector<std::string>{"a", "b"}));
  expect_contains(table_error("a,b\n\"1,5\",x\n2,y\n3,y\n"), {"line 2, column 'a'", "'1,5'"});
}

TEST(ParseMixedTable, TellsNamesFromRowsOfWords) {
  const auto rows = [](const std::string& text) {
    return parse_mixed_table(text, "a", kAllValues).summary.rows;
  };
  EXPECT_EQ(rows("colour,shape\nred,round\nblue,square\n"), 2);
  EXPECT_EQ(rows("red,1\nblue,2\nred,3\n"), 3) << "a number above numbers";
  EXPECT_EQ(rows("red,round\nred,square\nblue,round\n"), 3) << "a word that comes again";
  EXPECT_EQ(rows("2024-01-01,red\n2024-01-02,blue\n"), 2) << "a date";
}

TEST(ParseMixedTable, ChoosesColumns) {
  const std::string text = "id,zip,size,note,class\nr1,10115,1,x,a\nr2,10117,2,y,b\n";
  const MixedTable mixed = parse_mixed_table(
      text, "a", {.choice = {.drop = {"note"}, .id_column = "id", .categories = {"zip"}}});
  ASSERT_EQ(mixed.table.columns.size(), 2U);
  EXPECT_EQ(mixed.table.columns[0].words, (std::vector<std::string>{"10115", "10117"}));
  EXPECT_EQ(mixed.table.row_ids, (std::vector<std::string>{"r1", "r2"}));
  EXPECT_EQ(mixed.table.id_column, "id");
  EXPECT_EQ(mixed.summary.label_name, "class");
  EXPECT_TRUE(mixed.labels.equal(at::tensor({0, 1}, at::kLong)));
  EXPECT_EQ(mixed.dropped, std::vector<std::string>{"note"});
  const MixedTable some = parse_mixed_table(text, "a", {.choice = {.columns = {"class", "2"}}});
  EXPECT_FALSE(some.labels.defined()) << "the last column is asked for as a value";
  EXPECT_EQ(some.summary.column_names, (std::vector<std::string>{"size", "class"}));
  expect_contains(table_error(text, {.choice = {.drop = {"not"}}}),
                  {"mine.csv: `drop`", "found 'not'", "did you mean 'note'"});
}

TEST(ParseMixedTable, RefusesCellsThatDoNotFit) {
  expect_contains(table_error("a,b\n1,x\nfive,y\n3,x\n"),
                  {"line 3, column 'a': expected a number, as 2 of the column's 3 cells are, found "
                   "'five'",
                   "`category_columns` a"});
  expect_contains(table_error("a,b\n2024-01-01,x\nsoon,y\n"), {"line 3", "expected a date"});
  expect_contains(table_error("a,b\nNA,1\n,2\n"), {"column 'a'", "all missing", "`drop` a"});
  expect_contains(table_error("a,b\n1,x\n1e39,y\n2,x\n"), {"found '1e39'"});
}

TEST(ParseMixedTable, RefusesWordsThatNearlyAllDiffer) {
  std::string text = "name,size\n";
  for (int i = 0; i < 40; ++i) text += "n" + std::to_string(i % 30) + ",1\n";
  expect_contains(table_error(text), {"column 'name'", "found 30 different words in 40 cells",
                                      "`drop` name", "`id_column` name"});
  const CsvOptions chosen{.label_column = {LabelColumn::Kind::None},
                          .choice = {.categories = {"name"}}};
  EXPECT_EQ(parse_mixed_table(text, "a", chosen).table.columns[0].words.size(), 30U);
}

// ---- What a model knows

CsvOptions known_by(datasets::TableSchema schema) {
  return {.known = std::make_shared<const datasets::TableSchema>(std::move(schema))};
}

datasets::TableSchema numbers(const std::vector<std::string>& names, const std::string& label) {
  datasets::TableSchema schema{.label_column = label};
  for (const auto& name : names) schema.columns.push_back({.name = name});
  return schema;
}

StoredData read_text(const std::string& text, const CsvOptions& options) {
  const testing::TemporaryFolder folder;
  return read_table(testing::write_file(folder / "a.csv", text), options, 1 << 20);
}

TEST(ReadTable, PutsKnownColumnsIntoTheirOrder) {
  const CsvOptions options = known_by(numbers({"a", "b"}, "kind"));
  const StoredData data = read_text("b,kind,a\n2,0,1\n4,1,3\n", options);
  EXPECT_TRUE(data.rows.values.equal(at::tensor({1.F, 2.F, 3.F, 4.F}).view({2, 2})));
  EXPECT_EQ(data.column_names, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(data.rows.labels.equal(at::tensor({0, 1}, at::kLong)));
  EXPECT_EQ(data.label_name, "kind");
  const StoredData unlabelled = read_text("b,a\n2,1\n", options);
  EXPECT_FALSE(unlabelled.rows.labels.defined());
  EXPECT_TRUE(unlabelled.rows.values.equal(at::tensor({1.F, 2.F}).view({1, 2})));
  EXPECT_FALSE(read_text("1,2\n", options).rows.labels.defined()) << "as many cells as values";
}

TEST(ReadTable, NamesColumnsThatAreMissingOrUnknown) {
  const CsvOptions options = known_by(numbers({"size", "age"}, ""));
  expect_contains(error_of([&] { read_text("size,agee\n1,2\n", options); }), {"column 'age'"});
  expect_contains(error_of([&] { read_text("x,size,age\n1,2,3\n", options); }),
                  {"another one, 'x'", "`drop` x"});
  expect_contains(error_of([&] { read_text("size,age\n1,\n", options); }),
                  {"expected a number, found an empty cell"});
}

TEST(ReadTable, KeepsATableOfNumbersAsItWas) {
  const StoredData data = read_text("a,b,kind\n1,2,0\n3,4,1\n", {});
  EXPECT_EQ(data.table, nullptr);
  EXPECT_TRUE(data.schema.columns.empty());
  EXPECT_TRUE(data.rows.values.equal(at::tensor({1.F, 2.F, 3.F, 4.F}).view({2, 2})));
}

TEST(LearnSchema, MakesTheValuesOfAMixedTable) {
  StoredData data = read_text("a,b\n1,x\nNA,y\n3,x\n", kAllValues);
  ASSERT_TRUE(data.needs_schema());
  learn_schema(data, {}, datasets::Imputation::Median);
  EXPECT_TRUE(data.rows.values.equal(at::tensor({1.F, 0.F, 1.F, 0.F, 0.F,  //
                                                 2.F, 1.F, 0.F, 1.F, 0.F,  //
                                                 3.F, 0.F, 1.F, 0.F, 0.F})
                                         .view({3, 5})));
  expect_contains(data.notes.back(), {"1 number, 1 category (b: 2) in 5 values", "1 missing cell"});
  const StoredData again = read_text(
      "b,a\nz,7\n", {.known = std::make_shared<const datasets::TableSchema>(data.schema)});
  EXPECT_TRUE(again.rows.values.equal(at::tensor({7.F, 0.F, 0.F, 0.F, 1.F}).view({1, 5})));
  expect_contains(again.notes.back(), {"'b' has words that training rows lack: 'z' (1)"});
}

}  // namespace
}  // namespace hourglass::sources
