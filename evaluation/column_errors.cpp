#include "hourglass/evaluation/column_errors.h"

#include "hourglass/core/shape.h"
#include "hourglass/datasets/scaled_values.h"
#include "hourglass/evaluation/robust_scale.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace hourglass::evaluation {
namespace {

using datasets::ColumnKind;
using datasets::SchemaColumn;

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

/// The scale of what is there, by its standard deviation where most of it is one; a median of 0 and
/// a spread of NaN where nothing is.
RobustScale usual_of(const at::Tensor& values) {
  const at::Tensor known = values.masked_select(values.isnan().logical_not());
  if (known.numel() == 0) return {.median = 0, .spread = kNotANumber};
  const auto* first = known.const_data_ptr<double>();
  RobustScale scale = robust_scale_of({first, first + known.numel()});
  if (!(scale.spread > 0)) scale.spread = known.std(/*unbiased=*/false).item<double>();
  return scale;
}

double spreads(double value, double middle, double spread) {
  if (value == middle) return 0;
  return spread > 0 ? (value - middle) / spread : std::numeric_limits<double>::infinity();
}

}  // namespace

std::optional<ColumnView> column_view(const formats::DataCard& data, const Shape& item_shape) {
  const bool fits = std::ssize(data.column_names) == element_count(item_shape);
  if (data.targets || item_shape.size() != 1 || !fits) return {};
  if (!datasets::is_of_values(data.scaling, item_shape.front())) return {};
  ColumnView view = {{}, data.scaling};
  if (data.schema) {
    // Columns that the model is told beside the items are not among them.
    if (data.schema->width() != item_shape.front()) return {};
    view.schema = *data.schema;
    return view;
  }
  for (const auto& name : data.column_names) view.schema.columns.push_back({.name = name});
  return view;
}

ColumnErrors column_errors(const ColumnView& view, const at::Tensor& originals,
                           const at::Tensor& reconstructions) {
  const at::Tensor off = originals.cpu().to(at::kDouble) - reconstructions.cpu().to(at::kDouble);
  const auto in_unit = [&](const at::Tensor& rows, int64_t value) {
    return datasets::to_stored(view.scaling, value, rows.cpu().select(1, value));
  };
  const auto& columns = view.schema.columns;
  const std::vector<int64_t> firsts = view.schema.first_values();
  std::vector<at::Tensor> residuals, errors;
  for (size_t c = 0; c < columns.size(); ++c) {
    const int64_t first = firsts[c];
    errors.push_back(off.narrow(1, first, columns[c].width()).square().sum(1));
    at::Tensor residual = at::full({off.size(0)}, kNotANumber, at::kDouble);
    if (columns[c].kind == ColumnKind::Number) {
      residual = in_unit(originals, first) - in_unit(reconstructions, first);
      if (columns[c].has_missing) {
        residual.masked_fill_(originals.cpu().select(1, first + 1) > 0.5, kNotANumber);
      }
    }
    residuals.push_back(residual);
  }
  return {at::stack(residuals, 1), at::stack(errors, 1)};
}

UsualErrors usual_errors(const ColumnErrors& errors) {
  const int64_t columns = errors.errors.size(1);
  UsualErrors usual = {at::empty({columns}, at::kDouble), at::empty({columns}, at::kDouble),
                       at::empty({columns}, at::kDouble), at::empty({columns}, at::kDouble)};
  for (int64_t c = 0; c < columns; ++c) {
    const RobustScale residual = usual_of(errors.residuals.select(1, c));
    const RobustScale distance = usual_of(errors.errors.select(1, c).sqrt());
    usual.residual[c] = residual.median;
    usual.residual_spread[c] = residual.spread;
    usual.distance[c] = distance.median;
    usual.distance_spread[c] = distance.spread;
  }
  return usual;
}

std::vector<Cause> causes_of(const ColumnErrors& errors, const UsualErrors& usual, int64_t row,
                             size_t most) {
  const auto at = [](const at::Tensor& values, int64_t c) { return values[c].item<double>(); };
  const at::Tensor of_row = errors.errors[row];
  const double total = of_row.sum().item<double>();
  std::vector<Cause> causes;
  for (int64_t c = 0; c < of_row.size(0); ++c) {
    const double residual = at(errors.residuals[row], c), error = at(of_row, c);
    Cause cause{.column = c, .share = total > 0 ? error / total : 0};
    if (std::isnan(residual)) {
      cause.spread = at(usual.distance_spread, c);
      cause.spreads_off = spreads(std::sqrt(error), at(usual.distance, c), cause.spread);
    } else {
      cause.spread = at(usual.residual_spread, c);
      cause.spreads_off = spreads(residual, at(usual.residual, c), cause.spread);
    }
    causes.push_back(cause);
  }
  std::stable_sort(causes.begin(), causes.end(),
                   [](const Cause& a, const Cause& b) { return a.share > b.share; });
  causes.resize(std::min(causes.size(), most));
  return causes;
}

std::string column_text(const ColumnView& view, const at::Tensor& row, size_t column) {
  const SchemaColumn& known = view.schema.columns[column];
  const int64_t first = view.schema.first_values()[column];
  if (known.kind == ColumnKind::Date) return "";
  if (known.kind == ColumnKind::Category) {
    const auto place = row.narrow(0, first, known.width()).argmax().item<int64_t>();
    if (place < std::ssize(known.categories)) return known.categories[static_cast<size_t>(place)];
    return known.has_missing && place == std::ssize(known.categories) ? "" : "other";
  }
  const auto value = datasets::to_stored(view.scaling, first, row[first]).item<double>();
  if (known.kind == ColumnKind::Boolean) return value >= 0.5 ? "true" : "false";
  return fmt::format("{:.6g}", value);
}

}  // namespace hourglass::evaluation
