#include "hourglass/sources/open.h"

#include "hourglass/core/error.h"
#include "hourglass/core/random.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/ordered_part.h"
#include "hourglass/sources/chance.h"
#include "hourglass/sources/scaled_data.h"
#include "hourglass/sources/series.h"
#include "hourglass/sources/series_parts.h"
#include "hourglass/sources/source.h"
#include "hourglass/sources/table_file.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <memory>
#include <set>
#include <utility>

namespace hourglass::sources {
namespace {

/// What `auto` resolves to. Throws `UsageError` where an official test part is asked for and there is
/// none.
datasets::Validation resolve(const datasets::Validation& validation, bool has_test_part) {
  if (validation.kind == datasets::Validation::Kind::Test && !has_test_part) {
    throw UsageError("`validation` test: this data set has no official test part; use split:0.1");
  }
  if (validation.kind != datasets::Validation::Kind::Auto) return validation;
  return has_test_part ? datasets::Validation{datasets::Validation::Kind::Test}
                       : datasets::Validation{datasets::Validation::Kind::Split, 0.1};
}

bool fits(const StoredRows& rows, const Shape& item_shape) {
  return element_count(item_shape) == element_count(rows.item_shape());
}

/// Gives the items of all rows another shape of as many values.
void reshape_items(StoredData& data, const Shape& item_shape) {
  if (data.rows.item_shape() != item_shape) data.column_names.clear();
  for (StoredRows* rows : {&data.rows, &data.test, &data.test_targets}) {
    *rows = rows->reshaped(item_shape);
  }
}

void check_lengths(const std::string& rows, int64_t inputs, int64_t targets) {
  if (inputs == targets) return;
  throw Error("`targets`: expected {} {}, one for each of the inputs, found {}", inputs, rows,
              targets);
}

/// Throws `UsageError` where targets are none that go with the inputs row by row.
void check_targets(const DataOptions& options, const Source& source, const Source& targets) {
  if (!source.held_out.empty()) {
    throw UsageError(
        "`targets` {}: expected `dataset` without interactions to judge by, which are targets "
        "already, found {}",
        options.targets, options.dataset);
  }
  if (targets.kind == Source::Kind::Series) {
    throw UsageError(
        "`targets` {}: expected a row for each of the inputs, found a series, which has windows: "
        "name its file as csv:{} where its lines are rows",
        options.targets, targets.path.string());
  }
}

/// Throws `UsageError` where images are to be changed and there are none.
void check_images(const DataOptions& options, const Source& source,
                  const std::optional<Source>& targets) {
  const bool images =
      source.kind == Source::Kind::Images || (targets && targets->kind == Source::Kind::Images);
  if (images || (options.resize.any() && options.color == ImageColor::Auto)) return;
  throw UsageError("`{}`: changes the images of images:DIR, found `dataset` {}",
                   options.resize.any() ? "color" : "resize", options.dataset);
}

/// Throws `UsageError` where columns are to be chosen and there are none.
void check_columns(const DataOptions& options, const Source& source) {
  if (!options.columns.any() || source.kind == Source::Kind::Csv) return;
  const ColumnChoice& choice = options.columns;
  throw UsageError("`{}`: chooses among the columns of csv:PATH, found `dataset` {}",
                   !choice.columns.empty()     ? "columns"
                   : !choice.drop.empty()      ? "drop"
                   : !choice.id_column.empty() ? "id_column"
                                               : "category_columns",
                   options.dataset);
}

/// The data with items in the shape of the options.
ReadData shaped(ReadData data, const Shape& item_shape) {
  if (item_shape.empty()) return data;
  if (!fits(data.inputs.rows, item_shape)) {
    throw Error("`item_shape` {}: expected a shape of {} values, as each item has",
                TextCodec<Shape>::format(item_shape), element_count(data.inputs.rows.item_shape()));
  }
  reshape_items(data.inputs, item_shape);
  if (data.targets && fits(data.targets->rows, item_shape))
    reshape_items(*data.targets, item_shape);
  return data;
}

/// Whether the rows are too many for lists of their numbers.
bool is_large(const ReadData& data) {
  return data.inputs.rows.mapped || (data.targets && data.targets->rows.mapped);
}

/// Splits the rows that take part; positions are those of all rows.
Parts split_chosen(const datasets::Validation& validation, const ReadData& data, uint64_t seed) {
  const at::Tensor& rows = data.chosen.rows;
  if (is_large(data) && !rows.defined()) {
    const auto parts = [=](const datasets::DatasetPtr& all) {
      return datasets::split_large(all, validation, seed);
    };
    const bool divides = validation.kind == datasets::Validation::Kind::Split ||
                         validation.kind == datasets::Validation::Kind::Last;
    return {.training_rows = {},
            .training = [=](const datasets::DatasetPtr& all) { return parts(all).training; },
            .validation =
                divides ? [=](const datasets::DatasetPtr& all) { return parts(all).validation; }
                        : TakePart()};
  }
  const at::Tensor& labels = data.labelled().rows.labels;
  const bool chosen = rows.defined();
  datasets::RowSplit split = datasets::split_rows(
      validation, chosen ? rows.size(0) : data.inputs.rows.size(),
      (chosen && labels.defined() ? labels.index_select(0, rows) : labels), seed);
  for (at::Tensor* part : {&split.training, &split.validation}) {
    if (chosen && part->defined()) *part = rows.index_select(0, *part);
  }
  return {.training_rows = split.training,
          .training = listed_part(split.training),
          .validation = split.validation.defined() ? listed_part(split.validation) : TakePart()};
}

/// Inputs and targets as one data set; a test part remains where both have one.
void add_targets(ScaledData& data, const ScaledData& targets) {
  data.rows = std::make_shared<datasets::Paired>(data.rows, targets.rows);
  data.target_range = targets.target_range;
  if (data.test) {
    data.test =
        targets.test ? std::make_shared<datasets::Paired>(data.test, targets.test) : nullptr;
  }
}

/// The columns that the condition takes from the items.
std::vector<int64_t> told_columns(const datasets::ConditionRule& rule, const StoredData& inputs) {
  return datasets::condition_columns(rule, inputs.column_names, inputs.rows.item_shape());
}

/// The names of columns of which some may have none.
std::vector<std::string> names_of(const std::vector<int64_t>& columns,
                                  const std::vector<std::string>& known) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const int64_t column : columns) {
    names.push_back(known.empty() ? fmt::format("column {}", column)
                                  : known[static_cast<size_t>(column)]);
  }
  return names;
}

