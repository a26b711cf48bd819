#include "hourglass/sources/stored.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/digest.h"
#include "hourglass/sources/idx.h"

#include <ATen/ATen.h>

#include <utility>

namespace hourglass::sources {

int64_t StoredRows::size() const {
  if (sparse) return sparse->size();
  return mapped ? mapped->size() : empty() ? 0 : values.size(0);
}

at::ScalarType StoredRows::type() const {
  if (sparse) return at::kFloat;
  return mapped ? mapped->type() : values.scalar_type();
}

Shape StoredRows::item_shape() const {
  if (sparse) return sparse->item_shape();
  return mapped ? mapped->item_shape() : values.sizes().slice(1).vec();
}

at::Tensor StoredRows::items(int64_t first, int64_t count) const {
  if (sparse) return sparse->items(first, count);
  return mapped ? mapped->items(first, count) : values.narrow(0, first, count);
}

StoredRows StoredRows::reshaped(const Shape& item_shape) const {
  StoredRows rows = *this;
  if (rows.empty()) return rows;
  if (sparse) {
    rows.sparse = sparse->reshaped(item_shape);
  } else if (mapped) {
    rows.mapped = mapped->reshaped(item_shape);
  } else {
    rows.values = values.view(with_batch(size(), item_shape));
  }
  return rows;
}

StoredRows read_idx_rows(const std::filesystem::path& values, const std::filesystem::path& labels,
                         formats::Sha256& hash) {
  const auto read = [&](const std::filesystem::path& path) {
    const std::string bytes = read_file(path);
    hash.add(bytes);
    return parse_idx(bytes, path.string());
  };
  StoredRows rows{read(values), {}};
  // A batch of flat rows has two dimensions, one of images four.
  if (rows.values.dim() % 2 == 1) rows.values = rows.values.unsqueeze(1);
  if (labels.empty()) return rows;
  const at::Tensor bytes = read(labels);
  if (bytes.dim() != 1) {
    throw Error("{}: expected labels, which have 1 dimension, found {}", labels.string(),
                bytes.dim());
  }
  if (bytes.size(0) != rows.values.size(0)) {
    throw Error("{}: expected {} labels, one for each row of {}, found {}", labels.string(),
                rows.values.size(0), values.string(), bytes.size(0));
  }
  rows.labels = bytes.to(at::kLong);
  return rows;
}

StoredData stored_table(std::string_view text, const std::string& name, const CsvOptions& options) {
  CsvTable table = parse_csv(text, name, options);
  return {.sha256 = formats::sha256(text),
          .rows = {std::move(table.values), std::move(table.labels)},
          .test = {},
          .class_names = std::move(table.class_names),
          .natural_scale = {datasets::ScalingRule::Kind::MinMax},
          .column_names = std::move(table.column_names),
          .label_name = std::move(table.label_name),
          .notes = std::move(table.notes)};
}

}  // namespace hourglass::sources
