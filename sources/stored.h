#pragma once

#include "hourglass/datasets/mapped_rows.h"
#include "hourglass/datasets/scaling.h"
#include "hourglass/datasets/series.h"
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

/// Rows as they were read, or, where files are large, as they lie there.
struct StoredRows {
  at::Tensor values = {};  ///< uint8 or float32 [N, shape…]; undefined where they are mapped
  at::Tensor labels = {};  ///< int64 [N], or undefined where there are none
  datasets::MappedRowsPtr mapped = nullptr;  ///< else null; labels may then be uint8 or int32, too

  bool empty() const { return !values.defined() && !mapped; }
  int64_t size() const { return mapped ? mapped->size() : empty() ? 0 : values.size(0); }
  at::ScalarType type() const { return mapped ? mapped->type() : values.scalar_type(); }
  Shape item_shape() const { return mapped ? mapped->item_shape() : values.sizes().slice(1).vec(); }
};

/// A data set as it was read, before it is split and scaled.
struct StoredData {
  std::string sha256;  ///< of the files' bytes, one after the other, or of what `identity` says
  StoredRows rows;
  StoredRows test;                       ///< the official test part; empty where there is none
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
