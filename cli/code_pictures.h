#pragma once

#include "hourglass/core/value_range.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/figures/picture.h"
#include "hourglass/recipes/recipe.h"

#include <string>
#include <vector>

namespace hourglass::cli {

/// What the pictures of a run show.
struct ShownRun {
  std::string title;          ///< the recipe, or the variant
  datasets::DatasetPtr rows;  ///< those that the pictures show
  std::string rows_name;      ///< "validation"
  std::vector<std::string> class_names;
  ValueRange values;  ///< of the items
  recipes::PictureOptions look;

  /// The items that the recipe names, as far as there are so many.
  Batch items() const;
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
