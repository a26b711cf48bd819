#include "hourglass/sources/stream_rows.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/support/support.h"

namespace hourglass::sources {
namespace {

using Cells = std::vector<std::string>;
using Kind = StreamRows::Kind;
using testing::error_of;
using testing::expect_contains;

RowForm named() { return {.width = 2, .names = {"load", "heat"}}; }
RowForm unnamed() { return {.width = 2}; }

Cells cells_of(StreamRows& rows, std::string_view line) {
  EXPECT_EQ(rows.take(line), Kind::Row) << line;
  return rows.cells();
}

std::string refusal_of(StreamRows& rows, std::string_view line) {
  return error_of([&] { rows.take(line); });
}

TEST(StreamRows, CellsAreMatchedByTheNamesOfAHeader) {
  StreamRows rows(named());
  EXPECT_EQ(rows.take("id,heat,load,label\r"), Kind::Header);
  EXPECT_EQ(cells_of(rows, "7,1.5,\"2\",x"), (Cells{"2", "1.5"}));
  EXPECT_EQ(rows.take(" \t"), Kind::Blank);
  expect_contains(refusal_of(rows, "7,1.5,2"), {"expected 4 cells", "header", "found 3"});
  EXPECT_EQ(cells_of(rows, "7,1.5,2,x"), (Cells{"2", "1.5"}));
  EXPECT_EQ(rows.take("load;heat"), Kind::Header);  // another one, in the middle
  EXPECT_EQ(rows.header(), "load;heat");
  EXPECT_EQ(cells_of(rows, "3;4"), (Cells{"3", "4"}));
}

TEST(StreamRows, HeaderThatLacksAColumnIsRefusedAndRowsUntilOneFits) {
  StreamRows rows(named());
  expect_contains(refusal_of(rows, "time,laod,heat"), {"one column 'load'", "none", "'laod'"});
  EXPECT_FALSE(rows.knows_columns());
  expect_contains(refusal_of(rows, "1,2,3"), {"last header"});
  EXPECT_EQ(rows.take("load,heat"), Kind::Header);
  EXPECT_TRUE(rows.knows_columns());
  expect_contains(refusal_of(rows, "load,load,heat"), {"one column 'load'", "found 2"});
}

TEST(StreamRows, WordsInTheMiddleAreNoHeaderUnlessTheyHoldAName) {
  StreamRows rows(named());
  rows.take("load,heat");
  expect_contains(refusal_of(rows, "sensor lost"), {"expected 2 cells", "found 1"});
  EXPECT_TRUE(rows.knows_columns());
  EXPECT_EQ(cells_of(rows, "3,4"), (Cells{"3", "4"}));
  refusal_of(rows, "load,cold");
  EXPECT_FALSE(rows.knows_columns());
}

TEST(StreamRows, WithoutAHeaderCellsAreInTheOrderOfTheValues) {
  StreamRows rows(named());
  EXPECT_EQ(cells_of(rows, "1,2"), (Cells{"1", "2"}));
  EXPECT_EQ(cells_of(rows, "1\t2"), (Cells{"1", "2"}));
  expect_contains(refusal_of(rows, "1,2,3"), {"expected 2 cells", "found 3"});
}

TEST(StreamRows, LabelOfTheTablesIsPassedOver) {
  RowForm form = unnamed();
  form.label = {LabelColumn::Kind::Last};
  StreamRows last(form);
  EXPECT_EQ(cells_of(last, "1,2,setosa"), (Cells{"1", "2"}));
  EXPECT_EQ(cells_of(last, "1,2"), (Cells{"1", "2"}));
  expect_contains(refusal_of(last, "1,2,3,4"), {"expected 2 cells", "found 4"});
  form.label = {LabelColumn::Kind::Index, 1};
  StreamRows middle(form);
  EXPECT_EQ(cells_of(middle, "1,7,2"), (Cells{"1", "2"}));
}

TEST(StreamRows, FirstLineOfWordsIsAHeaderWhereValuesHaveNoNames) {
  StreamRows rows(unnamed());
  EXPECT_EQ(rows.take("a,b"), Kind::Header);
  EXPECT_EQ(cells_of(rows, "1,2"), (Cells{"1", "2"}));
  EXPECT_EQ(rows.take("a,b"), Kind::Header);
  EXPECT_EQ(cells_of(rows, "x,y"), (Cells{"x", "y"}));  // for `parse` to refuse
  rows.begin_file();
  EXPECT_EQ(rows.take("c,d"), Kind::Header);
}

TEST(StreamRows, NumbersAreNamesInTheFirstLineAlone) {
  StreamRows rows({.width = 2, .names = {"0", "1"}});
  EXPECT_EQ(rows.take("1,0"), Kind::Header);
  EXPECT_EQ(cells_of(rows, "5,6"), (Cells{"6", "5"}));
  EXPECT_EQ(cells_of(rows, "0,1"), (Cells{"1", "0"}));
}

TEST(StreamRows, ReadsJson) {
  StreamRows rows(named());
  EXPECT_EQ(cells_of(rows, R"({"heat": 2.5, "load": "1", "other": [1]})"), (Cells{"1", "2.5"}));
  EXPECT_EQ(cells_of(rows, R"(  [1e3, null])"), (Cells{"1000.0", ""}));
  expect_contains(refusal_of(rows, R"({"heat": 2.5})"), {"field 'load'"});
  expect_contains(refusal_of(rows, R"({"heat": 2.5, )"), {"expected JSON"});
  expect_contains(refusal_of(rows, R"({"heat": 2.5, "load": {}})"),
                  {"a number or a text in each field"});
  expect_contains(refusal_of(rows, "[1,2,3]"), {"expected 2 cells", "found 3"});
  StreamRows without(unnamed());
  expect_contains(refusal_of(without, R"({"heat": 2.5})"), {"a list of values"});
}

TEST(StreamRows, TimeColumnIsByNameOrNumber) {
  RowForm form = named();
  form.time_column = "when";
  StreamRows by_name(form);
  by_name.take("load,when,heat");
  EXPECT_EQ(cells_of(by_name, "1,noon,2"), (Cells{"1", "2"}));
  EXPECT_EQ(by_name.time(), "noon");
  EXPECT_EQ(cells_of(by_name, R"({"load":1,"heat":2,"when":"night"})"), (Cells{"1", "2"}));
  EXPECT_EQ(by_name.time(), "night");

  StreamRows headless(form);
  expect_contains(refusal_of(headless, "1,noon,2"), {"`time_column`", "'when'"});
  EXPECT_FALSE(headless.knows_columns());

  form.time_column = "0";
  StreamRows by_number(form);
  EXPECT_EQ(cells_of(by_number, "noon,1,2"), (Cells{"1", "2"}));
  EXPECT_EQ(by_number.time(), "noon");
  expect_contains(refusal_of(by_number, "1,2"), {"expected 3 cells", "found 2"});
}

TEST(StreamRows, GoesOnWithAHeaderThatWasKept) {
  StreamRows rows(named()), resumed(named());
  rows.take("heat,x,load");
  resumed.resume(rows.header());
  EXPECT_EQ(cells_of(resumed, "1,2,3"), (Cells{"3", "1"}));
  refusal_of(rows, "heat,x,laod");
  StreamRows lost(named());
  lost.resume(rows.header());
  EXPECT_FALSE(lost.knows_columns());
  expect_contains(refusal_of(lost, "1,2,3"), {"last header"});

  StreamRows headless(named());
  headless.resume("");
  expect_contains(refusal_of(headless, "sensor lost"), {"expected 2 cells"});  // not a first line
  EXPECT_EQ(cells_of(headless, "1,2"), (Cells{"1", "2"}));
}

TEST(StreamRows, QuoteThatIsNotClosedIsAnError) {
  StreamRows rows(unnamed());
  expect_contains(refusal_of(rows, "1,\"2"), {"quote"});
}

/// What becomes of a row of two values.
std::vector<float> values_of(StreamRows& rows, std::string_view line, size_t width = 2) {
  std::vector<float> values(width);
  EXPECT_EQ(rows.take(line), Kind::Row);
  rows.parse(values);
  return values;
}

TEST(StreamRows, NameTheColumnWithoutANumber) {
  StreamRows plain({.width = 2}), named({.width = 2, .names = {"load", "heat"}});
  EXPECT_EQ(values_of(plain, "1.5,-2e3"), (std::vector<float>{1.5F, -2000.0F}));
  EXPECT_EQ(values_of(plain, "1,5;2"), (std::vector<float>{1.5F, 2.0F}));
  const auto refusal = [](StreamRows& rows, std::string_view line) {
    return error_of([&] { values_of(rows, line); });
  };
  expect_contains(refusal(named, "1,x"), {"column 'heat'", "a number", "'x'"});
  expect_contains(refusal(plain, "1,"), {"column 1:", "an empty cell"});
  expect_contains(refusal(plain, "inf,1"), {"column 0:", "'inf'"});
  expect_contains(refusal(plain, "1e39,1"), {"'1e39'"});
  expect_contains(refusal(plain, "nan,1"), {"'nan'"});
}

TEST(StreamRows, ReadColumnsOfAllKinds) {
  using datasets::ColumnKind;
  const datasets::TableSchema schema = {
      .columns = {{.name = "heat", .has_missing = true, .fill = 7},
                  {.name = "kind", .kind = ColumnKind::Category, .categories = {"a", "b"}},
                  {.name = "on", .kind = ColumnKind::Boolean, .fill = 0}}};
  RowForm form;
  form.width = 3;
  form.names = schema.names();
  form.schema = schema;
  StreamRows rows(form);
  EXPECT_EQ(rows.take("kind,on,heat,other"), Kind::Header);
  // Heat and whether it is missing, a, b, another word, on.
  EXPECT_EQ(values_of(rows, "b,yes,1.5,x", 6), (std::vector<float>{1.5F, 0, 0, 1, 0, 1}));
  EXPECT_EQ(values_of(rows, "c,0,,x", 6), (std::vector<float>{7, 1, 0, 0, 1, 0}));
  EXPECT_EQ(values_of(rows, R"({"kind":"a","on":true,"heat":null})", 6),
            (std::vector<float>{7, 1, 1, 0, 0, 1}));
  EXPECT_EQ(values_of(rows, "a;no;2,5;x", 6), (std::vector<float>{2.5F, 0, 1, 0, 0, 0}));
  expect_contains(error_of([&] { values_of(rows, "a,perhaps,1,x", 6); }),
                  {"column 'on'", "true or false", "'perhaps'"});
  expect_contains(error_of([&] { values_of(rows, "a,no,warm,x", 6); }),
                  {"column 'heat'", "a number", "'warm'"});
}

}  // namespace
}  // namespace hourglass::sources
