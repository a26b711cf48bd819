#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::evaluation {

/// What N items are called: by their row numbers in a part of a data set, counted from 0, and by
/// their files too where it is a folder of images, or the cells of a table's column; a user's own images by their files alone.
struct ItemNames {
  std::vector<int64_t> rows;       ///< N, or none
  std::vector<std::string> files;  ///< N, or none: paths below the folder, "7/a.png"
  std::string title = "file";      ///< what these are: files, or a table's column that names rows

  size_t size() const { return std::max(rows.size(), files.size()); }

  /// "17", or of a user's own image "7/a.png".
  std::string text(size_t i) const { return rows.empty() ? files[i] : std::to_string(rows[i]); }

  /// "row", "row,file" (or the title) or "file", and what stands under it.
  std::string csv_header() const;
  std::string csv_cells(size_t i) const;
};

}  // namespace hourglass::evaluation
