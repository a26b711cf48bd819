#include "hourglass/sources/scaled_data.h"

#include "hourglass/datasets/mapped_dataset.h"
#include "hourglass/datasets/sparse_dataset.h"

#include <ATen/ATen.h>

#include <memory>
#include <utility>
#include <vector>

namespace hourglass::sources {
namespace {

datasets::DatasetPtr dataset_of(const StoredRows& rows, const datasets::Scaling& scaling) {
  if (rows.mapped) {
    return std::make_shared<datasets::MappedDataset>(rows.mapped, rows.labels, scaling);
  }
  if (rows.sparse) return std::make_shared<datasets::SparseDataset>(rows.sparse, scaling);
  return std::make_shared<datasets::TensorDataset>(rows.values, rows.labels, scaling);
}

datasets::Extremes training_extremes(const StoredRows& rows, const Parts& parts, ScaledData& data) {
  if (rows.values.defined() && parts.training_rows.defined()) {
    return datasets::extremes_of(rows.values, parts.training_rows);
  }
  // Made dense they may take more memory than there is, only to say this.
  if (rows.sparse) return {at::zeros(rows.item_shape()), at::ones(rows.item_shape())};
  const auto training = parts.training(dataset_of(rows, {}));
  const auto sampled = datasets::sampled_extremes(*training);
  if (sampled.rows < training->size()) data.sampled_rows = sampled.rows;
  return sampled.extremes;
}

datasets::Scaling fit_statistics(const datasets::ScalingRule& scale, const StoredData& stored,
                                 const Parts& parts) {
  if (stored.rows.values.defined() && parts.training_rows.defined()) {
    return datasets::fit_columns(scale, stored.rows.values, parts.training_rows, stored.missing);
  }
  const auto training = parts.training(dataset_of(stored.rows, {}));
  return datasets::fit_columns(scale, datasets::sampled_items(*training), {}, {});
}

datasets::Scaling fit(const datasets::ScalingRule& scale, const StoredData& stored,
                      const datasets::Extremes& extremes, const Parts& parts) {
  if (scale.kind == datasets::ScalingRule::Kind::Norm) {
    return datasets::fit_norm(*parts.training(dataset_of(stored.rows, {})));
  }
  return scale.by_statistics() ? fit_statistics(scale, stored, parts)
                               : datasets::fit_scaling(scale, extremes);
}

/// Keeps what is in 0 … 1 by its meaning, categories say, as it is.
datasets::Scaling without_codes(datasets::Scaling scaling, const datasets::TableSchema& schema) {
  if (schema.columns.empty()) return scaling;
  const std::vector<bool> scaled = schema.scaled();
  for (size_t i = 0; i < scaling.curves.size(); ++i) {
    if (!scaled[i]) scaling.curves[i] = datasets::kUnchanged;
  }
  if (!scaling.curves.empty()) return scaling;
  if (scaling.factor.size() == 1) {
    scaling.offset.resize(scaled.size(), scaling.offset.front());
    scaling.factor.resize(scaled.size(), scaling.factor.front());
  }
  for (size_t i = 0; i < scaled.size(); ++i) {
    if (!scaled[i]) scaling.offset[i] = 0, scaling.factor[i] = 1;
  }
  return scaling;
}

/// Scales a series as a table of its channels, whose training rows are the steps that training windows
/// hold, and the windows likewise. Where values are made up and not to count, the targets lack them.
ScaledData scale_series(const StoredData& stored, datasets::ScalingRule scale,
                        const std::optional<datasets::Scaling>& given, const Parts& parts) {
  const datasets::Series& series = *stored.series;
  const at::Tensor training = datasets::steps_of_windows(parts.training_rows, series.form);
  StoredData steps;
  steps.rows.values = series.steps;
  steps.natural_scale = stored.natural_scale;
  if (series.observed.defined()) steps.missing = series.observed.isnan();
  const Parts step_parts = {
      .training_rows = training, .training = listed_part(training), .validation = {}};
  // A given scaling is one of windows, each of whose steps has the same.
  std::optional<datasets::Scaling> channels = given;
  if (channels && channels->factor.size() > 1) {
    channels->offset.resize(series.channels.size());
    channels->factor.resize(series.channels.size());
  }
  if (channels && !channels->curves.empty()) channels->curves.resize(series.channels.size());
  ScaledData data = scale_values(steps, scale, channels, step_parts);
  data.scaling = given ? *given : datasets::scaling_of_windows(data.scaling, series.form);
  data.rows = dataset_of(stored.rows, data.scaling);
  if (series.observed.defined()) {
    const StoredRows observed = {.values = datasets::window_view(series.observed, series.form)};
    data.rows = std::make_shared<datasets::Paired>(data.rows, dataset_of(observed, data.scaling));
  }
  return data;
}

}  // namespace

TakePart listed_part(const at::Tensor& positions) {
  return [positions](const datasets::DatasetPtr& all) -> datasets::DatasetPtr {
    if (!positions.defined() || positions.size(0) == all->size()) return all;
    return std::make_shared<datasets::Subset>(all, positions);
  };
}

ScaledData scale_values(const StoredData& stored, datasets::ScalingRule scale,
                        const std::optional<datasets::Scaling>& given, const Parts& parts) {
  if (stored.series) return scale_series(stored, scale, given, parts);
  if (scale.kind == datasets::ScalingRule::Kind::Auto) scale = stored.natural_scale;
  ScaledData data;
  const datasets::Extremes extremes = training_extremes(stored.rows, parts, data);
  data.scaling = given ? *given : without_codes(fit(scale, stored, extremes, parts), stored.schema);
  data.input_range = data.target_range = datasets::scaled_range(extremes, data.scaling);
  data.rows = dataset_of(stored.rows, data.scaling);
  if (!stored.test.empty()) data.test = dataset_of(stored.test, data.scaling);
  if (!stored.test_targets.empty()) {
    data.test = std::make_shared<datasets::Paired>(data.test,
                                                   dataset_of(stored.test_targets, data.scaling));
  }
  return data;
}

}  // namespace hourglass::sources
