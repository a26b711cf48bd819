// Shows what every layer of a checkpoint gives for chosen inputs, and how the loss would change
// with it: heat maps, heat maps over the input, and the values as NPZ or JSON.
//   activations best.pt --indices 17
//   activations best.pt --layers 'encoder.*' --gradients --save 17.npz
//   activations third_party.pt scan.png --input-shape 1,28,28
//   activations best.pt --split train --indices all --layers encoder.conv2 --save data.npy
//   activations 17.npz --layers encoder.conv1       the saved ones drawn again

#include "hourglass/apps/tools/activation_pictures.h"
#include "hourglass/apps/tools/gradient_loss.h"
#include "hourglass/apps/tools/layer_file.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/evaluation/activation_facts.h"
#include "hourglass/evaluation/activation_file.h"
#include "hourglass/evaluation/fact_text.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <cstdint>
#include <utility>

namespace hourglass::apps {

using namespace evaluation;
using namespace figures;
using namespace cli;

namespace {

struct ActivationsOptions {
  std::vector<std::string> layers;
  NetworkPart part = NetworkPart::All;
  bool gradients = false;
  std::optional<GradientLoss> loss;
  std::string save;
  bool no_figures = false;
  recipes::PictureLook look;
  ModelOptions model;
  RowOptions rows = {.data = {.dataset = ""}, .first_rows = 1};
  OutputOptions output;

  void describe(FieldTable& table) {
    table.begin_group("Results");
    table
        .add("layers", layers,
             "by name, comma-separated, with wildcards: 'encoder.*,output'; none: all")
        .shown_as("LIST");
    table.add("part", part, "encoder, decoder or all, by the layers' names").shown_as("PART");
    table.add("gradients", gradients, "of the reconstruction loss, by activations, weights, input");
    table.add("loss", loss, "of the gradients: bce, mse or mae; none: as in training, else mse")
        .shown_as("NAME");
    table
        .add("save", save,
             "the values as FILE.npz or FILE.json; those of one layer as FILE.npy, data for "
             "training")
        .shown_as("FILE");
    table.add("no_figures", no_figures, "draw no pictures");
    look.describe_values(table);
    model.describe(table);
    rows.describe(table);
    output.describe(table);
  }
};

ActivationSubject compute(const ActivationsOptions& options, const CommandLine& line) {
  ExportedModel model = open_model(line.positional.front(), options.model);
  std::optional<models::Loss> loss;
  if (options.gradients) loss = options.loss ? options.loss->loss : recorded_loss(model);
  if (line.positional.size() > 1) {
    const std::vector<std::string> files(line.positional.begin() + 1, line.positional.end());
    const auto images = read_image_inputs(model, files, options.output, options.rows.condition);
    return {record_rows(model, *images.rows, loss), "image"};
  }
  const SelectedRows rows = select_rows(model, options.rows, line, RecordedNoise::Apply);
  Activations activations = record_rows(model, *rows.rows, loss);
  activations.rows = at::tensor(rows.numbers, at::kLong);  // as --indices counts them
  return {std::move(activations), fmt::format("{}, {}row", rows.splits.info.name, part_text(rows))};
}

ActivationSubject find_subject(const ActivationsOptions& options, const CommandLine& line) {
  const std::string& path = line.positional.front();
  if (line.positional.size() > 1 &&
      (is_activation_file(path) || line.has("dataset") || line.has("indices"))) {
    throw UsageError("expected images, rows of a data set or saved activations, found several");
  }
  if (!options.gradients) {
    refuse_options({"loss"}, line, "expected `gradients` with it, which are of the loss");
  }
  if (!options.save.empty()) expect_activation_file(options.save, "--save");
  return is_activation_file(path) ? saved_subject(line) : compute(options, line);
}

int show_activations(const ActivationsOptions& options, const CommandLine& line) {
  if (is_layer_file(options.save)) {
    return save_layer({options.save, options.layers, options.model, options.rows, options.output},
                      line);
  }
  check_value_map(options.look);
  further_file(options.save, "--save", options.output);
  auto [activations, title] = find_subject(options, line);
  keep_layers(activations, choose_layers(layer_names(activations), options.layers, options.part));
  std::vector<std::string> files;
  if (!options.save.empty()) {
    save_activations(options.save, activations);
    files.push_back(options.save);
  }
  if (!options.no_figures && figures_available()) {
    at::set_num_threads(1);  // for many small tensors more of them cost more than they give
    const auto drawn = save_pictures(draw_activations(activations, title, options.look.value_map()),
                                     options.output);
    files.insert(files.end(), drawn.begin(), drawn.end());
  } else if (!options.no_figures) {
    note(options.output, "this build draws no pictures; --save keeps the values");
  }
  auto facts = activation_facts(activations);
  facts["files"] = files;
  if (options.output.json) {
    fmt::print("{}\n", facts.dump(2));
  } else {
    fmt::print("{}", activation_text(facts));
    for (const auto& file : files) print_path(file);
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
                  [&](const CommandLine& line) { return show_activations(options, line); });
}
