#pragma once

#include "hourglass/core/color_map.h"
#include "hourglass/core/fields.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::recipes {

/// How pictures look, whatever they show. It changes no number, so no record keeps it.
struct PictureLook {
  std::optional<ColorMap> color_map;  ///< none: what suits each picture
  std::optional<double> point_size;   ///< of dots in a scatter, across, in points (1/72 inch)
  double opacity = 0.9;               ///< of these dots, 0 … 1
  bool manifold_downward = false;  ///< its second component grows downwards, as the source has it

  /// The map for values, or for classes, where the one chosen suits them.
  std::optional<ColorMap> value_map() const;
  std::optional<ColorMap> class_map() const;

  // Each adds what a program's pictures have use for, under the heading "Pictures".
  void describe_values(FieldTable& table);
  void describe_scatter(FieldTable& table);
  void describe_manifold(FieldTable& table);
};

// Each throws `UsageError` for a map that suits only the other, where only the one is drawn.
void check_value_map(const PictureLook& look);
void check_class_map(const PictureLook& look);

/// Row numbers from 0.
struct ItemList {
  std::vector<int64_t> rows;

  /// "0,5,7", "110-119".
  static std::string expects() { return "row numbers and ranges of them, 0,5,7 or 110-119 say"; }
  static std::optional<ItemList> parse(const std::string& text);
  std::string text() const;
};

/// What a run's pictures show, and how.
struct PictureOptions {
  PictureLook look = {};
  bool color_bar = false;         ///< a stepped colour bar instead of a legend of classes
  std::string class_prefix;       ///< before each class name in the legend: "digit-"
  bool of_training_rows = false;  ///< draw training items instead of validation or test items
  ItemList items = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}};  ///< shown above their reconstructions

  /// Adds a row for what a user may choose.
  void describe(FieldTable& table);
};

}  // namespace hourglass::recipes
