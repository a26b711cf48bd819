#include "hourglass/sources/csv.h"

#include "hourglass/core/files.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace hourglass::sources {

namespace {

using testing::error_of;
using testing::expect_contains;

const CsvOptions kNoLabels{.label_column = {LabelColumn::Kind::None}};

CsvOptions label_in(int64_t column) { return {.label_column = {LabelColumn::Kind::Index, column}}; }

std::string csv_error(const std::string& text, const CsvOptions& options = {}) {
  std::string message = error_of([&] { parse_csv(text, "mine.csv", options); });
  expect_contains(message, {"mine.csv: "});
  return message;
}

void expect_values(const at::Tensor& values, const std::vector<std::vector<float>>& rows) {
  ASSERT_EQ(values.scalar_type(), at::kFloat);
  ASSERT_EQ(values.sizes().vec(), (std::vector<int64_t>{static_cast<int64_t>(rows.size()),
                                                        static_cast<int64_t>(rows[0].size())}));
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_TRUE(values[static_cast<int64_t>(i)].equal(at::tensor(rows[i]))) << "row " << i;
  }
}

void expect_labels(const CsvTable& table, const std::vector<int64_t>& labels,
                   const std::vector<std::string>& class_names) {
  EXPECT_TRUE(table.labels.equal(at::tensor(labels, at::kLong))) << table.labels;
  EXPECT_EQ(table.class_names, class_names);
}

TEST(ParseCsv, NumbersClassesAsPeopleSortThem) {
  expect_labels(parse_csv("1,class10\n2,class9\n3,class2\n", "a"), {2, 1, 0},
                {"class2", "class9", "class10"});
}

TEST(ParseCsv, DetectsTheSeparator) {
  for (const char separator : {',', ';', '\t'}) {
    std::string text = "1,2.5,0\n3,4,1\n";
    std::replace(text.begin(), text.end(), ',', separator);
    const CsvTable table = parse_csv(text, "a");
    expect_values(table.values, {{1, 2.5}, {3, 4}});
    expect_labels(table, {0, 1}, {"0", "1"});
    EXPECT_TRUE(table.notes.empty());
  }
}

TEST(ParseCsv, AcceptsTheWaysFilesAreWritten) {
  const std::vector<std::vector<float>> rows = {{1, -2, 0.5}, {3000, 0.25, 6}};
  for (const std::string text :
       {"1,-2,.5\n3e3,0.25,6", "1,-2,.5\n3e3,0.25,6\n\n\n", "1,-2,.5\r\n3e3,0.25,6\r\n\r\n",
        "\357\273\2771,-2,.5\n3E3,.25,6", " 1 , -2, .5 \n +3e+3 ,2.5e-1,+6 \n",
        "\"1\",\"-2\",\" .5\"\n \"3000\" ,0.25,6\n"}) {
    expect_values(parse_csv(text, "a", kNoLabels).values, rows);
  }
  EXPECT_FALSE(parse_csv("1,2", "a", kNoLabels).labels.defined());
  expect_values(parse_csv("1\n2\n3\n", "a", kNoLabels).values, {{1}, {2}, {3}});
}

TEST(ParseCsv, TakesTheLabelFromTheColumnAskedFor) {
  const std::string text = "7,1,8\n9,0,8\n";
  const CsvTable first = parse_csv(text, "a", {.label_column = {LabelColumn::Kind::First}});
  expect_values(first.values, {{1, 8}, {0, 8}});
  expect_labels(first, {0, 1}, {"7", "9"});
  const CsvTable middle = parse_csv(text, "a", label_in(1));
  expect_values(middle.values, {{7, 8}, {9, 8}});
  expect_labels(middle, {1, 0}, {"0", "1"});
  expect_labels(parse_csv(text, "a"), {0, 0}, {"8"});
  expect_contains(csv_error(text, label_in(3)), {"column 3", "counted from 0", "found 3 columns"});
  expect_contains(csv_error("1\n2\n"), {"only column is the label", "`label_column` none"});
}