/// The names of the values that are left to the item.
std::vector<std::string> item_column_names(const datasets::ConditionRule& rule,
                                           const StoredData& inputs) {
  const auto& known = inputs.column_names;
  const auto columns = told_columns(rule, inputs);
  const std::set<int64_t> taken(columns.begin(), columns.end());
  std::vector<std::string> names;
  for (size_t i = 0; i < known.size(); ++i) {
    if (!taken.contains(static_cast<int64_t>(i))) names.push_back(known[i]);
  }
  return names;
}

/// The classes that some of these rows are of, in the order of their labels.
std::vector<std::string> classes_among(const at::Tensor& labels, const at::Tensor& rows,
                                       const std::vector<std::string>& class_names) {
  std::vector<std::string> names;
  if (!labels.defined()) return names;
  if (!rows.defined()) return class_names;  // of a set so large that all are sure to be there
  const at::Tensor counts = labels.index_select(0, rows).bincount({}, std::ssize(class_names));
  for (size_t label = 0; label < class_names.size(); ++label) {
    const bool found = counts[static_cast<int64_t>(label)].item<int64_t>() > 0;
    if (found) names.push_back(class_names[label]);
  }
  return names;
}

std::string type_name(const StoredData& stored) { return number_type_name(stored.rows.type()); }

/// Says so where not all training rows were looked at.
void note_sample(const std::string& name, const ScaledData& data, int64_t training_rows,
                 std::vector<std::string>& notes) {
  if (data.sampled_rows == 0) return;
  notes.push_back(
      fmt::format("{}: range and scaling are those of {} of the {} training rows; values are "
                  "looked at when they "
                  "are read",
                  name, with_thousands(data.sampled_rows), with_thousands(training_rows)));
}

/// What is known of the data once it is read.
formats::DataCard info_of(const DataOptions& options, const ReadData& stored) {
  formats::DataCard info;
  info.name = options.dataset;
  info.sha256 = stored.inputs.sha256;
  info.identity = stored.inputs.identity;
  info.class_names = stored.labelled().class_names;
  info.column_names = item_column_names(options.condition, stored.inputs);
  info.label_name = stored.inputs.label_name;
  if (stored.inputs.table) info.schema = stored.inputs.schema;
  info.notes = stored.inputs.notes;
  if (stored.targets) {
    const auto& notes = stored.targets->notes;
    info.notes.insert(info.notes.end(), notes.begin(), notes.end());
    info.targets = {options.targets,
                    stored.targets->sha256,
                    {},
                    stored.targets->column_names,
                    type_name(*stored.targets),
                    stored.targets->identity};
  }
  info.stored_type = type_name(stored.inputs);
  info.rows_sha256 = stored.chosen.list_sha256;
  const auto& chosen = stored.chosen.notes;
  info.notes.insert(info.notes.end(), chosen.begin(), chosen.end());
  return info;
}

/// Puts the condition on rows and test part alike.
void add_condition(ScaledData& data, const datasets::ConditionRule& rule, const StoredData& inputs,
                   int64_t classes) {
  data.rows = with_condition(data.rows, rule, classes, inputs.column_names);
  if (data.test) data.test = with_condition(data.test, rule, classes, inputs.column_names);
}

void count_rows(DataSplits& splits) {
  const auto size_of = [](const datasets::DatasetPtr& part) { return part ? part->size() : 0; };
  splits.info.training_rows = size_of(splits.training);
  splits.info.validation_rows = size_of(splits.validation);
  splits.info.test_rows = size_of(splits.test);
}

