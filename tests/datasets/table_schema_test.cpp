#include "hourglass/datasets/table_schema.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <limits>

namespace hourglass::datasets {
namespace {

using testing::error_of;
using testing::expect_contains;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

at::Tensor cells(const std::vector<double>& values) { return at::tensor(values, at::kDouble); }

/// Five rows, of which the first four train.
Table small_table() {
  return {.columns = {{"size", ColumnKind::Number, cells({1, 5, kNone, 3, 100})},
                      {"kind", ColumnKind::Category, cells({1, 0, 1, 1, 2}), {"b10", "b9", "new"}},
                      {"open", ColumnKind::Boolean, cells({1, 1, 0, kNone, kNone})}}};
}

const at::Tensor kTraining = at::arange(4);

TEST(FitSchema, LearnsFromTrainingRowsAlone) {
  const TableSchema schema = fit_schema(small_table(), kTraining, Imputation::Median);
  EXPECT_EQ(schema.columns[0].fill, 3);
  EXPECT_TRUE(schema.columns[0].has_missing);
  EXPECT_EQ(schema.columns[1].categories, (std::vector<std::string>{"b9", "b10"}));
  EXPECT_FALSE(schema.columns[1].has_missing);
  EXPECT_EQ(schema.value_names(),
            (std::vector<std::string>{"size", "size missing", "kind=b9", "kind=b10", "kind other",
                                      "open", "open missing"}));
  EXPECT_EQ(schema.scaled(), (std::vector<bool>{true, false, false, false, false, false, false}));
  EXPECT_EQ(schema.first_values(), (std::vector<int64_t>{0, 2, 5}));
  const TableSchema by_mean = fit_schema(small_table(), {}, Imputation::Mean);
  EXPECT_DOUBLE_EQ(*by_mean.columns[0].fill, 27.25);
}

TEST(FitSchema, RefusesAColumnWithoutTrainingCells) {
  const Table table = {.columns = {{"x", ColumnKind::Number, cells({kNone, kNone, 3})}}};
  expect_contains(error_of([&] { fit_schema(table, at::arange(2), Imputation::Median); }),
                  {"column 'x'", "found all missing", "`drop` x"});
}

TEST(Encode, PutsEachCellIntoItsValues) {
  const Table table = small_table();
  const TableSchema schema = fit_schema(table, kTraining, Imputation::Median);
  const TableValues encoded = encode(table, schema);
  const at::Tensor expected = at::tensor({1.F,   0.F, 1.F, 0.F, 0.F, 1.F, 0.F,   //
                                          5.F,   0.F, 0.F, 1.F, 0.F, 1.F, 0.F,   //
                                          3.F,   1.F, 1.F, 0.F, 0.F, 0.F, 0.F,   //
                                          3.F,   0.F, 1.F, 0.F, 0.F, 1.F, 1.F,   //
                                          100.F, 0.F, 0.F, 0.F, 1.F, 1.F, 1.F})  // 'new': other
                                  .view({5, 7});
  EXPECT_TRUE(encoded.values.equal(expected)) << encoded.values;
  EXPECT_EQ(encoded.missing.sum().item<int64_t>(), 3);
  EXPECT_TRUE(encoded.missing[2][0].item<bool>());
}

TEST(Encode, GivesMissingCategoriesAPlaceOfTheirOwnWhereTrainingHasSome) {
  const Table table = {
      .columns = {{"kind", ColumnKind::Category, cells({0, kNone, 1}), {"a", "b"}}}};
  const TableSchema with = fit_schema(table, {}, Imputation::Median);
  EXPECT_TRUE(encode(table, with).values[1].equal(at::tensor({0.F, 0.F, 1.F, 0.F})));
  const TableSchema without = fit_schema(table, at::tensor({0, 2}), Imputation::Median);
  EXPECT_TRUE(encode(table, without).values[1].equal(at::tensor({0.F, 0.F, 1.F})));
}

TEST(Encode, TurnsDatesIntoCirclesOfThePartsThatVary) {
  const double midnight = *parse_date("2024-01-01"), hour = 3600;
  const Table table = {.columns = {{"when", ColumnKind::Date,
                                    cells({midnight, midnight + 6 * hour, midnight + 12 * hour})}}};
  const TableSchema schema = fit_schema(table, {}, Imputation::Median);
  EXPECT_EQ(schema.columns[0].parts, std::vector<DatePart>{DatePart::HourOfDay});
  const at::Tensor expected = at::tensor({0.5F, 1.F, 1.F, 0.5F, 0.5F, 0.F}).view({3, 2});
  EXPECT_TRUE(at::allclose(encode(table, schema).values, expected, 1e-5, 1e-6));
}

TEST(Encode, RefusesMissingNumbersWhereNothingStandsForThem) {
  const Table table = {.columns = {{"x", ColumnKind::Number, cells({1, kNone})}}};
  const TableSchema schema = {.columns = {{.name = "x"}}};
  expect_contains(error_of([&] { encode(table, schema); }), {"row 1, column 'x'", "found none"});
}

TEST(UnknownCells, SayWhatTrainingRowsLack) {
  const Table table = small_table();
  TableSchema schema = fit_schema(table, kTraining, Imputation::Median);
  const auto texts = unknown_cells(table, schema);
  ASSERT_EQ(texts.size(), 1U);
  expect_contains(texts[0], {"'kind'", "'new' (1)"});
  schema.columns[0].has_missing = false;
  expect_contains(unknown_cells(table, schema)[0], {"'size'", "1 missing cell,", "become 3"});
}

}  // namespace
}  // namespace hourglass::datasets
