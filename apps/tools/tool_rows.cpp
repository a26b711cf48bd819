#include "hourglass/apps/tools/tool.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/figures/image_file.h"
#include "hourglass/formats/field_json.h"
#include "hourglass/models/layers.h"
#include "hourglass/sources/images.h"
#include "hourglass/sources/scaling_json.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>

// Which items a tool works on: data sets in the form a checkpoint expects, and a user's own images.

namespace hourglass::apps {

using namespace datasets;
using namespace models;
using namespace sources;
using namespace evaluation;
using namespace figures;
using namespace cli;

namespace {

namespace fs = std::filesystem;

// ---- The data as the checkpoint was trained on them

/// What the checkpoint records of its data; the folder they lay in only where it exists here.
DataOptions recorded_data(const ExportedModel& model) {
  DataOptions data;
  FieldTable table;
  data.describe(table);
  const auto recorded = model.metadata().value("options", nlohmann::json::object());
  nlohmann::json known = nlohmann::json::object();
  for (const auto& row : table.rows()) {
    if (recorded.contains(row.name)) known[row.name] = recorded.at(row.name);
  }
  if (!fs::exists(recorded.value("data_dir", ""))) known.erase("data_dir");
  from_json(table, known, model.path().string());
  return data;
}

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

/// The data of --dataset: split as for training where a part is asked for, and else left whole, be
/// it three rows.
DataOptions named_data(const RowOptions& options, const CommandLine& line) {
  DataOptions data = options.data;
  const bool whole = options.split == Split::Auto || options.split == Split::All;
  if (whole && !line.has("validation")) data.validation = {Validation::Kind::None};
  return data;
}

DataOptions data_to_read(const ExportedModel& model, const RowOptions& options,
                         const CommandLine& line, RecordedNoise noise) {
  if (line.has("dataset")) return named_data(options, line);
  DataOptions data = recorded_data(model);
  if (data.dataset.empty() || !model.metadata().contains("options")) {
    throw Error("{}: does not say what it was trained on: add --dataset", model.path().string());
  }
  if (noise == RecordedNoise::Leave) data.corruption = {};
  return overridden(data, options.data, line);
}

/// Whether a data set holds bytes of images; else it holds numbers of a table.
bool holds_bytes(const std::string& dataset) {
  return dataset.ends_with("mnist") || dataset.starts_with("idx:") ||
         dataset.starts_with("images:");
}

/// The scaling that training put on values like these; none where that is not known.
std::optional<Scaling> recorded_scaling(const nlohmann::json& trained_on,
                                        const std::string& dataset) {
  const bool alike = holds_bytes(trained_on.value("name", "")) == holds_bytes(dataset);
  if (!alike || !trained_on.contains("scaling")) return {};
  return trained_on.at("scaling").get<Scaling>();
}

/// Items get the checkpoint's shape where they have as many values.
DataSplits open_for(const ExportedModel& model, DataOptions data, uint64_t seed,
                    bool as_in_training) {
  const auto trained_on = model.metadata().value("data", nlohmann::json::object());
  const auto open = [&] {
    if (!as_in_training) return open_data(data, seed);
    return open_data(
        data, seed, recorded_scaling(trained_on, data.dataset),
        recorded_scaling(trained_on.value("targets", nlohmann::json::object()), data.targets));
  };
  DataSplits splits = open();
  const auto expected = model.input_shape();
  const Shape found = splits.training->item_shape();
  if (!expected || found == *expected) return splits;
  if (element_count(found) != element_count(*expected)) {
    throw Error("{}: expected items of {}, as {} takes them, found {}", splits.info.name,
                shape_text(*expected), model.path().string(), shape_text(found));
  }
  data.item_shape = *expected;
  return open();
}

// ---- Choosing rows

bool has_rows(const DatasetPtr& part) { return part != nullptr && part->size() > 0; }

/// The part that `split` names. `auto` is settled by the caller.
DatasetPtr part_of(const DataSplits& splits, Split split) {
  switch (split) {
    case Split::Validation:
      if (!has_rows(splits.validation)) {
        throw UsageError("--split validation: {} was not split: add --validation split:0.1, say",
                         splits.info.name);
      }
      return splits.validation;
    case Split::Test:
      if (!has_rows(splits.test)) {
        throw UsageError("--split test: {} has no official test part; use train, validation or all",
                         splits.info.name);
      }
      return splits.test;
    case Split::All:
      if (has_rows(splits.test)) {
        throw UsageError("--split all: {} has an official test part; use train or test",
                         splits.info.name);
      }
      return splits.training;  // opened without a split
    default: return splits.training;
  }
}

/// The numbers of the rows to evaluate, of the `size` that the part has.
std::vector<int64_t> chosen_numbers(const RowOptions& options, const std::string& part,
                                    int64_t size) {
  for (const int64_t row : options.indices.rows) {
    if (row >= size) {
      throw Error("--indices: expected rows of 0 to {}, as the {} part has, found {}", size - 1,
                  part, row);
    }
  }
  if (!options.indices.rows.empty()) return options.indices.rows;
  const bool all = options.first_rows == 0 || options.indices.all;
  std::vector<int64_t> numbers(
      static_cast<size_t>(all ? size : std::min(options.first_rows, size)));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

using Open = std::function<DataSplits(const DataOptions&)>;

SelectedRows select_from(const DataOptions& data, const RowOptions& options, const Open& open) {
  SelectedRows selected;
  selected.splits = open(data);
  Split split = options.split;
  if (split == Split::Auto) split = has_rows(selected.splits.test) ? Split::Test : Split::All;
  selected.name = enum_name(split);
  DatasetPtr part;
  if (split == Split::All && !has_rows(selected.splits.test)) {
    DataOptions whole = data;
    whole.validation = {Validation::Kind::None};
    part = open(whole).training;
  } else {
    part = part_of(selected.splits, split);
  }
  selected.numbers = chosen_numbers(options, selected.name, part->size());
  if (std::ssize(selected.numbers) < part->size() || !options.indices.rows.empty()) {
    part = std::make_shared<Subset>(part, at::tensor(selected.numbers, at::kLong));
  }
  selected.rows = part;
  return selected;
}

// ---- Images

/// The image files that the arguments name, folders in the order of their names.
std::vector<fs::path> image_paths(const std::vector<std::string>& names) {
  std::vector<fs::path> paths;
  for (const auto& name : names) {
    if (fs::is_directory(name)) {
      const auto files = list_images(name).paths;
      paths.insert(paths.end(), files.begin(), files.end());
    } else {
      paths.emplace_back(name);
    }
  }
  return paths;
}

/// The shape of the images that a checkpoint takes; none where its file does not say.
std::optional<Shape> image_shape(const ExportedModel& model) {
  const auto shape = model.input_shape();
  if (shape && shape->size() != 3) {
    throw Error("{}: expected a model of images, which have 3 dimensions, found items of {}",
                model.path().string(), shape_text(*shape));
  }
  return shape;
}

}  // namespace

SelectedRows select_rows(const ExportedModel& model, const RowOptions& options,
                         const CommandLine& line, RecordedNoise noise) {
  const auto recorded = model.metadata().value("options", nlohmann::json::object());
  const auto seed = recorded.value("seed", uint64_t{1});
  return select_from(
      data_to_read(model, options, line, noise), options,
      [&](const DataOptions& data) { return open_for(model, data, seed, !line.has("scale")); });
}

SelectedRows select_rows(const RowOptions& options, const CommandLine& line) {
  return select_from(named_data(options, line), options,
                     [](const DataOptions& data) { return open_data(data, /*seed=*/1); });
}

ImageInputs read_image_inputs(const ExportedModel& model, const std::vector<std::string>& names,
                              const OutputOptions& options) {
  ImageInputs inputs;
  inputs.paths = image_paths(names);
  const ImagesRead images = read_images(inputs.paths, image_shape(model));
  for (const auto& [path, from] : images.adapted) {
    note(options, fmt::format("{}: {} became {}", path.string(), shape_text(from),
                              shape_text(images.values.sizes().slice(1).vec())));
  }
  const auto trained_on = model.metadata().value("data", nlohmann::json::object());
  const Scaling bytes = {.offset = {0.0}, .factor = {1.0 / 255}};
  inputs.rows = std::make_shared<TensorDataset>(
      images.values, at::Tensor(), recorded_scaling(trained_on, "images:").value_or(bytes));
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
    const bool named = label < std::ssize(class_names);
    names.push_back(named ? class_names[static_cast<size_t>(label)] : std::to_string(label));
  }
  return names;
}

}  // namespace hourglass::apps