/// A series; the windows without a gap take part.
ReadData read_windows(const Source& source, const DataOptions& options) {
  ReadData data;
  data.inputs = read_series(source.path, source.columns, options.header, options.series);
  const datasets::Series& series = *data.inputs.series;
  data.chosen.rows = datasets::windows_within(series.stretches, series.form);
  return data;
}

}  // namespace

ReadData read_data(const DataOptions& options) {
  const Source source = parse_source(options.dataset, "dataset");
  std::optional<Source> target_source;
  if (!options.targets.empty()) target_source = parse_source(options.targets, "targets");
  // Said before any file is opened.
  resolve(options.validation,
          source.may_have_test_part() && (!target_source || target_source->may_have_test_part()));
  check_images(options, source, target_source);
  check_columns(options, source);
  check_series_options(options, source);
  if (target_source) check_targets(options, source, *target_source);
  const int64_t map_above = options.map_above * 1'000'000;
  const CsvOptions csv{.label_column = options.label_column,
                       .header = options.header,
                       .choice = options.columns,
                       .known = options.known_columns};
  const ImageForm images{.size = options.resize, .color = options.color};
  if (source.kind == Source::Kind::Series) {
    return read_windows(source, options);
  }
  ReadData data{read_source(source, options.data_dir, csv, images, map_above), {}, {}};
  if (target_source) {
    const CsvOptions numbers{.label_column = options.label_column, .header = options.header};
    data.targets = read_source(*target_source, options.data_dir, numbers, images, map_above);
    if (data.targets->table) {
      throw Error("`targets` {}: expected a table of numbers alone", options.targets);
    }
    check_lengths("rows", data.inputs.rows.size(), data.targets->rows.size());
    if (!data.inputs.test.empty() && !data.targets->test.empty()) {
      check_lengths("test rows", data.inputs.test.size(), data.targets->test.size());
    }
  }
  data.chosen = choose_rows(data.inputs, data.labelled(), options.classes, options.rows);
  return data;
}

DataSplits split_data(const ReadData& data, const DataOptions& options, uint64_t seed,
                      const GivenScaling& scaling) {
  using Condition = datasets::ConditionRule::Kind;
  const bool has_test_part =
      !data.inputs.test.empty() && (!data.targets || !data.targets->test.empty());
  const datasets::Series* series = data.inputs.series.get();
  const datasets::Validation validation = series ? resolve_validation(options.validation, *series)
                                                 : resolve(options.validation, has_test_part);
  const Parts parts = series ? split_series(validation, *series)
                             : split_chosen(validation, data, derive_seed(seed, "split"));
  ReadData values = data;
  if (data.inputs.needs_schema()) {
    learn_schema(values.inputs, parts.training_rows, options.impute);
  }
  const ReadData stored = shaped(std::move(values), options.item_shape);
  ScaledData scaled = scale_values(stored.inputs, options.scale, scaling.inputs, parts);
  check_chance(options, scaled.input_range, scaling.inputs.has_value());

  DataSplits splits;
  splits.info = info_of(options, stored);
  splits.info.validation = validation.text();
  if (series) splits.info.series = card_of(*series, parts);
  splits.info.scaling = scaled.scaling;
  splits.info.trained_classes =
      classes_among(stored.labelled().rows.labels, parts.training_rows, splits.info.class_names);
  const auto classes = std::ssize(splits.info.class_names);
  if (options.condition.kind == Condition::Columns)
    add_condition(scaled, options.condition, stored.inputs, classes);
  if (stored.targets) {
    const ScaledData targets = scale_values(*stored.targets, options.scale, scaling.targets, parts);
    splits.info.targets->scaling = targets.scaling;
    add_targets(scaled, targets);
  }
  if (options.condition.kind == Condition::Label) {
    add_condition(scaled, options.condition, stored.inputs, classes);
  }
  splits.condition_columns = told_columns(options.condition, stored.inputs);
  splits.condition_names = options.condition.kind == Condition::Label
                               ? splits.info.class_names
                               : names_of(splits.condition_columns, stored.inputs.column_names);
  splits.info.lowest = scaled.target_range.low;
  splits.info.highest = scaled.target_range.high;

  splits.training = parts.training(scaled.rows);
  if (scaled.test) splits.test = listed_part(stored.chosen.test)(scaled.test);
  if (validation.kind == datasets::Validation::Kind::Test) splits.validation = splits.test;
  if (parts.validation) splits.validation = parts.validation(scaled.rows);
  splits.mapped = is_large(stored);
  note_sample(options.dataset, scaled, splits.training->size(), splits.info.notes);
  add_chance(splits, options, seed);
  splits.row_names = stored.inputs.row_names;
  splits.row_title = stored.inputs.row_title;
  splits.table = stored.inputs.table;
  splits.series = stored.inputs.series;
  count_rows(splits);
  const at::Tensor& chosen = stored.chosen.rows;
  splits.info.total_rows =
      (chosen.defined() ? chosen.size(0) : scaled.rows->size()) + splits.info.test_rows;
  return splits;
}

DataSplits open_data(const DataOptions& options, uint64_t seed, const GivenScaling& scaling) {
  return split_data(read_data(options), options, seed, scaling);
}

}  // namespace hourglass::sources
