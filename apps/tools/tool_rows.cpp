#include "hourglass/apps/tools/tool.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/model_condition.h"
#include "hourglass/evaluation/model_data.h"
#include "hourglass/figures/image_file.h"
#include "hourglass/sources/images.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

// Which items a tool works on: data sets in the form a checkpoint expects, and a user's own images.

namespace hourglass::apps {

using namespace datasets;
using namespace sources;
using namespace evaluation;
using namespace figures;
using namespace cli;

namespace {

namespace fs = std::filesystem;

// ---- The data to read

/// `base`, with what the command line says of the data.
DataOptions overridden(DataOptions base, DataOptions given, const CommandLine& line) {
  FieldTable to, from;
  base.describe(to);
  given.describe(from);
  for (const auto& row : to.rows()) {
    if (line.has(row.name)) row.set(from.find(row.name)->value_text());
  }
  return base;
}

DataOptions given_data(const RowOptions& options) {
  DataOptions data = options.data;
  data.condition = options.condition.rule;
  return data;
}

/// The data of --dataset: split as for training where a part is asked for, and else left whole, be
/// it three rows.
DataOptions named_data(const RowOptions& options, const CommandLine& line) {
  DataOptions data = given_data(options);
  const bool whole = options.split == Split::Auto || options.split == Split::All;
  if (whole && !line.has("validation")) data.validation = {Validation::Kind::None};
  return data;
}

/// A series becomes windows as in training, of the same channels, where nothing else is said.
void take_recorded_windows(const ExportedModel& model, const DataOptions& recorded,
                           const CommandLine& line, DataOptions& data) {
  if (!line.has("window")) data.series.window = recorded.series.window;
  if (!line.has("stride")) data.series.stride = recorded.series.stride;
  if (!line.has("gaps")) data.series.gaps = recorded.series.gaps;
  const auto& series = model.card()->data->series;
  if (series) data.series.known_channels = series->channels;
}

/// What a user names takes the place of the condition, but not of the columns that items lack for it.
void keep_told_columns(const ExportedModel& model, const RowOptions& options,
                       const DataOptions& recorded, DataOptions& data) {
  const bool named = !options.condition.class_name.empty();
  if (named && is_told_columns(model)) data.condition = recorded.condition;
}

DataOptions data_to_read(const ExportedModel& model, const RowOptions& options,
                         const CommandLine& line, RecordedNoise noise) {
  if (line.has("dataset")) {
    DataOptions data = named_data(options, line);
    const auto recorded = recorded_data(model);
    data.known_columns = known_columns(model);
    if (!recorded) return data;
    // A model of tables without a label is given such tables.
    const bool unlabelled = recorded->dataset.starts_with("csv:") &&
                            recorded->label_column.kind == LabelColumn::Kind::None;
    if (unlabelled && !line.has("label_column")) data.label_column = recorded->label_column;
    if (!line.has("condition") && model.condition_width() > 0) data.condition = recorded->condition;
    keep_told_columns(model, options, *recorded, data);
    if (data.dataset.starts_with("images:")) {
      if (!line.has("resize")) data.resize = recorded->resize;
      if (!line.has("color")) data.color = recorded->color;
    }
    if (data.dataset.starts_with("series:")) take_recorded_windows(model, *recorded, line, data);
    return data;
  }
  const auto recorded = recorded_data(model);
  if (!recorded) {
    throw Error("{}: does not say what it was trained on: add --dataset", model.path().string());
  }
  DataOptions data = *recorded;
  if (noise == RecordedNoise::Leave) data.corruption = {};
  if (options.every_class) data.classes = {};
  data = overridden(data, given_data(options), line);
  keep_told_columns(model, options, *recorded, data);
  return data;
}

// ---- Choosing rows

bool has_rows(const DatasetPtr& part) { return part != nullptr && part->size() > 0; }

/// The part that `split` names. `auto` is settled by the caller.
DatasetPtr part_of(const SelectedRows& rows, Split split) {
  const DataSplits& splits = rows.splits;
  const std::string& name = splits.info.name;
  switch (split) {
    case Split::Validation:
      if (has_rows(splits.validation)) return splits.validation;
      throw UsageError("--split validation: {} was not split: add --validation split:0.1, say",
                       name);
    case Split::Test:
      if (has_rows(splits.test)) return splits.test;
      throw UsageError("--split test: {} has no official test part; use train, validation or all",
                       name);
    case Split::All:
      if (!has_rows(splits.test)) return rows.whole;
      throw UsageError("--split all: {} has an official test part; use train or test", name);
    default: return splits.training;
  }
}

/// The numbers of the rows to evaluate, of the `size` that the part has.
std::vector<int64_t> chosen_numbers(const RowOptions& options, const std::string& part,
                                    int64_t size) {
  for (const int64_t row : options.indices.rows) {
    if (row >= size) {
      throw Error("{}: expected rows of 0 to {}, as the {} part has, found {}",
                  options.indices_option, size - 1, part, row);
    }
  }
  if (!options.indices.rows.empty()) return options.indices.rows;
  const bool all = options.first_rows == 0 || options.indices.all;
  std::vector<int64_t> numbers(
      static_cast<size_t>(all ? size : std::min(options.first_rows, size)));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

using SplitData = std::function<DataSplits(const ReadData&, const DataOptions&)>;

SelectedRows select_from(const DataOptions& data, const RowOptions& options,
                         const SplitData& split_read) {
  const ReadData read = read_data(data);
  SelectedRows selected;
  selected.splits = split_read(read, data);
  Split split = options.split;
  if (split == Split::Auto) split = has_rows(selected.splits.test) ? Split::Test : Split::All;
  if (split == Split::All) {
    DataOptions whole = data;
    whole.validation = {Validation::Kind::None};
    selected.whole = split_read(read, whole).training;
  }
  return select_part(std::move(selected), split, options);
}

/// Columns are taken from an item whether the model is told them or not; of its label nothing is.
void expect_told(const ExportedModel& model, const ConditionRule& rule, const CommandLine& line) {
  const bool label = line.has("condition") && rule.kind == ConditionRule::Kind::Label;
  if (!label || model.condition_width() > 0) return;
  throw UsageError(
      "{}: expected a model that takes a `condition`, found one that takes none: leave "
      "it out",
      model.path().string());
}

/// Every part told the same class, or the same numbers.
void tell_class(DataSplits& splits, const ExportedModel& model, const std::string& class_name) {
  const at::Tensor condition = condition_named(model, class_name);
  for (auto* part : {&splits.training, &splits.validation, &splits.test}) {
    if (*part) *part = with_same_condition(*part, condition);
  }
}

// ---- Images

/// The shape of the images that a checkpoint takes; none where its file does not say.
std::optional<Shape> image_shape(const ExportedModel& model) {
  auto shape = model.input_shape();
  if (shape && shape->size() != 3) {
    throw Error("{}: expected a model of images, which have 3 dimensions, found items of {}",
                model.path().string(), shape_text(*shape));
  }
  return shape;
}

}  // namespace

SelectedRows select_part(SelectedRows rows, Split split, const RowOptions& options) {
  DatasetPtr part = part_of(rows, split);
  rows.part = split;
  rows.name = enum_name(split);
  rows.numbers = chosen_numbers(options, rows.name, part->size());
  if (std::ssize(rows.numbers) < part->size() || !options.indices.rows.empty()) {
    part = std::make_shared<Subset>(part, at::tensor(rows.numbers, at::kLong));
  }
  rows.rows = part;
  return rows;
}

SelectedRows select_rows(const ExportedModel& model, const RowOptions& options,
                         const CommandLine& line, RecordedNoise noise) {
  const auto scale = line.has("scale") ? ScaleValues::AsOptionsSay : ScaleValues::AsInTraining;
  const std::string& class_name = options.condition.class_name;
  expect_told(model, options.condition.rule, line);
  return select_from(data_to_read(model, options, line, noise), options,
                     [&](const ReadData& read, const DataOptions& data) {
                       DataSplits splits = split_for(model, read, data, scale);
                       if (!class_name.empty()) tell_class(splits, model, class_name);
                       return splits;
                     });
}

SelectedRows select_rows(const RowOptions& options, const CommandLine& line) {
  return select_from(named_data(options, line), options,
                     [&](const ReadData& read, DataOptions data) {
                       if (!line.has("scale")) data.scale = {ScalingRule::Kind::None};
                       return split_data(read, data, /*seed=*/1);
                     });
}

ImageFileList list_image_inputs(const std::vector<std::string>& names) {
  ImageFileList list;
  for (const auto& name : names) {
    const fs::path path = name;
    const bool folder = fs::is_directory(path);
    const std::vector<fs::path> files = folder ? list_images(path).paths : std::vector{path};
    for (const auto& file : files) {
      list.paths.push_back(file);
      list.names.push_back(
          (folder ? file.lexically_relative(path) : file.filename()).generic_string());
    }
  }
  return list;
}

ImageInputs read_image_inputs(const ExportedModel& model, const std::vector<std::string>& names,
                              const OutputOptions& options, const ToolCondition& condition) {
  ImageInputs inputs;
  inputs.files = list_image_inputs(names);
  const ImagesRead images = read_images(inputs.files.paths, image_shape(model));
  for (const auto& [path, from] : images.adapted) {
    note(options, fmt::format("{}: {} became {}", path.string(), shape_text(from),
                              shape_text(images.values.sizes().slice(1).vec())));
  }
  const Scaling bytes = {.offset = {0.0}, .factor = {1.0 / 255}};
  inputs.rows = std::make_shared<TensorDataset>(images.values, at::Tensor(),
                                                recorded_scaling(model, at::kByte).value_or(bytes));
  if (!condition.class_name.empty()) {
    inputs.rows = with_same_condition(inputs.rows, condition_named(model, condition.class_name));
  }
  return inputs;
}

std::string part_text(const SelectedRows& rows) {
  if (rows.name == "all") return "";
  return (rows.name == "train" ? "training" : rows.name) + " ";
}

std::string row_text(const SelectedRows& rows) {
  return fmt::format("{} {}rows of {}", with_thousands(rows.rows->size()), part_text(rows),
                     rows.splits.info.name);
}

std::vector<std::string> files_of(const Dataset& items, const SelectedRows& rows) {
  const auto& names = rows.splits.row_names;
  std::vector<std::string> files;
  if (names.empty()) return files;
  for (const int64_t row : row_numbers(items)) files.push_back(names[static_cast<size_t>(row)]);
  return files;
}

ItemNames item_names(const SelectedRows& rows) {
  return {
      .rows = rows.numbers, .files = files_of(*rows.rows, rows), .title = rows.splits.row_title};
}

std::vector<std::string> class_names(const SelectedRows& rows) {
  return rows.splits.info.class_names;
}

std::vector<std::string> label_names(const at::Tensor& labels,
                                     const std::vector<std::string>& class_names) {
  std::vector<std::string> names;
  if (!labels.defined()) return names;
  const at::Tensor host = labels.cpu().contiguous();
  for (int64_t i = 0; i < host.size(0); ++i) {
    const auto label = host.data_ptr<int64_t>()[i];
    const bool named = label >= 0 && label < std::ssize(class_names);
    names.push_back(named ? class_names[static_cast<size_t>(label)] : std::to_string(label));
  }
  return names;
}

}  // namespace hourglass::apps
