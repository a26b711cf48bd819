#include "hourglass/sources/series_parts.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

namespace hourglass::sources {
namespace {

[[noreturn]] void refuse_option(const char* option, const std::string& text, const char* reason) {
  throw UsageError("`{}` {}: {}", option, text, reason);
}

void check_options_of_series(const DataOptions& options) {
  using datasets::ConditionRule;
  using datasets::Validation;
  const Validation& validation = options.validation;
  if (validation.kind == Validation::Kind::Split) {
    refuse_option(
        "validation", validation.text(),
        "windows of a series overlap, and random ones would hold steps that were trained on; use "
        "last:0.1");
  }
  if (validation.kind == Validation::Kind::Test) {
    refuse_option("validation", "test", "a series has no official test part; use last:0.1");
  }
  if (!options.targets.empty()) {
    refuse_option("targets", options.targets, "windows of a series have none but themselves");
  }
  if (!options.classes.all()) {
    refuse_option("classes", options.classes.text(), "the time steps of a series have no classes");
  }
  if (!options.rows.all()) {
    refuse_option("rows", options.rows.text(), "a series is taken as a whole; cut the file, say");
  }
  const auto label = options.label_column.kind;
  if (label != LabelColumn::Kind::Last && label != LabelColumn::Kind::None) {
    refuse_option("label_column", options.label_column.text(),
                  "a series has no labels; name the columns to take: series:FILE,COLUMN,…");
  }
  if (options.condition.kind != ConditionRule::Kind::None) {
    refuse_option("condition", options.condition.text(), "windows of a series are told nothing");
  }
}

}  // namespace

void check_series_options(const DataOptions& options, const Source& source) {
  if (source.kind == Source::Kind::Series) return check_options_of_series(options);
  const SeriesOptions usual, &given = options.series;
  const char* changed = given.window != usual.window   ? "window"
                        : given.stride != usual.stride ? "stride"
                        : given.gaps != usual.gaps     ? "gaps"
                                                       : nullptr;
  if (!changed) return;
  throw UsageError("`{}`: makes windows of series:FILE, found `dataset` {}", changed,
                   options.dataset);
}

datasets::Validation resolve_validation(const datasets::Validation& validation,
                                        const datasets::Series& series) {
  if (validation.kind != datasets::Validation::Kind::Auto) return validation;
  return datasets::automatic_validation(series.size(), series.form);
}

Parts split_series(const datasets::Validation& validation, const datasets::Series& series) {
  const datasets::RowSplit split =
      datasets::split_windows(validation, series.size(), series.stretches, series.form);
  return {.training_rows = split.training,
          .training = listed_part(split.training),
          .validation = split.validation.defined() ? listed_part(split.validation) : TakePart()};
}

formats::SeriesCard card_of(const datasets::Series& series, const Parts& parts) {
  return {.window = series.form.window,
          .stride = series.form.stride,
          .channels = series.channels,
          .steps = series.size(),
          .step = series.step,
          .dates = series.dates,
          .training_steps = datasets::steps_of_windows(parts.training_rows, series.form).size(0)};
}

}  // namespace hourglass::sources
