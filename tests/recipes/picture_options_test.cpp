#include "hourglass/recipes/picture_options.h"

#include "hourglass/recipes/variant.h"
#include "hourglass/tests/support/support.h"

namespace hourglass::recipes {
namespace {

using testing::error_of;
using testing::expect_contains;

TEST(PictureOptions, AreNoPartOfARunsRecord) {
  PictureOptions options;
  FieldTable table;
  options.describe(table);
  for (const auto& row : table.rows()) {
    EXPECT_FALSE(row.recorded) << row.name;
    EXPECT_EQ(row.group, "Pictures") << row.name;
  }
}

TEST(PictureOptions, TakeAMapWhereItMakesSense) {
  const auto look = [](const std::string& name) {
    PictureOptions options;
    FieldTable table;
    options.describe(table);
    table.find("color_map")->set(name);
    return options.look;
  };
  EXPECT_EQ(look("gray").value_map(), ColorMap::Gray);
  EXPECT_FALSE(look("gray").class_map()) << "the last class would be white on white";
  EXPECT_EQ(look("tab10").class_map(), ColorMap::Tab10);
  EXPECT_FALSE(look("tab10").value_map());
  EXPECT_EQ(look("viridis").class_map(), ColorMap::Viridis);
  EXPECT_EQ(look("viridis").value_map(), ColorMap::Viridis);
  EXPECT_FALSE(look("none").value_map());
  expect_contains(error_of([&] { look("jet"); }),
                  {"`color_map`", "viridis", "nipy_spectral", "jet"});
  EXPECT_NO_THROW(check_value_map(look("viridis")));
  EXPECT_NO_THROW(check_class_map(look("none")));
  expect_contains(error_of([&] { check_value_map(look("hsv")); }), {"`color_map`", "found hsv"});
  expect_contains(error_of([&] { check_class_map(look("RdBu_r")); }), {"found RdBu_r"});
}

TEST(PictureOptions, TakeItemsAsNumbersAndRanges) {
  PictureOptions options;
  FieldTable table;
  options.describe(table);
  EXPECT_EQ(table.find("items")->value_text(), "0-9");
  table.find("items")->set("0,5,110-112");
  EXPECT_EQ(options.items.rows, (std::vector<int64_t>{0, 5, 110, 111, 112}));
  expect_contains(error_of([&] { table.find("items")->set("-1"); }), {"`items`"});
  expect_contains(error_of([&] { table.find("point_size")->set("0"); }), {"`point_size`"});
}

TEST(PictureOptions, OfRecipesHaveMapsOfClasses) {
  for (const auto& variant : variants()) {
    for (const auto& recipe : variant.recipes) {
      EXPECT_NO_THROW(check_class_map(recipe.pictures.look)) << recipe.name;
      EXPECT_FALSE(recipe.pictures.look.value_map()) << recipe.name << ": items stay grey";
    }
  }
}

}  // namespace
}  // namespace hourglass::recipes
