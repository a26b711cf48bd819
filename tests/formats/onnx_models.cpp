// ONNX files with what LibTorch computes for them: onnx_models FOLDER [CHECKPOINT...]
//
// Writes into FOLDER, of each checkpoint or, where none is named, of a model of each network,
// objective and activation with made-up weights, and of programs of single operations:
//   NAME-METHOD.onnx
//   NAME-METHOD.npz   batchB_input_NAME and batchB_output_NAME of batches of B = 1, 2 and 33 items
// tests/python/onnx_test.py compares them.

#include "hourglass/core/error.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/evaluation/loaded_script.h"
#include "hourglass/formats/npy.h"
#include "hourglass/formats/onnx.h"
#include "hourglass/formats/script_graph.h"
#include "hourglass/formats/torchscript.h"
#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/lstm_network.h"
#include "hourglass/models/networks/strided_network.h"
#include "hourglass/recipes/variant.h"
#include "hourglass/runs/run_options.h"
#include "hourglass/tests/formats/made_up_weights.h"
#include "hourglass/tests/formats/onnx_programs.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <cstdio>
#include <exception>
#include <optional>

namespace hourglass::formats {
namespace {

namespace fs = std::filesystem;

using models::TensorMethod;
using Arguments = std::vector<TensorMethod::Argument>;

/// Writes a method's graph, its inputs and what LibTorch makes of them.
void write_case(const fs::path& folder, const std::string& name, const torch::jit::Module& module,
                const std::string& method, const Arguments& arguments,
                const std::map<std::string, std::string>& metadata = {}) {
  const Graph graph = script_graph(module, method, arguments);
  const std::string bytes = onnx_bytes(graph, metadata);
  const OnnxSummary summary = parse_onnx_summary(bytes, name);
  std::vector<NamedTensor> arrays;
  for (const int64_t batch : {1, 2, 33}) {
    std::vector<at::Tensor> inputs;
    for (const auto& argument : arguments) inputs.push_back(example(argument, batch));
    const auto outputs = run_graph(graph, inputs);
    const auto add = [&](const char* kind, const std::string& port, const at::Tensor& value) {
      const bool is_truth = value.scalar_type() == at::kBool;
      arrays.push_back({fmt::format("batch{}_{}_{}", batch, kind, port),
                        is_truth ? value.to(at::kByte) : value});
    };
    for (size_t i = 0; i < inputs.size(); ++i) add("input", summary.inputs[i].name, inputs[i]);
    for (size_t i = 0; i < outputs.size(); ++i) add("output", summary.outputs[i].name, outputs[i]);
  }
  write_onnx(folder / fmt::format("{}-{}.onnx", name, method), graph, metadata);
  write_npz(folder / fmt::format("{}-{}.npz", name, method), arrays);
}

/// All methods of a checkpoint.
void write_checkpoint(const fs::path& folder, const std::string& name, const fs::path& path) {
  auto model = evaluation::ExportedModel::load(path);
  const Script script = evaluation::script_of(model);
  for (const auto& method : script.methods) {
    if (method.name == "layers") continue;
    write_case(folder, name, script.module, method.name, method.arguments,
               {{"hourglass.json", card_text(script.card)}, {"variant", script.card.variant}});
  }
}

struct Case {
  std::string name, variant;
  std::optional<models::NetworkOptions> network = {};
  Shape shape = {1, 9, 7};
};

/// A variant's model over another network, with made-up weights and running averages.
void write_model(const fs::path& folder, const Case& one) {
  auto options = runs::options_of(one.variant, "").model;
  if (one.network) options.network = *one.network;
  const int64_t condition_width = one.variant == "conditional" ? 3 : 0;
  const auto model = options.build({one.shape, one.shape}, condition_width, /*classes=*/3);
  hourglass::testing::make_up_weights(*model, 0.1);
  const fs::path path = folder / (one.name + ".pt");
  export_autoencoder(*model, path, {.variant = one.variant, .network = options.network.name()});
  write_checkpoint(folder, one.name, path);
  fs::remove(path);
}

std::vector<Case> cases() {
  using namespace models;
  std::vector<Case> all;
  for (const auto& variant : recipes::variants()) all.push_back({variant.name, variant.name});
  const std::vector<Case> others = {
      {"tied", "dense", DenseNetwork{.widths = {12, 5, 3}, .tied_weights = true}},
      {"unit_length",
       "variational",
       DenseNetwork{.widths = {12, 3}, .unit_length = true, .input_dropout = 0.5}},
      {"convolutional", "dense", ConvolutionalNetwork{.filters = {5, 3}, .bias = true}},
      {"convolutional_sparse", "sparse", ConvolutionalNetwork{.filters = {4, 3}}, {3, 13, 11}},
      {"convolutional_variational", "variational", ConvolutionalNetwork{.filters = {4, 3}}},
      {"convolutional_quantized", "vector_quantized", ConvolutionalNetwork{.filters = {4, 3}}},
      {"strided", "dense", StridedNetwork{.filters = 4, .widths = {9, 3}}, {1, 8, 6}},
      {"strided_variational",
       "variational",
       StridedNetwork{.filters = 4, .widths = {9, 3}},
       {2, 9, 7}},
      {"strided_conditional", "conditional", StridedNetwork{.filters = 4, .widths = {9, 3}}},
      {"recurrent", "dense", LstmNetwork{.widths = {6, 5, 4}}},
      {"recurrent_both_ways",
       "dense",
       LstmNetwork{.widths = {6, 5, 4}, .bidirectional = true},
       {3, 6, 4}},
      {"recurrent_variational", "variational", LstmNetwork{.widths = {6, 4}}},
  };
  all.insert(all.end(), others.begin(), others.end());
  for (const auto& [activation, text] : names_of(Activation{})) {
    all.push_back(
        {std::string("activation_") + std::string(text), "dense",
         DenseNetwork{.widths = {12, 3}, .activation = activation, .code_activation = activation}});
  }
  return all;
}

/// Writes one case; says so on the error stream where it fails.
bool written(const std::string& name, const std::function<void()>& write) {
  try {
    write();
    return true;
  } catch (const std::exception& error) {
    const std::string text = error.what();
    fmt::print(stderr, "{}: {}\n", name, text.substr(0, text.find('\n')));
    return false;
  }
}

bool write_all(const fs::path& folder) {
  bool all = true;
  for (const Case& one : cases()) {
    all &= written(one.name, [&] { write_model(folder, one); });
  }
  for (const testing::OnnxProgram& program : testing::onnx_programs()) {
    all &= written(program.name, [&] {
      torch::jit::Module module(program.name);
      testing::define(module, program);
      write_case(folder, "program_" + program.name, module, "forward", program.arguments);
    });
  }
  return all;
}

bool write_checkpoints(const fs::path& folder, const std::vector<fs::path>& paths) {
  bool all = true;
  for (const fs::path& path : paths) {
    const std::string name = path.parent_path().filename().string();
    all &= written(name, [&] { write_checkpoint(folder, name, path); });
  }
  return all;
}

}  // namespace
}  // namespace hourglass::formats

int main(int argc, char** argv) {
  using namespace hourglass::formats;
  if (argc < 2) {
    std::fputs("usage: onnx_models FOLDER [CHECKPOINT...]\n", stderr);
    return 2;
  }
  try {
    at::manual_seed(1);
    const std::vector<std::filesystem::path> paths(argv + 2, argv + argc);
    return (paths.empty() ? write_all(argv[1]) : write_checkpoints(argv[1], paths)) ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "onnx_models: %s\n", error.what());
    return 1;
  }
}
