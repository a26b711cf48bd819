#pragma once

#include "hourglass/apps/tools/generated_codes.h"
#include "hourglass/apps/tools/item_pictures.h"

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <string>
#include <vector>

namespace hourglass::apps {

/// Rows that a picture has room for; files of numbers hold them all.
inline constexpr size_t kMostDrawnRows = 50;

/// What a model makes of codes that no item has.
struct GeneratedItems {
  std::string model;         ///< its name
  GeneratedCodes generated;  ///< whose title begins with that name
  at::Tensor codes;          ///< [N, code shape…]
  at::Tensor items;          ///< [N, target shape…]
  ValueRange range;          ///< of the items' values
  ItemStyle style;
};

GeneratedItems generate_items(const CodeOptions& options, const CodeSurroundings& surroundings,
                              const recipes::PictureLook& look);

/// A grid of `--manifold`, or rows with their labels and captions.
figures::Picture draw_generated(const GeneratedItems& all, const CodeOptions& options,
                                const recipes::PictureLook& look);

/// Throws `Error` where the two models' items are of unlike shapes.
void expect_same_items(const GeneratedItems& one, const GeneratedItems& other);

/// Samples of several models of the same items, as many of each, a row or more for each model.
figures::Picture draw_beside(const std::vector<GeneratedItems>& models, const std::string& title);

}  // namespace hourglass::apps
