#include "hourglass/evaluation/column_errors.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace hourglass::evaluation {
namespace {

using datasets::ColumnKind;

/// A number that is scaled by (x − 10) · 0.5, with an indicator, and a category of two.
ColumnView small_view() {
  return {{.columns = {{.name = "size", .has_missing = true, .fill = 12},
                       {.name = "kind", .kind = ColumnKind::Category, .categories = {"a", "b"}}}},
          {.offset = {10, 0, 0, 0, 0}, .factor = {0.5, 1, 1, 1, 1}}};
}

/// Three rows; the size of the last is missing.
at::Tensor originals() {
  return at::tensor({1.F, 0.F, 1.F, 0.F, 0.F,  //
                     3.F, 0.F, 0.F, 1.F, 0.F,  //
                     1.F, 1.F, 0.F, 0.F, 1.F})
      .view({3, 5});
}

at::Tensor reconstructions() {
  return at::tensor({2.F, 0.F, 1.F, 0.F, 0.F,    //
                     3.F, 0.F, 0.5F, 0.5F, 0.F,  //
                     1.F, 0.5F, 0.F, 0.F, 1.F})
      .view({3, 5});
}

TEST(ColumnErrors, AreInTheUnitsOfTheTable) {
  const ColumnErrors errors = column_errors(small_view(), originals(), reconstructions());
  EXPECT_DOUBLE_EQ(errors.residuals[0][0].item<double>(), -2);
  EXPECT_DOUBLE_EQ(errors.residuals[1][0].item<double>(), 0);
  EXPECT_TRUE(std::isnan(errors.residuals[2][0].item<double>())) << "a missing cell";
  EXPECT_TRUE(std::isnan(errors.residuals[0][1].item<double>())) << "a category";
  const at::Tensor expected = at::tensor({1.0, 0.0, 0.0, 0.5, 0.25, 0.0}, at::kDouble).view({3, 2});
  EXPECT_TRUE(errors.errors.equal(expected)) << errors.errors;
}

TEST(ColumnText, SaysWhatAValueMeans) {
  EXPECT_EQ(column_text(small_view(), reconstructions()[0], 0), "14");
  EXPECT_EQ(column_text(small_view(), originals()[1], 1), "b");
  EXPECT_EQ(column_text(small_view(), originals()[2], 1), "other");
}

TEST(UsualErrors, AreMedianAndItsDistances) {
  // Residuals 1, 2, 3, 4, 100: median 3, distances 2, 1, 0, 1, 97, of which the median is 1.
  const at::Tensor residuals = at::tensor({1.0, 2.0, 3.0, 4.0, 100.0}, at::kDouble).view({5, 1});
  const UsualErrors usual = usual_errors({residuals, residuals.square()});
  EXPECT_DOUBLE_EQ(usual.residual[0].item<double>(), 3);
  EXPECT_DOUBLE_EQ(usual.residual_spread[0].item<double>(), 1.4826);
  EXPECT_DOUBLE_EQ(usual.distance[0].item<double>(), 3);
}

TEST(CausesOf, PutTheLargestShareFirst) {
  const at::Tensor residuals = at::tensor({9.0, NAN}, at::kDouble).view({1, 2});
  const at::Tensor squares = at::tensor({1.0, 3.0}, at::kDouble).view({1, 2});
  const auto each = [](double first, double second) {
    return at::tensor({first, second}, at::kDouble);
  };
  const UsualErrors usual = {each(1, 0), each(2, NAN), each(0, 0), each(1, 0.5)};
  const auto causes = causes_of({residuals, squares}, usual, 0, 5);
  ASSERT_EQ(causes.size(), 2U);
  EXPECT_EQ(causes[0].column, 1);
  EXPECT_DOUBLE_EQ(causes[0].share, 0.75);
  EXPECT_DOUBLE_EQ(causes[0].spreads_off, std::sqrt(3) / 0.5);
  EXPECT_EQ(causes[1].column, 0);
  EXPECT_DOUBLE_EQ(causes[1].spreads_off, 4);
  EXPECT_EQ(causes_of({residuals, squares}, usual, 0, 1).size(), 1U);
}

TEST(ColumnView, IsThatOfRowsOfATableAlone) {
  formats::DataCard card{.column_names = {"a", "b"}};
  ASSERT_TRUE(column_view(card, {2}));
  EXPECT_EQ(column_view(card, {2})->schema.names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(column_view(card, {1, 1, 2}));
  EXPECT_FALSE(column_view(card, {3}));
  card.scaling = {.offset = {0, 10}, .factor = {1, 0.5}};
  EXPECT_TRUE(column_view(card, {2}));
  // Of a column, too, that the model is told: whose is which, nobody says.
  card.scaling = {.offset = {0, 10, 20}, .factor = {1, 0.5, 0.25}};
  EXPECT_FALSE(column_view(card, {2}));
  const datasets::ScalingCurve curve = {{0, 10}, {0, 1}};
  card.scaling = {.curves = {curve, curve}};
  EXPECT_TRUE(column_view(card, {2}));
  card.scaling = {.curves = {curve, curve, curve}};
  EXPECT_FALSE(column_view(card, {2}));
  card.scaling = {};
  card.targets.emplace();
  EXPECT_FALSE(column_view(card, {2}));
}

}  // namespace
}  // namespace hourglass::evaluation