TEST(ParseCsv, NumbersClassesInOrder) {
  expect_labels(parse_csv("0,pear\n0,apple\n0,\"fig, dried\"\n0,pear\n", "a"), {2, 0, 1, 2},
                {"apple", "fig, dried", "pear"});
  expect_labels(parse_csv("0,10\n0,9\n0,-1\n0,+9.0\n", "a"), {2, 1, 0, 1}, {"-1", "9", "10"});
  expect_labels(parse_csv("0,3\n0,unknown\n0,3\n", "a"), {0, 1, 0}, {"3", "unknown"});
}

TEST(ParseCsv, RefusesLabelsThatAreNoClasses) {
  expect_contains(csv_error("1,2,3\n1,2,3.7\n"),
                  {"line 2, column 2 (counted from 0)", "found '3.7'", "`label_column` none"});
  expect_contains(csv_error("1,2,\n"),
                  {"line 1, column 2 (counted from 0): expected a class", "found ''"});
  expect_contains(csv_error("1,a\n2,nan\n3,b\n"),
                  {"line 2, column 1 (counted from 0): expected a class", "found 'nan'"});
  expect_contains(csv_error("1,1\n2,inf\n"),
                  {"line 2, column 1 (counted from 0): expected a class", "found 'inf'"});
}

TEST(ParseCsv, RefusesCellsThatAreNotFiniteNumbers) {
  expect_contains(csv_error("1,2,0\n3,,0\n"),
                  {"line 2, column 1 (counted from 0): expected a number, found an empty cell"});
  expect_contains(csv_error("1,,0\n3,4,0\n"), {"line 1, column 1", "empty cell"});
  expect_contains(csv_error("1,2,0\n3, ,0\n"), {"line 2, column 1", "empty cell"});
  for (const std::string cell :
       {"nan", "NaN", "inf", "-inf", "1e39", "1e999", "1.5x", "0x10", "1 2", "five"}) {
    expect_contains(csv_error("x,y,class\r\n1,2,0\r\n3," + cell + ",0\r\n"),
                    {"line 3, column 'y': expected a number, found '" + cell + "'"});
  }
  const std::string message = csv_error("1,2,0\n3," + std::string(5000, 'x') + ",0\n");
  EXPECT_LT(message.size(), 200U) << "a long cell must be cut in the message";
}

TEST(ParseCsv, RefusesRaggedRows) {
  expect_contains(csv_error("a,b,c\n1,2,0\n3,4\n"),
                  {"line 3: expected 3 cells as in line 2, found 2"});
  expect_contains(csv_error("1,2,0\n3,4,5,0\n"),
                  {"line 2: expected 3 cells as in line 1, found 4"});
  expect_contains(csv_error("1,2,0\n\n3,4,0\n"), {"line 2: expected 3 cells", "found 1"});
}

TEST(ParseCsv, RefusesFilesWithoutRows) {
  for (const std::string text : {"", "\n", " \r\n\r\n", "\xEF\xBB\xBF"}) {
    expect_contains(csv_error(text), {"found an empty file"});
  }
  expect_contains(csv_error("width,height,class\n"), {"found one line of names"});
}

TEST(ParseCsv, DetectsNamesOfColumnsAndSaysSo) {
  for (const std::string header : {"width,height,class", "id,2019,2020", ",height,class"}) {
    const CsvTable table = parse_csv(header + "\n1,2,0\n3,4,1\n", "mine.csv");
    expect_values(table.values, {{1, 2}, {3, 4}});
    ASSERT_EQ(table.notes.size(), header.starts_with(',') ? 2U : 1U);
    expect_contains(table.notes[0], {"mine.csv: skipped line 1", "column names", header});
  }
}

TEST(ParseCsv, KeepsTheNamesOfColumns) {
  const CsvTable table = parse_csv("size,kind,\"a \"\"b\"\"\"\n1,2,3\n4,5,6\n", "a", label_in(1));
  EXPECT_EQ(table.column_names, (std::vector<std::string>{"size", "a \"b\""}));
  EXPECT_EQ(table.label_name, "kind");
  EXPECT_TRUE(parse_csv("1,2,3\n4,5,6\n", "a").column_names.empty());
  EXPECT_TRUE(parse_csv("2,1,p,q\n0,0\n1,1\n", "a").column_names.empty());
}

