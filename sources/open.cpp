#include "hourglass/sources/open.h"

#include "hourglass/core/error.h"
#include "hourglass/core/random.h"
#include "hourglass/sources/source.h"

#include <ATen/ATen.h>
#include <c10/util/accumulate.h>
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
  return c10::multiply_integers(item_shape) == c10::multiply_integers(rows.values.sizes().slice(1));
}

/// Gives the items of all rows another shape of as many values.
void reshape_items(StoredData& data, const Shape& item_shape) {
  for (StoredRows* rows : {&data.rows, &data.test}) {
    if (rows->empty()) continue;
    Shape shape = {rows->size()};
    shape.insert(shape.end(), item_shape.begin(), item_shape.end());
    if (rows->values.sizes() != shape) data.column_names.clear();
    rows->values = rows->values.view(shape);
  }
}

void check_lengths(const std::string& rows, int64_t inputs, int64_t targets) {
  if (inputs == targets) return;
  throw Error("`targets`: expected {} {}, one for each of the inputs, found {}", inputs, rows,
              targets);
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

/// The data with items in the shape of the options.
ReadData shaped(ReadData data, const Shape& item_shape) {
  if (item_shape.empty()) return data;
  if (!fits(data.inputs.rows, item_shape)) {
    throw Error("`item_shape` {}: expected a shape of {} values, as each item has",
                TextCodec<Shape>::format(item_shape),
                c10::multiply_integers(data.inputs.rows.values.sizes().slice(1)));
  }
  reshape_items(data.inputs, item_shape);
  if (data.targets && fits(data.targets->rows, item_shape))
    reshape_items(*data.targets, item_shape);
  return data;
}

/// Splits the rows that take part; positions are those of all rows.
datasets::RowSplit split_chosen(const datasets::Validation& validation, const ReadData& data,
                                uint64_t seed) {
  const at::Tensor &rows = data.chosen.rows, &labels = data.labelled().rows.labels;
  if (!rows.defined()) {
    return datasets::split_rows(validation, data.inputs.rows.size(), labels, seed);
  }
  datasets::RowSplit split = datasets::split_rows(
      validation, rows.size(0), labels.defined() ? labels.index_select(0, rows) : labels, seed);
  for (at::Tensor* part : {&split.training, &split.validation}) {
    if (part->defined()) *part = rows.index_select(0, *part);
  }
  return split;
}

/// A data set with its values scaled.
struct ScaledData {
  datasets::DatasetPtr rows;
  datasets::DatasetPtr test;  // null where there is none
  datasets::Scaling scaling;
  ValueRange input_range, target_range;  // of the training rows
};

ScaledData scale_values(const StoredData& stored, datasets::ScalingRule scale,
                        const std::optional<datasets::Scaling>& given,
                        const at::Tensor& training_rows) {
  if (scale.kind == datasets::ScalingRule::Kind::Auto) scale = stored.natural_scale;
  const datasets::Extremes extremes = datasets::extremes_of(stored.rows.values, training_rows);
  ScaledData data;
  const bool by_norm = scale.kind == datasets::ScalingRule::Kind::Norm;
  data.scaling = given     ? *given
                 : by_norm ? datasets::fit_norm(stored.rows.values, training_rows)
                           : datasets::fit_scaling(scale, extremes);
  data.input_range = data.target_range = datasets::scaled_range(extremes, data.scaling);
  const auto dataset_of = [&](const StoredRows& rows) {
    return std::make_shared<datasets::TensorDataset>(rows.values, rows.labels, data.scaling);
  };
  data.rows = dataset_of(stored.rows);
  if (!stored.test.empty()) data.test = dataset_of(stored.test);
  return data;
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

/// Noise that ends in 0 and 1 is meant for values between them.
void check_corruption(const datasets::Corruption& corruption, const ValueRange& range) {
  const bool any_range = corruption.kind == datasets::CorruptionKind::None ||
                         corruption.kind == datasets::CorruptionKind::Mask;
  if (any_range || (range.low >= 0 && range.high <= 1)) return;
  throw Error(
      "`corruption` {}: expected inputs between 0 and 1, found {:.4g} to {:.4g}; "
      "use `scale` minmax",
      corruption.text(), range.low, range.high);
}

/// The rows at `positions` (ascending and different) of `whole`; all where they are undefined.
datasets::DatasetPtr some_rows(const datasets::DatasetPtr& whole, const at::Tensor& positions) {
  if (!positions.defined() || positions.size(0) == whole->size()) return whole;
  return std::make_shared<datasets::Subset>(whole, positions);
}

/// Fresh noise on the training rows, if asked for; always the same on those that judge the model.
void add_noise(DataSplits& splits, const datasets::Corruption& corruption, datasets::Noise noise,
               uint64_t seed) {
  if (corruption.kind == datasets::CorruptionKind::None) return;
  const auto corrupt = [&](datasets::DatasetPtr& part, datasets::Noise when,
                           std::string_view purpose) {
    if (!part) return;
    part =
        std::make_shared<datasets::Corrupted>(part, corruption, when, derive_seed(seed, purpose));
  };
  corrupt(splits.training, noise, "training-noise");
  corrupt(splits.validation, datasets::Noise::Once, "validation-noise");
  corrupt(splits.test, datasets::Noise::Once, "test-noise");
}

/// The columns that the condition takes from the items.
std::vector<int64_t> told_columns(const datasets::ConditionRule& rule, const StoredData& inputs) {
  return datasets::condition_columns(rule, inputs.column_names,
                                     inputs.rows.values.sizes().slice(1).vec());
}

/// The names of the numbers in the condition.
std::vector<std::string> condition_names(const datasets::ConditionRule& rule,
                                         const StoredData& inputs,
                                         const std::vector<std::string>& class_names) {
  if (rule.kind == datasets::ConditionRule::Kind::Label) return class_names;
  std::vector<std::string> names;
  for (const int64_t column : told_columns(rule, inputs)) {
    const auto& known = inputs.column_names;
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
  const at::Tensor counts = labels.index_select(0, rows).bincount({}, std::ssize(class_names));
  for (size_t label = 0; label < class_names.size(); ++label) {
    const bool found = counts[static_cast<int64_t>(label)].item<int64_t>() > 0;
    if (found) names.push_back(class_names[label]);
  }
  return names;
}

std::string type_name(const StoredData& stored) {
  return stored.rows.values.scalar_type() == at::kByte ? "uint8" : "float32";
}

/// What is known of the data once it is read.
formats::DataCard info_of(const DataOptions& options, const ReadData& stored) {
  formats::DataCard info;
  info.name = options.dataset;
  info.sha256 = stored.inputs.sha256;
  info.class_names = stored.labelled().class_names;
  info.column_names = item_column_names(options.condition, stored.inputs);
  info.notes = stored.inputs.notes;
  if (stored.targets) {
    const auto& notes = stored.targets->notes;
    info.notes.insert(info.notes.end(), notes.begin(), notes.end());
    info.targets = {options.targets,
                    stored.targets->sha256,
                    {},
                    stored.targets->column_names,
                    type_name(*stored.targets)};
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

}  // namespace

void DataOptions::describe(FieldTable& table) {
  describe_without_condition(table);
  table
      .add("condition", condition,
           "what the model is told beside each item: none, label (the class) or columns:N,N,... of "
           "a table (names, or numbers from 0), which the item then lacks")
      .shown_as("WHAT");
}

void DataOptions::describe_without_condition(FieldTable& table) {
  table.begin_group("Data");
  table
      .add("dataset", dataset,
           "digits, iris, mnist, fashion-mnist, csv:PATH, idx:IMAGES[,LABELS], npy:X[,Y], npz:FILE "
           "(x_train, y_train, x_test, y_test, or X, y) or images:DIR (PNG and JPEG; sub-folders "
           "are classes)")
      .shown_as("SET");
  table
      .add("targets", targets,
           "what the inputs should become, row by row, in the same forms; empty: the inputs "
           "themselves")
      .shown_as("SET");
  table
      .add("data_dir", data_dir,
           "where to look for named sets before $HOURGLASS_DATA, the user's cache and the "
           "system's folder")
      .shown_as("DIR");
  table
      .add("label_column", label_column,
           "the class in a CSV file: last, first, none, or a column's name or number, counted from "
           "0")
      .shown_as("WHICH");
  table.add("header", header, "whether a CSV file's first line names the columns: auto, yes or no")
      .shown_as("WHICH");
  table
      .add("resize", resize,
           "size that all images of images:DIR get, 28,28 say, by area averages where they shrink; "
           "none: they have one size")
      .shown_as("H,W");
  table.add("color", color, "images of images:DIR as grey or rgb; auto: grey where all of them are")
      .shown_as("WHICH");
  table
      .add("item_shape", item_shape,
           "gives the values of an item a shape, 1,8,8 say for a grey image of 8 × 8; none: as "
           "stored")
      .at_least(1);
  table
      .add("classes", classes,
           "the only classes to train on and to judge by: all, or names or numbers of labels, 7,8 "
           "say")
      .shown_as("LIST");
  table
      .add("rows", rows,
           "the only rows that take part, before the split: all, numbers from 0 (0-99,150), @FILE "
           "of "
           "such, or comparisons of stored values, 'age >= 30 and label == 7' (a column's name, "
           "columnN, label or row)")
      .shown_as("WHICH");
  table
      .add("scale", scale,
           "auto (digits / 16, images / 255, else minmax), none, max:V (divide by V) or minmax "
           "(each column to [0, 1])")
      .shown_as("HOW");
  table
      .add("validation", validation,
           "rows that judge the model: test (the official part), split:F (a random fraction), "
           "last:F (the last fraction), none; auto: test, else split:0.1")
      .shown_as("HOW");
  table
      .add("corruption", corruption,
           "noise on the inputs: none, gaussian:S (standard deviation), mask:P or salt-pepper:P "
           "(probability)")
      .shown_as("HOW");
  table.add("noise", noise, "draw the training noise fresh in each epoch, or once")
      .shown_as("WHEN");
}

ReadData read_data(const DataOptions& options) {
  const Source source = parse_source(options.dataset, "dataset");
  std::optional<Source> target_source;
  if (!options.targets.empty()) target_source = parse_source(options.targets, "targets");
  // Said before any file is opened.
  resolve(options.validation,
          source.may_have_test_part() && (!target_source || target_source->may_have_test_part()));
  check_images(options, source, target_source);
  const CsvOptions csv{.label_column = options.label_column, .header = options.header};
  const ImageForm images{.size = options.resize, .color = options.color};
  ReadData data{read_source(source, options.data_dir, csv, images), {}, {}};
  if (target_source) {
    data.targets = read_source(*target_source, options.data_dir, csv, images);
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
  const ReadData stored = shaped(data, options.item_shape);
  const bool has_test_part =
      !stored.inputs.test.empty() && (!stored.targets || !stored.targets->test.empty());
  const datasets::Validation validation = resolve(options.validation, has_test_part);
  const datasets::RowSplit split = split_chosen(validation, stored, derive_seed(seed, "split"));
  ScaledData scaled = scale_values(stored.inputs, options.scale, scaling.inputs, split.training);
  // A given scaling was fitted to other rows: those at hand may well reach beyond them.
  if (!scaling.inputs) check_corruption(options.corruption, scaled.input_range);

  DataSplits splits;
  splits.info = info_of(options, stored);
  splits.info.validation = validation.text();
  splits.info.scaling = scaled.scaling;
  splits.info.trained_classes =
      classes_among(stored.labelled().rows.labels, split.training, splits.info.class_names);
  const auto classes = std::ssize(splits.info.class_names);
  if (options.condition.kind == Condition::Columns)
    add_condition(scaled, options.condition, stored.inputs, classes);
  if (stored.targets) {
    const ScaledData targets =
        scale_values(*stored.targets, options.scale, scaling.targets, split.training);
    splits.info.targets->scaling = targets.scaling;
    add_targets(scaled, targets);
  }
  if (options.condition.kind == Condition::Label) {
    add_condition(scaled, options.condition, stored.inputs, classes);
  }
  splits.condition_names =
      condition_names(options.condition, stored.inputs, splits.info.class_names);
  splits.info.lowest = scaled.target_range.low;
  splits.info.highest = scaled.target_range.high;

  splits.training = some_rows(scaled.rows, split.training);
  if (scaled.test) splits.test = some_rows(scaled.test, stored.chosen.test);
  if (validation.kind == datasets::Validation::Kind::Test) splits.validation = splits.test;
  if (split.validation.defined()) splits.validation = some_rows(scaled.rows, split.validation);
  add_noise(splits, options.corruption, options.noise, seed);
  splits.row_names = stored.inputs.row_names;
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
