// Shows what every layer of a checkpoint gives for chosen inputs, and how the loss would change
// with it: heat maps, heat maps over the input, and the values as NPZ or JSON.
//
//   activations best.pt --indices 17
//   activations best.pt --layers 'encoder.*' --gradients --save 17.npz
//   activations third_party.pt scan.png --input-shape 1,28,28
//   activations 17.npz --layers encoder.conv1       the saved ones drawn again

#include "hourglass/evaluation/activations.h"

#include "hourglass/apps/tools/activation_pictures.h"
#include "hourglass/apps/tools/text_table.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/evaluation/activation_file.h"
#include "hourglass/models/layers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstdint>
#include <filesystem>

namespace hourglass::apps {

using namespace datasets;
using namespace models;
using namespace evaluation;
using namespace figures;
using namespace cli;

/// Layers by what their names begin with.
enum class NetworkPart { All, Encoder, Decoder };
constexpr auto names_of(NetworkPart) {
  return std::to_array<EnumName<NetworkPart>>({{NetworkPart::All, "all"},
                                               {NetworkPart::Encoder, "encoder"},
                                               {NetworkPart::Decoder, "decoder"}});
}

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct ActivationsOptions {
  std::vector<std::string> layers;
  NetworkPart part = NetworkPart::All;
  bool gradients = false;
  std::optional<Loss> loss;
  std::string save;
  bool no_figures = false;
  ModelOptions model;
  RowOptions rows = {.data = {.dataset = ""}, .first_rows = 1};
  OutputOptions output;

  void describe(FieldTable& table);
};

void ActivationsOptions::describe(FieldTable& table) {
  table.begin_group("Results");
  table
      .add("layers", layers,
           "by name, comma-separated, with wildcards: 'encoder.*,output'; none: all")
      .shown_as("LIST");
  table.add("part", part, "encoder, decoder or all, by the layers' names").shown_as("PART");
  table.add("gradients", gradients,
            "of the reconstruction loss, by activations, weights and input");
  table.add("loss", loss,
            "of the gradients: bce, mse or mae; none: as in training, mse where the file does not "
            "say");
  table.add("save", save, "the values as FILE.npz or FILE.json").shown_as("FILE");
  table.add("no_figures", no_figures, "draw no pictures");
  model.describe(table);
  rows.describe(table);
  output.describe(table);
}

// ---- Where activations come from

/// Activations, and what they are of: "mnist, test row".
struct Subject {
  Activations activations;
  std::string title;
};

Subject record(ExportedModel& model, const Dataset& rows, const std::vector<int64_t>& numbers,
               std::string title, const ActivationsOptions& options) {
  if (rows.size() > ExportedModel::kBatch) {
    throw Error(
        "expected at most {} rows, which are computed in one batch, found {}: use --indices",
        ExportedModel::kBatch, rows.size());
  }
  const Batch batch = rows.batch(at::arange(rows.size(), at::kLong));
  Activations activations =
      options.gradients
          ? record_gradients(model, batch, options.loss.value_or(recorded_loss(model)))
          : record_activations(model, batch);
  activations.rows = at::tensor(numbers, at::kLong);
  return {std::move(activations), std::move(title)};
}

Subject record_images(ExportedModel& model, const ActivationsOptions& options,
                      const CommandLine& line) {
  const ImageInputs images = read_image_inputs(
      model, {line.positional.begin() + 1, line.positional.end()}, options.output);
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < images.rows->size(); ++i) numbers.push_back(i);
  return record(model, *images.rows, numbers, "image", options);
}

Subject record_rows(ExportedModel& model, const ActivationsOptions& options,
                    const CommandLine& line) {
  const SelectedRows selected = select_rows(model, options.rows, line, RecordedNoise::Apply);
  return record(model, *selected.rows, selected.numbers,
                fmt::format("{}, {}row", selected.splits.info.name, part_text(selected)), options);
}

bool is_saved(const fs::path& path) {
  return path.extension() == ".npz" || path.extension() == ".json";
}

Subject load(const CommandLine& line) {
  for (const char* name : {"gradients", "loss", "dataset", "indices", "split", "device"}) {
    if (!line.has(name)) continue;
    throw UsageError("`{}`: expected a checkpoint to compute with, found saved activations", name);
  }
  return {load_activations(line.positional.front()), "saved row"};
}

Subject find_subject(const ActivationsOptions& options, const CommandLine& line) {
  const std::string& path = line.positional.front();
  const bool own_images = line.positional.size() > 1;
  if (own_images && (is_saved(path) || line.has("dataset") || line.has("indices"))) {
    throw UsageError("expected images, rows of a data set or saved activations, found several");
  }
  if (line.has("loss") && !options.gradients) {
    throw UsageError("--loss: expected --gradients with it, which are of the loss");
  }
  if (!options.save.empty()) expect_activation_file(options.save, "--save");
  if (is_saved(path)) return load(line);
  ExportedModel model = open_model(path, options.model);
  return own_images ? record_images(model, options, line) : record_rows(model, options, line);
}

// ---- Choosing layers

bool is_of(NetworkPart part, const std::string& layer) {
  const std::string first = layer.substr(0, layer.find('.'));
  switch (part) {
    case NetworkPart::Encoder: return first == "encoder";
    case NetworkPart::Decoder: return first == "decoder" || first == "output";
    case NetworkPart::All: break;
  }
  return true;
}