TEST(ParseCsv, TakesALineThatDiffersInKindForNames) {
  // As pandas writes a frame of numbers with a column of labels, with an index, and with both.
  for (const std::string header : {"0,1,label", ",0,1", ",a,label", "0,1,2"}) {
    const std::string last = header == "0,1,2" ? "pear" : "7";
    const CsvTable table =
        parse_csv(fmt::format("{0}\n1,2,{1}\n3,4,{1}\n", header, last), "mine.csv");
    expect_values(table.values, {{1, 2}, {3, 4}});
    EXPECT_EQ(table.class_names, std::vector<std::string>{last}) << header;
    EXPECT_EQ(table.column_names[1], header.substr(header.find(',') + 1, 1));
    expect_contains(table.notes[0], {"skipped line 1", header});
    const bool hinted = table.notes[0].find("--header no") != std::string::npos;
    EXPECT_EQ(hinted, header != ",a,label") << "where all but one are numbers, it may be wrong";
  }
  const CsvTable indexed = parse_csv(",a,label\n0,1,0\n1,2,0\n", "mine.csv");
  EXPECT_EQ(indexed.column_names, (std::vector<std::string>{"column 0", "a"}));
  expect_contains(indexed.notes[1], {"column 0 has no name", "numbers the rows"});
}

TEST(ParseCsv, SaysSoWhereALineOfNumbersMayBeNames) {
  const CsvTable table = parse_csv("0,1,2\n5,6,7\n8,9,7\n", "mine.csv");
  EXPECT_EQ(table.values.size(0), 3);
  ASSERT_EQ(table.notes.size(), 1U);
  expect_contains(table.notes[0], {"took line 1 (0,1,2) for values", "--header yes"});
  EXPECT_TRUE(parse_csv("0,1,2\n5,6,7\n", "a", {.header = Header::No}).notes.empty());
  EXPECT_TRUE(parse_csv("4,2,0\n5,6,7\n", "a").notes.empty());
}

TEST(ParseCsv, LooksAtMoreThanOneRowBelowTheFirst) {
  // A column of numbers and words decides nothing.
  const CsvTable mixed = parse_csv("0,3\n0,unknown\n0,4\n", "a");
  expect_labels(mixed, {0, 2, 1}, {"3", "4", "unknown"});
  EXPECT_TRUE(mixed.notes.empty());
}

TEST(ParseCsv, RefusesALineOfNamesOfAnotherLength) {
  expect_contains(csv_error("a,b\n1,2,0\n3,4,1\n"), {"line 2: expected 2 cells", "found 3"});
}

TEST(ParseCsv, ReadsQuotedCells) {
  const std::string text =
      "\"width, cm\",\"of\nwhat\"\n1,\"say \"\"fig\"\"\"\n\"2\",\"two\r\nlines\" \n3,\"\"\n";
  expect_contains(csv_error(text), {"line 6, column 'of what': expected a class", "found ''"});
  const CsvTable table = parse_csv(text.substr(0, text.size() - 5), "a");
  EXPECT_EQ(table.column_names, std::vector<std::string>{"width, cm"});
  EXPECT_EQ(table.label_name, "of what");
  expect_labels(table, {0, 1}, {"say \"fig\"", "two  lines"});
  expect_values(table.values, {{1}, {2}});
  expect_contains(csv_error("1,2\n3,\"4\n5,6\n"), {"line 2", "closes the cell", "end of the file"});
  expect_contains(csv_error("1,2\n3,\"4\"5\n"), {"line 2", "separator", "closing quote"});
}

