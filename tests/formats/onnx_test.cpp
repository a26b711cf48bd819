#include "hourglass/formats/onnx.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/script_graph.h"
#include "hourglass/tests/formats/complaint.h"
#include "hourglass/tests/formats/onnx_programs.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <algorithm>
#include <random>

namespace hourglass::formats {
namespace {

using testing::complaint_of;
using testing::error_of;
using testing::expect_contains;
using testing::OnnxProgram;
using testing::TemporaryFolder;

// tests/python/onnx_test.py has onnxruntime compute whole models.

/// A module with a layer "encoder" of 3 inputs and 2 outputs, and this program.
Graph graph_of(const std::string& body, const models::TensorMethod::Argument& x = {"x", {3}},
               const std::string& method = "forward") {
  torch::jit::Module module("Program"), layer("Layer");
  layer.register_parameter("weight", at::arange(6, at::kFloat).view({2, 3}), false);
  layer.register_parameter("bias", at::ones({2}), false);
  module.register_module("encoder", layer);
  testing::define(module, {"program", {x}, body}, method);
  return script_graph(module, method, {x});
}

const std::string kLinear =
    "return torch.relu(torch.linear(x, self.encoder.weight, self.encoder.bias))";

OnnxSummary summary_of(const Graph& graph,
                       const std::map<std::string, std::string>& metadata = {}) {
  return parse_onnx_summary(onnx_bytes(graph, metadata), "model.onnx");
}

using Texts = std::vector<std::string>;
using Counts = std::map<std::string, int64_t>;

TEST(Onnx, SaysWhatItTakesAndGives) {
  const OnnxSummary summary = summary_of(graph_of(kLinear), {{"variant", "dense"}});
  EXPECT_EQ(summary.graph_name, "forward");
  EXPECT_EQ(summary.opset, kOnnxOpset);
  EXPECT_EQ(summary.ir_version, kOnnxIrVersion);
  EXPECT_EQ(summary.producer_name, "Hourglass");
  EXPECT_FALSE(summary.producer_version.empty());
  EXPECT_EQ(summary.metadata, (std::map<std::string, std::string>{{"variant", "dense"}}));
  ASSERT_EQ(summary.inputs.size(), 1U);
  EXPECT_EQ(summary.inputs[0].name, "x");
  EXPECT_EQ(summary.inputs[0].type, "float32");
  EXPECT_EQ(summary.inputs[0].sizes, (Texts{"batch", "3"}));
  ASSERT_EQ(summary.outputs.size(), 1U);
  EXPECT_EQ(summary.outputs[0].name, "reconstruction");
  EXPECT_EQ(summary.outputs[0].sizes, (Texts{"batch", "2"}));
  EXPECT_EQ(summary.operations, (Counts{{"Gemm", 1}, {"Relu", 1}}));
}

TEST(Onnx, HoldsParametersUnderTheirNames) {
  const OnnxSummary summary = summary_of(graph_of(kLinear));
  ASSERT_EQ(summary.initializers.size(), 2U);
  EXPECT_EQ(summary.initializers[0].name, "encoder.weight");
  EXPECT_EQ(summary.initializers[0].sizes, (Shape{2, 3}));
  EXPECT_EQ(summary.initializers[0].bytes, 24);
  EXPECT_EQ(summary.initializers[1].name, "encoder.bias");
}

TEST(Onnx, NamesOutputsByMethod) {
  const std::string body = "return x + 1, x + 2, x + 3";
  const auto names = [&](const std::string& method) {
    Texts found;
    for (const auto& port : summary_of(graph_of(body, {"x", {3}}, method)).outputs)
      found.push_back(port.name);
    return found;
  };
  EXPECT_EQ(names("encode"), (Texts{"code", "output_1", "output_2"}));
  EXPECT_EQ(names("decode").front(), "reconstruction");
  EXPECT_EQ(names("encode_distribution"), (Texts{"mean", "log_variance", "output_2"}));
  EXPECT_EQ(names("other"), (Texts{"output", "output_1", "output_2"}));
}

TEST(Onnx, NamesNoTwoValuesAlike) {
  const OnnxSummary summary =
      summary_of(graph_of("return reconstruction + 1, reconstruction", {"reconstruction", {3}}));
  EXPECT_EQ(summary.inputs[0].name, "reconstruction");
  EXPECT_EQ(summary.outputs[0].name, "reconstruction_1");
  EXPECT_EQ(summary.outputs[1].name, "output_1");
  EXPECT_EQ(summary.operations, (Counts{{"Add", 1}, {"Identity", 1}}));
}

TEST(Onnx, TiedLayersShareTheirWeights) {
  const OnnxSummary summary = summary_of(graph_of(
      "z = torch.linear(x, self.encoder.weight)\nreturn torch.linear(z, self.encoder.weight.t())"));
  EXPECT_EQ(summary.initializers.size(), 1U);
  EXPECT_EQ(summary.operations, (Counts{{"Gemm", 2}}));
}

TEST(Onnx, StoresWhatFollowsFromParametersAlone) {
  const OnnxSummary summary =
      summary_of(graph_of("return x * self.encoder.weight.square().sum(0).sqrt()"));
  EXPECT_EQ(summary.operations, (Counts{{"Mul", 1}}));
  EXPECT_EQ(summary.initializers.size(), 1U);
}

TEST(Onnx, ComputesSizesThatGrowWithTheBatch) {
  const OnnxSummary summary =
      summary_of(graph_of("return x.unsqueeze(0).expand(4, -1, -1).reshape(x.size(0) * 2, 6)"));
  EXPECT_EQ(summary.outputs[0].sizes, (Texts{"2*batch", "6"}));
}

TEST(Onnx, TakesBytesAndWholeNumbers) {
  const models::TensorMethod::Argument indices = {"x", {3}, 5},
                                       bytes = {"x", {3}, 0, /*is_bytes=*/true};
  const std::string body = "return x.to(dtype=6) / 255";
  EXPECT_EQ(summary_of(graph_of(body, indices)).inputs[0].type, "int64");
  const OnnxSummary summary = summary_of(graph_of(body, bytes));
  EXPECT_EQ(summary.inputs[0].type, "uint8");
  EXPECT_EQ(summary.operations, (Counts{{"Cast", 1}, {"Div", 1}}));
}

TEST(Onnx, IsTheSameForTheSameGraph) {
  const Graph graph = graph_of(kLinear);
  EXPECT_EQ(onnx_bytes(graph), onnx_bytes(graph));
}

TEST(Onnx, NamesTheOperationAndTheLayerThatItLacks) {
  const Graph graph = graph_of("return torch.sinh(torch.linear(x, self.encoder.weight))");
  expect_contains(error_of([&] { onnx_bytes(graph); }), {"aten::sinh in encoder", "ONNX"});
}

TEST(Onnx, NamesTheOperationWhoseArgumentsItCannotSay) {
  const Graph graph = graph_of("return torch.norm(torch.linear(x, self.encoder.weight), 3, [1])");
  expect_contains(error_of([&] { onnx_bytes(graph); }),
                  {"aten::norm", "encoder", "order 1 or 2", "3"});
}

TEST(Onnx, RoundsToWholeNumbersAlone) {
  const Graph graph = graph_of("return torch.round(x, decimals=2)");
  expect_contains(error_of([&] { onnx_bytes(graph); }),
                  {"aten::round", "expected 0 decimals", "found 2"});
  EXPECT_EQ(summary_of(graph_of("return torch.round(x, decimals=0)")).operations,
            (Counts{{"Round", 1}}));
}

TEST(Onnx, WritesEveryOperationOfItsTests) {
  for (const OnnxProgram& program : testing::onnx_programs()) {
    torch::jit::Module module(program.name);
    testing::define(module, program);
    const Graph graph = script_graph(module, "forward", program.arguments);
    const OnnxSummary summary = summary_of(graph);
    EXPECT_EQ(summary.outputs.size(), graph.outputs.size()) << program.name;
  }
}

TEST(OnnxSummary, IsReadFromAFile) {
  const TemporaryFolder folder;
  write_onnx(folder / "model.onnx", graph_of(kLinear), {{"hourglass.json", "{\"a\": \"é\"}"}});
  const OnnxSummary summary = read_onnx_summary(folder / "model.onnx");
  EXPECT_EQ(summary.metadata.at("hourglass.json"), "{\"a\": \"é\"}");
}

TEST(OnnxSummary, RefusesWhatIsNoModel) {
  for (const std::string& bytes : {std::string(), std::string("hello"), std::string("PK\x03\x04"),
                                   std::string(100, '\0'), std::string(1000, '\xFF')}) {
    expect_contains(error_of([&] { parse_onnx_summary(bytes, "x.onnx"); }),
                    {"x.onnx", "expected an ONNX file"});
  }
}

TEST(OnnxSummary, RefusesSizesThatAreNotThoseOfTheValues) {
  std::string bytes = onnx_bytes(graph_of(kLinear));
  // The first initializer: its sizes 2 and 3 as fields 1, its type as field 2.
  const size_t at = bytes.find(std::string("\x08\x02\x08\x03\x10\x01", 6));
  ASSERT_NE(at, std::string::npos);
  bytes[at + 1] = 9;
  expect_contains(error_of([&] { parse_onnx_summary(bytes, "x.onnx"); }),
                  {"x.onnx", "expected 27 values of float32 for 'encoder.weight'", "24 bytes"});
}

TEST(OnnxSummary, RefusesNamesOfSeveralLines) {
  std::string bytes = onnx_bytes(graph_of(kLinear));
  bytes.replace(bytes.find("encoder.weight"), 7, "enc\nder");
  bytes.replace(bytes.rfind("encoder.weight"), 7, "enc\nder");
  expect_contains(error_of([&] { parse_onnx_summary(bytes, "x.onnx"); }), {"names of one line"});
}

void expect_one_line(const std::string& bytes) {
  const std::string complaint = complaint_of([&] { parse_onnx_summary(bytes, "x.onnx"); });
  EXPECT_EQ(complaint.find('\n'), std::string::npos) << complaint;
}

TEST(OnnxSummary, SurvivesAnyBeginningOfAFile) {
  const std::string bytes = onnx_bytes(graph_of(kLinear), {{"variant", "dense"}});
  for (size_t size = 0; size < bytes.size(); ++size) expect_one_line(bytes.substr(0, size));
}

TEST(OnnxSummary, SurvivesChangedBytes) {
  const std::string whole = onnx_bytes(graph_of(kLinear), {{"variant", "dense"}});
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (uint32_t changes = 1 + random() % 4; changes > 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    expect_one_line(bytes);
  }
}

}  // namespace
}  // namespace hourglass::formats
