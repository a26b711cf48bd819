#include "hourglass/recipes/picture_options.h"

#include "hourglass/core/error.h"
#include "hourglass/datasets/row_numbers.h"

#include <utility>

namespace hourglass::recipes {
namespace {

std::string names_that(bool (*suits)(ColorMap)) {
  std::vector<std::string> names;
  for (const auto& entry : names_of(ColorMap{})) {
    if (suits(entry.value)) names.emplace_back(entry.name);
  }
  return join_text(names);
}

std::string value_help() {
  return "values of images of one channel and heat maps: " + names_that(suits_values);
}

std::string class_help() { return "classes in a scatter: " + names_that(suits_classes); }

void add_color_map(FieldTable& table, std::optional<ColorMap>& map, const std::string& colored) {
  table.begin_group("Pictures");
  table.add("color_map", map, "colours of " + colored + "; none: what suits each picture")
      .not_recorded();
}

void add_dots(FieldTable& table, PictureLook& look) {
  table
      .add("point_size", look.point_size,
           "of dots in a scatter, across, in points (1/72 inch); none: by their number")
      .above(0)
      .at_most(100)
      .not_recorded();
  table.add("opacity", look.opacity, "of dots in a scatter; 1: nothing shines through")
      .at_least(0)
      .at_most(1)
      .not_recorded();
}

void add_direction(FieldTable& table, bool& downward) {
  table
      .add("manifold_downward", downward,
           "draw a manifold with its second component growing downwards, row 0 at the top, instead "
           "of upwards as in a scatter")
      .not_recorded();
}

}  // namespace

std::optional<ColorMap> PictureLook::value_map() const {
  return color_map && suits_values(*color_map) ? color_map : std::nullopt;
}

std::optional<ColorMap> PictureLook::class_map() const {
  return color_map && suits_classes(*color_map) ? color_map : std::nullopt;
}

void PictureLook::describe_values(FieldTable& table) {
  add_color_map(table, color_map, value_help());
}

void PictureLook::describe_scatter(FieldTable& table) {
  add_color_map(table, color_map, class_help());
  add_dots(table, *this);
}

void PictureLook::describe_manifold(FieldTable& table) {
  add_color_map(table, color_map, value_help());
  add_direction(table, manifold_downward);
}

void check_value_map(const PictureLook& look) {
  if (!look.color_map || look.value_map()) return;
  throw UsageError("`color_map`: expected a map of values here, one of {}, found {}",
                   names_that(suits_values), enum_name(*look.color_map));
}

void check_class_map(const PictureLook& look) {
  if (!look.color_map || look.class_map()) return;
  throw UsageError("`color_map`: expected a map of classes here, one of {}, found {}",
                   names_that(suits_classes), enum_name(*look.color_map));
}

std::optional<ItemList> ItemList::parse(const std::string& text) {
  auto rows = datasets::parse_row_numbers(text);
  if (!rows) return {};
  return ItemList{std::move(*rows)};
}

std::string ItemList::text() const { return datasets::row_numbers_text(rows); }

void PictureOptions::describe(FieldTable& table) {
  add_color_map(table, look.color_map, value_help() + "; " + class_help());
  add_dots(table, look);
  add_direction(table, look.manifold_downward);
  table.add("items", items, "rows shown above their reconstructions, counted from 0 in their part")
      .shown_as("LIST")
      .not_recorded();
}

}  // namespace hourglass::recipes
