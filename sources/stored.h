#pragma once

#include "hourglass/datasets/mapped_rows.h"
#include "hourglass/datasets/scaling.h"
#include "hourglass/datasets/series.h"
#include "hourglass/datasets/sparse_rows.h"
#include "hourglass/datasets/table_schema.h"
#include "hourglass/formats/digest.h"
#include "hourglass/sources/csv.h"

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::sources {

/// Rows as they were read; or, where files are large, as they lie there; or, where nearly all values
/// are 0, what is not.
struct StoredRows {
  /// uint8 or float32 [N, shape…]; undefined where they are mapped or sparse.
  at::Tensor values = {};
  at::Tensor labels = {};                    ///< int64 [N], or undefined where there are none
  datasets::MappedRowsPtr mapped = nullptr;  ///< else null; labels may then be uint8 or int32, too
  datasets::SparseRowsPtr sparse = nullptr;  ///< else null

  bool empty() const { return !values.defined() && !mapped && !sparse; }
  int64_t size() const;
  at::ScalarType type() const;  ///< of the values; of sparse rows float32
  Shape item_shape() const;

  /// Some rows, float32 [count, shape…] or of the type of `values`.
  at::Tensor items(int64_t first, int64_t count) const;

  /// The same rows with items of another shape of as many values.
  StoredRows reshaped(const Shape& item_shape) const;
};

/// A data set as it was read, before it is split and scaled.
struct StoredData {
  std::string sha256;  ///< of the files' bytes, one after the other, or of what `identity` says
  StoredRows rows;
  StoredRows test;                       ///< the official test part; empty where there is none
  StoredRows test_targets = {};          ///< what its rows are to become; empty: themselves
  std::vector<std::string> class_names;  ///< by label; empty where there are no labels
  datasets::ScalingRule natural_scale;   ///< what ScalingRule::Kind::Auto means for these values
  /// Of an item's values, in their order, without the label; empty where there are none.
  std::vector<std::string> column_names = {};
  std::string label_name = {};     ///< of the label's column; empty where it has none
  std::vector<std::string> notes;  ///< what a user should know
  /// Of `rows`, by number: files of a folder of images, "7/a.png"; empty where there are none.
  std::vector<std::string> row_names = {};
  std::string row_title = "file";  ///< what these names are: files, or a table's column
  std::string identity = {};       ///< what the digest of large files is of; empty: all bytes
  /// Of a table that is not all numbers: its columns, and how they became the values of `rows`. Until
  /// training rows are known, `schema` has no columns, and `rows` the cells as numbers (NaN where they
  /// are missing).
  std::shared_ptr<const datasets::Table> table = nullptr;
  datasets::TableSchema schema = {};
  at::Tensor missing =
      {};  ///< bool as `rows`: values that stand for missing cells; undefined: none

  /// Of which the values of `rows` are a view, by windows; else null.
  std::shared_ptr<const datasets::Series> series = nullptr;

  bool needs_schema() const { return table && schema.columns.empty(); }
};

/// An IDX file of values and, where `labels` is not empty, one of their labels. Images get a
/// channel: [N, H, W] becomes [N, 1, H, W]; plain bytes [N] become [N, 1]. The bytes of both
/// are added to `hash`: each file is read once. Throws `Error` when the lengths differ.
StoredRows read_idx_rows(const std::filesystem::path& values, const std::filesystem::path& labels,
                         formats::Sha256& hash);

/// The table of numbers in the CSV `text`; `name` stands for it in errors and notes. Throws what
/// `parse_csv` throws.
StoredData stored_table(std::string_view text, const std::string& name, const CsvOptions& options);

}  // namespace hourglass::sources
