// Writes a model in formats that others open: torch.export's archive, ONNX, safetensors, C, TorchScript.
//
//   export runs/mine/best.pt --format onnx,c
//   export runs/mine/best.pt --format onnx --raw-input --threshold limit.json
//   export anomalies/detector.json --format c --raw-input

#include "hourglass/apps/tools/anomaly_judgement.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/printable.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/ensemble_script.h"
#include "hourglass/evaluation/loaded_script.h"
#include "hourglass/formats/exports.h"
#include "hourglass/formats/raw_input.h"

#include <fmt/format.h>

#include <filesystem>

namespace hourglass::apps {

using namespace evaluation;
using namespace cli;

namespace {

namespace fs = std::filesystem;

struct ExportOptions {
  std::vector<formats::ExportFormat> formats = {formats::ExportFormat::Pt2};
  bool raw_input = false;
  std::string threshold, name;
  ModelOptions model;
  OutputOptions output;

  void describe(FieldTable& table);
};

void ExportOptions::describe(FieldTable& table) {
  table.begin_group("Export");
  table
      .add("format", formats,
           "pt2 (Python's torch.export), onnx, safetensors (weights and card.json), c (one file of "
           "C99), torchscript, saelens (cfg.json and weights of a sparse autoencoder's dictionary)")
      .shown_as("LIST");
  table.add(
      "raw_input", raw_input,
      "take values as they are stored, bytes 0 to 255 say, and apply the recorded scaling inside");
  table
      .add("threshold", threshold,
           "a file of detect_anomalies --save-threshold: adds score(x) and is_anomaly(x)")
      .shown_as("FILE");
  table.add("name", name,
            "of the files, and of the functions in C; the checkpoint's where none is given");
  model.describe(table);
  output.describe(table);
}

/// The model, or the models of an ensemble, with the detector.
formats::Script detecting_script(const std::string& path, const ExportOptions& options) {
  // What is written belongs to no device.
  ModelOptions on_cpu = options.model;
  on_cpu.device = "cpu";
  if (names_ensemble(path)) return script_of_ensemble(open_ensemble(path, on_cpu));
  ExportedModel model = open_model(path, on_cpu);
  formats::Script script = script_of(model);
  if (!options.threshold.empty()) {
    const AnomalyDetector detector = load_detector(options.threshold, model);
    if (script.card.data) expect_same_scaling(detector, *script.card.data, options.threshold);
    add_detector(script, model, detector);
  }
  return script;
}

void check(const std::string& path, const ExportOptions& options) {
  if (fs::path(options.name).has_parent_path()) {
    throw UsageError("`name`: expected a name without folders, which --out is for, found '{}'",
                     options.name);
  }
  if (names_ensemble(path) && !options.threshold.empty()) {
    throw UsageError("`threshold`: {} has one of its own", path);
  }
  const bool adds = options.raw_input || !options.threshold.empty() || names_ensemble(path);
  for (const auto format : options.formats) {
    const bool holds_weights_alone =
        format == formats::ExportFormat::Safetensors || format == formats::ExportFormat::SaeLens;
    if (adds && holds_weights_alone) {
      throw UsageError(
          "`format` {}: keeps weights and no program, so that `raw_input`, `threshold` and "
          "ensembles have no place in it",
          enum_name(format));
    }
  }
}

int export_model(const std::string& path, const ExportOptions& options) {
  check(path, options);
  formats::Script script = detecting_script(path, options);
  if (options.raw_input) script = formats::with_raw_input(script);
  const fs::path folder = options.output.out.empty() ? fs::path(".") : fs::path(options.output.out);
  const std::string name = options.name.empty() ? fs::path(path).stem().string() : options.name;
  make_output_folder(folder);
  for (const auto format : options.formats) {
    for (const auto& file : formats::export_paths(script, format, folder, name)) {
      further_file(file, "--out", options.output);
    }
  }
  nlohmann::json written = nlohmann::json::array();
  for (const auto format : options.formats) {
    for (const auto& file : formats::write_export(script, format, folder, name)) {
      written.push_back(
          {{"format", enum_name(format)}, {"path", file.string()}, {"bytes", fs::file_size(file)}});
      if (options.output.json) continue;
      fmt::print("written   {} ({} bytes)\n", printable(file.string()),
                 with_thousands(static_cast<int64_t>(fs::file_size(file))));
    }
  }
  if (options.output.json) fmt::print("{}\n", nlohmann::json{{"files", written}}.dump(2));
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  ExportOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "export",
      .summary = "Writes a model in formats that others open.",
      .positional = "CKPT|DETECTOR.json",
      .examples = {"export runs/mine/best.pt --format onnx,c --out deploy",
                   "export runs/mine/best.pt --format onnx --raw-input --threshold limit.json",
                   "export anomalies/detector.json --format c --raw-input --out deploy"}};
  return run_tool(program, table, argc, argv, 1, 1, [&](const CommandLine& line) {
    return export_model(line.positional.front(), options);
  });
}