std::vector<std::string> chosen_layers(const std::vector<std::string>& names,
                                       const ActivationsOptions& options) {
  std::vector<std::string> chosen =
      options.layers.empty() ? names : match_names(names, options.layers);
  std::erase_if(chosen, [&](const auto& name) { return !is_of(options.part, name); });
  if (chosen.empty()) {
    throw Error("--part {}: expected layers whose names begin so, found {}: use --layers",
                enum_name(options.part), join_text(names));
  }
  return chosen;
}

// ---- Telling

/// In one order of summation, however the values lie in memory: saved ones have the same norm.
double norm_of(const at::Tensor& values) {
  return values.to(at::kDouble).contiguous().norm().item<double>();
}

/// The gradients' norms beside the values where there are any.
json layer_facts(const Activations& activations) {
  json rows = json::array();
  for (size_t i = 0; i < activations.layers.size(); ++i) {
    const auto& [name, value] = activations.layers[i];
    const at::Tensor values = value.to(at::kDouble);
    rows.push_back({{"name", name}, {"shape", values.sizes().vec()}});
    if (values.numel() > 0) {
      rows.back().update({{"least", values.min().item<double>()},
                          {"greatest", values.max().item<double>()},
                          {"mean", values.mean().item<double>()},
                          {"zeros", values.eq(0).to(at::kDouble).mean().item<double>()}});
    }
    if (activations.gradients) {
      rows.back()["gradient_norm"] = norm_of(activations.gradients->layers[i].value);
    }
  }
  return rows;
}

json weight_facts(const LossGradients& gradients) {
  json rows = json::array();
  for (const auto& [name, value] : gradients.weights) {
    rows.push_back(
        {{"name", name}, {"shape", value.sizes().vec()}, {"gradient_norm", norm_of(value)}});
  }
  return rows;
}

json facts_of(const Activations& activations) {
  json facts = {{"rows", std::vector<int64_t>()}, {"layers", layer_facts(activations)}};
  for (const at::Tensor& row : activations.rows.unbind()) {
    facts["rows"].push_back(row.item<int64_t>());
  }
  if (const auto& gradients = activations.gradients) {
    facts["loss"] = gradients->loss;
    facts["input_gradient_norm"] = norm_of(gradients->input);
    facts["weights"] = weight_facts(*gradients);
  }
  return facts;
}

/// A cell of a table: the number, or nothing where there is none.
std::string number_cell(const json& row, const std::string& key) {
  return row.contains(key) ? fmt::format("{:.4g}", row.at(key).get<double>()) : "";
}

void print_table(const json& rows, const std::vector<std::string>& header,
                 const std::vector<std::string>& keys) {
  TextTable table(header);
  for (const auto& row : rows) {
    std::vector<std::string> cells = {row.at("name"), shape_text(row.at("shape").get<Shape>())};
    for (const auto& key : keys) cells.push_back(number_cell(row, key));
    table.add(cells);
  }
  fmt::print("{}", table.text());
}

void print_facts(const json& facts) {
  const std::vector<std::string> header = {"layer", "shape", "least", "greatest", "mean", "zeros"};
  const std::vector<std::string> keys = {"least", "greatest", "mean", "zeros"};
  if (!facts.contains("loss")) return print_table(facts.at("layers"), header, keys);
  auto with_gradient = header, gradient_keys = keys;
  with_gradient.emplace_back("|gradient|");
  gradient_keys.emplace_back("gradient_norm");
  print_table(facts.at("layers"), with_gradient, gradient_keys);
  if (!facts.at("weights").empty()) {
    fmt::print("\n");
    print_table(facts.at("weights"), {"weight", "shape", "|gradient|"}, {"gradient_norm"});
  }
  fmt::print("\nloss {:.6g}, |gradient| of the input {:.4g}\n", facts.at("loss").get<double>(),
             facts.at("input_gradient_norm").get<double>());
}

// ---- The tool

std::vector<std::string> draw(const Subject& subject, const ActivationsOptions& options) {
  if (options.no_figures) return {};
  if (!figures_available()) {
    note(options.output, "this build draws no pictures; --save keeps the values");
    return {};
  }
  const auto pictures = draw_activations(subject.activations, subject.title);
  std::vector<std::string> files;
  for (const auto& picture : pictures) files.push_back(picture.file);
  const fs::path folder = output_folder(options.output, "activations", files);
  for (const auto& [file, picture] : pictures) picture.save(folder / file);
  for (auto& file : files) file = (folder / file).string();
  return files;
}

int activations(const ActivationsOptions& options, const CommandLine& line) {
  Subject subject = find_subject(options, line);
  keep_layers(subject.activations, chosen_layers(layer_names(subject.activations), options));
  std::vector<std::string> files;
  if (!options.save.empty()) {
    OutputOptions output = options.output;
    output.out = options.save;
    save_activations(output_file(output, ""), subject.activations);
    files.push_back(options.save);
  }
  for (auto& file : draw(subject, options)) files.push_back(std::move(file));
  json facts = facts_of(subject.activations);
  facts["files"] = files;
  if (options.output.json) {
    fmt::print("{}\n", facts.dump(2));
  } else {
    print_facts(facts);
    for (const auto& file : files) fmt::print("{}\n", file);
  }
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  ActivationsOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "activations",
      .summary = "Shows every layer's output for chosen inputs, and gradients of the loss.",
      .positional = "CKPT [IMAGE|FOLDER...]",
      .examples = {"activations best.pt --indices 17",
                   "activations best.pt --layers 'encoder.*' --gradients --save 17.npz",
                   "activations 17.npz --layers encoder.conv1   # draws what was saved"}};
  return run_tool(program, table, argc, argv, 1, SIZE_MAX,
                  [&](const CommandLine& line) { return activations(options, line); });
}
