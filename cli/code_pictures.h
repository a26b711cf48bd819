#pragma once

#include "hourglass/core/value_range.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/figures/image_grid.h"
#include "hourglass/figures/picture.h"
#include "hourglass/recipes/recipe.h"

#include <string>
#include <vector>

namespace hourglass::cli {

/// What the pictures of a run show.
struct ShownRun {
  std::string title;          ///< the recipe with its changes, or the variant
  datasets::DatasetPtr rows;  ///< those that the pictures show
  std::string rows_name;      ///< "validation"
  std::vector<std::string> class_names;
  std::vector<std::string> column_names;  ///< of the targets of a table; or none
  ValueRange values;                      ///< of the items
  recipes::PictureOptions pictures;

  /// The items that the options name, as far as there are so many; the first where there are none of
  /// them.
  Batch items() const;

  /// Images [N, C, H, W] in the usual range and colours.
  figures::ImageRow image_row(const std::string& label, const at::Tensor& images,
                              const std::vector<std::string>& captions = {}) const;
};

/// A picture and its file's name without ".png".
struct NamedPicture {
  std::string name;
  figures::Picture picture;
};

/// What suits the model's kind of code:
/// - two or three numbers: latent_scatter; for two, without a condition, manifold
/// - with a prior: samples, a row for each class that the model can be told
/// - indices: code_maps, and codebook: what each vector decodes to
std::vector<NamedPicture> draw_code_pictures(const ShownRun& run, evaluation::ExportedModel& model);

}  // namespace hourglass::cli