TEST(ParseCsv, FindsTheLabelByTheNameOfItsColumn) {
  const CsvOptions by_name{.label_column = *LabelColumn::parse("kind")};
  const CsvTable table = parse_csv("kind,size\n1,2\n0,4\n", "a", by_name);
  expect_values(table.values, {{2}, {4}});
  expect_labels(table, {1, 0}, {"0", "1"});
  EXPECT_EQ(table.label_name, "kind");
  expect_contains(csv_error("kin,size\n1,2\n", by_name),
                  {"`label_column`", "columns kin, size", "found 'kind'", "did you mean 'kin'"});
  expect_contains(csv_error("kind,kind\n1,2\n", by_name), {"one column", "'kind'", "found 2"});
  const CsvOptions without{.label_column = *LabelColumn::parse("kind"), .header = Header::No};
  expect_contains(csv_error("1,2\n3,4\n", without), {"`label_column` kind", "columns' names"});
}

TEST(ParseCsv, TakesAFirstLineWithAWordForLabelAsData) {
  const CsvTable table = parse_csv("1,2,pear\n3,4,fig\n", "a");
  expect_labels(table, {1, 0}, {"fig", "pear"});
  EXPECT_TRUE(table.notes.empty());
}

TEST(ParseCsv, KeepsNamesThatAreNotUtf8OutOfJson) {
  const CsvTable table = parse_csv(
      "gr\xF6\xDF"
      "e,class\n1,L\xF6we\n2,Löwin\n",
      "a");
  EXPECT_EQ(table.class_names, (std::vector<std::string>{"Löwin", "L\uFFFDwe"}));
  EXPECT_NO_THROW(nlohmann::json(table.class_names).dump());
  EXPECT_NO_THROW(nlohmann::json(table.notes).dump());
}

TEST(ParseCsv, SkipsOrKeepsTheFirstLineWhenTold) {
  const std::string numbers = "1,2,0\n3,4,1\n";
  const CsvTable skipped = parse_csv(numbers, "a", {.header = Header::Yes});
  expect_values(skipped.values, {{3, 4}});
  EXPECT_EQ(skipped.notes.size(), 1U);
  expect_contains(csv_error("width,height,class\n1,2,0\n", {.header = Header::No}),
                  {"line 1, column 0 (counted from 0): expected a number, found 'width'"});
}

TEST(ParseCsv, ReadsTheMetadataOfScikitLearnsFiles) {
  const CsvTable table = parse_csv("3,2,setosa,virginica\n1,2,1\n3,4,0\n5,6,1\n", "iris.csv");
  expect_values(table.values, {{1, 2}, {3, 4}, {5, 6}});
  expect_labels(table, {1, 0, 1}, {"setosa", "virginica"});
  ASSERT_EQ(table.notes.size(), 1U);
  expect_contains(table.notes[0],
                  {"iris.csv: skipped line 1", "class names", "3,2,setosa,virginica"});
}

TEST(ParseCsv, HoldsFilesToTheirMetadata) {
  expect_contains(csv_error("3,2,a,b\n1,2,1\n3,4,0\n"),
                  {"expected 3 rows as line 1 says, found 2"});
  expect_contains(csv_error("2,2,a,b\n1,2,1\n3,4,2\n"),
                  {"line 3, column 2", "found '2'", "line 1 names 2 classes"});
}

TEST(ParseCsv, ReadsTheRealIris) {
  HOURGLASS_NEEDS_DATA("iris.csv");
  const CsvTable table = parse_csv(read_file(testing::real_data("iris.csv")), "iris.csv");
  EXPECT_EQ(table.values.sizes().vec(), (std::vector<int64_t>{150, 4}));
  EXPECT_TRUE(table.values[0].equal(at::tensor({5.1F, 3.5F, 1.4F, 0.2F})));
  EXPECT_TRUE(table.labels.bincount().equal(at::tensor({50, 50, 50}, at::kLong)));
  EXPECT_EQ(table.class_names, (std::vector<std::string>{"setosa", "versicolor", "virginica"}));
}

TEST(LabelColumn, ReadsAndWritesItsForms) {
  for (const std::string text : {"last", "first", "none", "0", "12", "species", "Last"}) {
    const auto column = LabelColumn::parse(text);
    ASSERT_TRUE(column) << text;
    EXPECT_EQ(column->text(), text);
  }
  for (const std::string text : {"", "-1", "2.5"}) {
    EXPECT_FALSE(LabelColumn::parse(text)) << text;
  }
}

}  // namespace
}  // namespace hourglass::sources
