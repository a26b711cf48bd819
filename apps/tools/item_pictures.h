#pragma once

#include "hourglass/evaluation/exported_model.h"
#include "hourglass/evaluation/reconstructions.h"
#include "hourglass/figures/image.h"
#include "hourglass/figures/picture.h"

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

// How tools draw items, whatever they are: images and sequences in grey or colour, rows of a table
// as small plots of their values.

namespace hourglass::apps {

/// Items of one kind: the originals, the reconstructions.
struct ItemRow {
  std::string label;  ///< written beside them
  at::Tensor items;   ///< [N, shape…]
  /// Of images alone. None: from the row's smallest value to its largest.
  std::optional<ValueRange> range = ValueRange{};
  figures::ColorMap map = figures::ColorMap::Gray;
};

/// Tools draw at most so many items; files of numbers hold them all.
inline constexpr int64_t kMostDrawnItems = 100;

/// Rows of the same N items under each other. `captions` are N texts above the first row, or none.
figures::Picture draw_items(const std::vector<ItemRow>& rows,
                            const std::vector<std::string>& captions, const std::string& title,
                            int columns = 0);

/// For titles: the recipe, else the variant, else the file's name.
std::string model_name(const evaluation::ExportedModel& model);

/// The range of the values a checkpoint works on; that of `items` where its file does not say.
ValueRange value_range(const evaluation::ExportedModel& model, const at::Tensor& items);

/// What a model gave, drawn in `range`. Where a linear output leaves that range it is scaled, for
/// drawing alone, and the label says so.
ItemRow output_row(std::string label, const at::Tensor& items, ValueRange range);

/// The first originals, inputs where they differ, and reconstructions under each other; with
/// `absolute_error` a row of |reconstruction - original|. `captions` are N texts.
figures::Picture draw_reconstructions(const evaluation::Reconstructions& all,
                                      const std::vector<std::string>& captions,
                                      const std::string& title, ValueRange range,
                                      bool absolute_error);

}  // namespace hourglass::apps
