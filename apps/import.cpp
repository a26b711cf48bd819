// Makes a checkpoint of a model that Keras 3 saved: all other tools take it, and trainers go on
// from it.
//
//   import mnist.keras                                     best.pt
//   import mnist.keras --code bottleneck --out mnist.pt    the code is what that layer gives
//   import architecture.json --weights mnist.weights.h5

#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/printable.h"
#include "hourglass/formats/keras.h"
#include "hourglass/formats/torchscript.h"
#include "hourglass/models/networks/layers_network.h"
#include "hourglass/models/summary.h"
#include "hourglass/models/tensors.h"
#include "hourglass/runs/card_model.h"

#include <fmt/format.h>

#include <filesystem>

namespace hourglass::apps {

using namespace cli;

namespace {

struct ImportOptions {
  std::string weights, code;
  OutputOptions output;

  void describe(FieldTable& table);
};

void ImportOptions::describe(FieldTable& table) {
  table.begin_group("Model");
  table
      .add("weights", weights,
           "a .weights.h5 file, of the model whose architecture (model.to_json()) is given, or in "
           "the place of an archive's own")
      .shown_as("FILE");
  table
      .add("code", code,
           "the layer that gives the code, or the model within the model; empty: the first model "
           "within it, or else the layer that gives the fewest values")
      .shown_as("LAYER");
  output.describe(table);
}

runs::ModelOptions model_options(const formats::KerasModel& keras) {
  runs::ModelOptions options =
      runs::options_of(keras.variant, /*recipe=*/"", models::LayersNetwork::kName).model;
  options.network = models::LayersNetwork{.encoder = keras.encoder, .decoder = keras.decoder};
  options.likelihood = keras.likelihood;
  return options;
}

/// A folder is what TensorFlow calls a SavedModel, and what an archive is unpacked to.
void expect_no_folder(const std::string& path) {
  if (!std::filesystem::is_directory(path)) return;
  throw Error(
      "{}: expected a .keras archive, or an architecture as JSON, found a folder; save the model "
      "again by model.save('MODEL.keras')",
      path);
}

formats::KerasModel read(const std::string& path, const ImportOptions& options) {
  expect_no_folder(path);
  return formats::read_keras({.model = path, .weights = options.weights, .code = options.code});
}

/// The model with its weights. What a file holds is no wrong usage.
models::AutoencoderPtr build(const runs::ModelOptions& options, const formats::KerasModel& keras,
                             const std::string& path) {
  try {
    auto model = options.build(keras.shapes, /*condition_width=*/0);
    models::load_tensors(*model, formats::named_weights(keras, model->plan()), path);
    return model;
  } catch (const UsageError& error) {
    throw Error("{}: {}", path, error.what());
  }
}

void print_model(models::Autoencoder& model, const formats::KerasModel& keras,
                 const std::string& file, const OutputOptions& output) {
  if (output.json) {
    fmt::print("{}\n", nlohmann::json({{"file", file},
                                       {"input_shape", model.input_shape()},
                                       {"code_shape", model.code_shape()},
                                       {"target_shape", model.target_shape()},
                                       {"encoder", keras.encoder},
                                       {"decoder", keras.decoder}})
                           .dump(2));
    return;
  }
  if (!output.quiet) fmt::print("{}", to_text(models::summarize(model)));
  fmt::print("model     {}\n", printable(file));
}

int import_keras(const std::string& path, const ImportOptions& options) {
  const auto file = output_file(options.output, "best.pt");
  if (file == "-") throw UsageError("`out` -: a checkpoint is a file, not text");
  const formats::KerasModel keras = read(path, options);
  const runs::ModelOptions built = model_options(keras);
  const auto model = build(built, keras, path);
  formats::export_autoencoder(*model, file, runs::card_of(built, *model));
  print_model(*model, keras, file.string(), options.output);
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  ImportOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "import",
      .summary = "Makes a checkpoint of a Keras model: a .keras archive, or JSON and .weights.h5.",
      .positional = "MODEL",
      .examples = {"import mnist.keras", "import mnist.keras --code bottleneck --out mnist.pt",
                   "import architecture.json --weights mnist.weights.h5"}};
  return run_tool(program, table, argc, argv, 1, 1, [&](const CommandLine& line) {
    return import_keras(line.positional.front(), options);
  });
}
