#include "hourglass/formats/c_source.h"

#include "hourglass/evaluation/exported_model.h"
#include "hourglass/formats/script_graph.h"
#include "hourglass/formats/torchscript.h"
#include "hourglass/models/conditional.h"
#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/lstm_network.h"
#include "hourglass/models/networks/strided_network.h"
#include "hourglass/models/sparse.h"
#include "hourglass/models/variational.h"
#include "hourglass/models/vector_quantized.h"
#include "hourglass/tests/formats/c_program.h"
#include "hourglass/tests/formats/made_up_weights.h"

#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>

#include <functional>
#include <sstream>

namespace hourglass::formats {

using namespace models;
using hourglass::testing::CProgram;
using hourglass::testing::error_of;
using hourglass::testing::expect_contains;
using hourglass::testing::make_up_weights;
using hourglass::testing::TemporaryFolder;

namespace {

#define HOURGLASS_NEEDS_C_COMPILER()                                              \
  if (hourglass::testing::c_compiler().empty()) {                                 \
    GTEST_SKIP() << "needs a C compiler: no program of the name 'cc' is in PATH"; \
  }

const std::vector<std::string> kSanitized = {"-O1", "-fsanitize=address,undefined",
                                             "-fno-sanitize-recover=all"};
constexpr int64_t kItems = 33;

/// Methods to write, with items for each.
struct Methods {
  std::vector<Graph> graphs;
  std::vector<std::vector<at::Tensor>> inputs;

  void add(const torch::jit::Module& module, const std::string& method,
           const std::vector<TensorMethod::Argument>& arguments, const std::string& called) {
    graphs.push_back(script_graph(module, method, arguments));
    graphs.back().method = called;
    inputs.emplace_back();
    for (const auto& argument : arguments) inputs.back().push_back(example(argument, kItems));
  }
};

/// Compiles the methods strictly, runs them under sanitizers, and compares with LibTorch.
void expect_equal_results(const Methods& methods) {
  const CProgram program(methods.graphs, {.name = "model"});
  ASSERT_EQ(program.build(kSanitized), "");
  std::string complaints;
  const auto found = program.results(methods.inputs, complaints);
  ASSERT_EQ(complaints, "");
  for (size_t i = 0; i < methods.graphs.size(); ++i) {
    const auto expected = run_graph(methods.graphs[i], methods.inputs[i]);
    ASSERT_EQ(found[i].size(), expected.size());
    for (size_t j = 0; j < expected.size(); ++j) {
      EXPECT_TRUE(at::allclose(found[i][j].to(at::kDouble),
                               expected[j].to(at::kDouble).reshape_as(found[i][j]), 1e-5, 1e-5))
          << methods.graphs[i].method << " " << j;
    }
  }
}

// ---- Models

/// Adds all methods of a model, under its name.
void add_model(Methods& methods, Autoencoder& model, const std::string& name) {
  make_up_weights(model, 0.2);
  model.eval();
  const TemporaryFolder folder;
  ModelCard card = {.variant = "dense"};
  if (model.condition_width() > 0) card.condition = ConditionCard{.width = model.condition_width()};
  export_autoencoder(model, folder / "best.pt", card);
  auto loaded = evaluation::ExportedModel::load(folder / "best.pt");
  const bool is_indices = model.code_kind() == "indices";
  std::vector<TensorMethod::Argument> items = {{"x", model.input_shape()}},
                                      codes = {{"z", model.code_shape(), is_indices ? 6 : 0}};
  if (model.condition_width() > 0) {
    items.push_back({"condition", {model.condition_width()}});
    codes.push_back({"condition", {model.condition_width()}});
  }
  for (const std::string method : {"forward", "encode", "decode", "encode_distribution"}) {
    if (!loaded.has_method(method)) continue;
    methods.add(loaded.module(), method, method == "decode" ? codes : items,
                fmt::format("{}_{}", name, method));
  }
}

TEST(CSource, EqualsLibTorchForDenseNetworksAndAllObjectives) {
  HOURGLASS_NEEDS_C_COMPILER();
  Methods methods;
  const auto spec = [](Activation activation, bool tied = false) {
    return ModelSpec{
        .shapes = {{1, 4, 4}, {1, 4, 4}},
        .network = DenseNetwork{.widths = {7, 3}, .activation = activation, .tied_weights = tied}};
  };
  const auto add_plain = [&](Activation activation, bool tied, const std::string& name) {
    Autoencoder model(spec(activation, tied));
    add_model(methods, model, name);
  };
  add_plain(Activation::Relu, false, "relu");
  add_plain(Activation::Sigmoid, true, "tied");
  add_plain(Activation::Elu, false, "elu");
  add_plain(Activation::Gelu, false, "gelu");
  add_plain(Activation::Silu, false, "silu");
  add_plain(Activation::Selu, false, "selu");
  add_plain(Activation::Softplus, false, "softplus");
  add_plain(Activation::LeakyRelu, false, "leaky_relu");
  Sparse sparse({}, spec(Activation::Tanh));
  add_model(methods, sparse, "sparse");
  Variational variational({}, spec(Activation::Relu));
  add_model(methods, variational, "variational");
  ModelSpec with_condition = spec(Activation::Relu);
  with_condition.condition_width = 3;
  Conditional conditional({}, with_condition);
  add_model(methods, conditional, "conditional");
  VectorQuantized quantized({.codebook_size = 6}, spec(Activation::Relu));
  add_model(methods, quantized, "quantized");
  expect_equal_results(methods);
}

TEST(CSource, EqualsLibTorchForImagesAndSequences) {
  HOURGLASS_NEEDS_C_COMPILER();
  Methods methods;
  // 7 × 9 halves with a ceiling, and is cropped on the way back.
  const ModelSpec images = {.shapes = {{2, 7, 9}, {2, 7, 9}},
                            .network = ConvolutionalNetwork{.filters = {4, 3}, .bias = true}};
  Autoencoder convolutional(images);
  add_model(methods, convolutional, "convolutional");
  VectorQuantized quantized({.codebook_size = 6}, images);
  add_model(methods, quantized, "quantized");
  VectorQuantized rounded({.quantizer = *Quantization::parse("fsq:4,3")}, images);
  add_model(methods, rounded, "rounded");
  VectorQuantized residual({.quantizer = *Quantization::parse("residual:2"), .codebook_size = 6},
                           images);
  add_model(methods, residual, "residual");
  Autoencoder strided({.shapes = {{1, 7, 6}, {1, 7, 6}},
                       .network = StridedNetwork{.filters = 3, .widths = {5, 2}}});
  add_model(methods, strided, "strided");
  Autoencoder lstm({.shapes = {{1, 6, 4}, {1, 6, 4}}, .network = LstmNetwork{.widths = {6, 3}}});
  add_model(methods, lstm, "lstm");
  Autoencoder both_ways({.shapes = {{6, 4}, {6, 4}},
                         .network = LstmNetwork{.widths = {5, 3}, .bidirectional = true}});
  add_model(methods, both_ways, "both_ways");
  expect_equal_results(methods);
}

// ---- Single operations

/// A module of one layer, "layer", with methods in TorchScript.
torch::jit::Module script(const std::string& source) {
  torch::jit::Module layer("layer"), module("module");
  layer.register_parameter("weight", at::randn({4, 6}), false);
  layer.register_parameter("kernel", at::randn({4, 1, 2, 3}), false);
  layer.register_parameter("up", at::randn({2, 3, 3, 2}), false);
  layer.register_parameter("sequence_kernel", at::randn({5, 2, 3}), false);
  layer.register_parameter("bias", at::randn({4}), false);
  module.register_module("layer", layer);
  module.define(source);
  module.eval();
  return module;
}

TEST(CSource, EqualsLibTorchForOperationsOfOtherModels) {
  HOURGLASS_NEEDS_C_COMPILER();
  const std::vector<std::pair<std::string, std::string>> bodies = {
      {"arithmetic",
       "return (x * 2 - 1) / (x + 0.5) + torch.rsub(x, 3.0) + torch.add(x, x.sum(1, "
       "keepdim=True), alpha=0.25)"},
      {"functions",
       "return torch.exp(-x) + torch.log(x + 1.0) * torch.sqrt(x) + torch.abs(x - 0.5) "
       "+ x ** 3.0 + x ** 2 + torch.cos(x)"},
      {"limits",
       "return torch.clamp(x, 0.2, 0.7) + torch.clamp(x, min=0.5) + torch.clamp(x, "
       "max=0.1)"},
      {"activations",
       "return torch.gelu(x, approximate='tanh') + torch.elu(x - 0.5, 0.7) + "
       "torch.softplus(x * 30.0, 2.0, 20.0)"},
      {"moves",
       "return torch.cat([x.reshape(-1, 2, 3).transpose(1, 2).flatten(1), x[:, 1:4], "
       "x[:, 0:6:2], x.unsqueeze(1).expand(-1, 2, -1).flatten(1)], 1)"},
      {"broadcast",
       "y = x.reshape(-1, 2, 3)\nreturn y - y.mean(2, keepdim=True) * y.amax([1], "
       "keepdim=True)"},
      {"part", "y = x.reshape(-1, 2, 3)\nreturn y[:, 1] - y[:, 0]"},
      {"places",
       "return torch.argmax(x, 1), torch.argmin(x, 1), torch.argmax(x.reshape(-1, 2, 3), "
       "1)"},
      {"strongest_three",
       "values, places = torch.topk(x, 3, 1)\nreturn values, values[:, 2:3] + x"},
      {"score", "return (x - 0.5).square().mean([1])"},
      {"is_anomaly", "return (x - 0.5).square().mean([1]) > 0.08"},
      {"score_in_float64",
       "y = torch.sigmoid(x)\nv = x.flatten(1).to(dtype=7)\nw = y.flatten(1).to(dtype=7)\n"
       "return -torch.sum(v * torch.clamp(torch.log(w), -100.0) + (1.0 - v) * "
       "torch.clamp(torch.log(1.0 - w), -100.0), [1]) / 2.0"},
      {"is_typical", "return torch.logical_not((x - 0.5).square().mean([1]) > 0.08)"},
      {"twice", "y = torch.relu(x - 0.5)\nreturn y, y, x, y[:, 1:3]"},
      {"chosen", "return torch.where(x > 0.5, x, x * 0.1)"},
      {"product",
       "return torch.matmul(x, self.layer.weight.t()) + torch.matmul(x[:, 0:4], "
       "self.layer.weight)[:, 0:4] + torch.addmm(self.layer.bias, x, "
       "self.layer.weight.t())"},
      {"convolved",
       "return torch.conv2d(x.reshape(-1, 2, 1, 3).expand(-1, -1, 5, -1), "
       "self.layer.kernel, self.layer.bias, [2, 1], [1, 2], [2, 1], 2)"},
      {"transposed",
       "return torch.conv_transpose2d(x.reshape(-1, 2, 1, 3), self.layer.up, None, "
       "[2, 3], [1, 0], [1, 2], 1, [1, 2])"},
      {"of_sequence",
       "return torch.conv1d(x.reshape(-1, 2, 3), self.layer.sequence_kernel, None, "
       "[1], [1])"},
      {"pools",
       "y = x.reshape(-1, 2, 3, 1).expand(-1, -1, -1, 5)\nreturn torch.max_pool2d(y, [2, "
       "2], [2, 2], [1, 1], [1, 1], True), torch.avg_pool2d(y, [2, 3])"},
      {"enlarged",
       "return torch.upsample_nearest1d(x.reshape(-1, 2, 3), None, [2.0]), "
       "torch.upsample_nearest2d(x.reshape(-1, 1, 2, 3), None, [3.0, 2.0])"}};
  std::string source;
  for (const auto& [name, body] : bodies) {
    source += "def " + name + "(self, x):\n";
    for (const auto& line : split_text(body, '\n')) source += "    " + line + "\n";
  }
  const auto module = script(source);
  Methods methods;
  for (const auto& [name, body] : bodies) methods.add(module, name, {{"x", {6}}}, name);
  expect_equal_results(methods);
}

TEST(CSource, IncludesWhatRoundingNeeds) {
  HOURGLASS_NEEDS_C_COMPILER();
  const auto module = script("def rounded(self, x):\n    return torch.round(x)\n");
  Methods methods;
  methods.add(module, "rounded", {{"x", {6}}}, "rounded");
  expect_equal_results(methods);
}

TEST(CSource, TakesBytesAndNamesThatMeanSomethingInC) {
  HOURGLASS_NEEDS_C_COMPILER();
  const auto module = script(
      "def encode(self, struct):\n    return struct.to(dtype=6) * 0.25\n"
      "def switch(self, a, double):\n    return a + double, a - double\n"
      "def unused(self, i, register):\n    return i * 2.0\n");
  Methods methods;
  methods.add(module, "encode", {{"struct", {6}, 200}}, "encode");
  methods.graphs[0].values[methods.graphs[0].inputs[0]].type = at::kByte;
  methods.inputs[0][0] = methods.inputs[0][0].to(at::kByte);
  methods.add(module, "switch", {{"a", {6}}, {"double", {6}}}, "switch");
  methods.add(module, "unused", {{"i", {6}}, {"register", {6}}}, "unused");
  expect_equal_results(methods);

  const std::string text = c_source(methods.graphs, {.name = "9 odd-näme"});
  expect_contains(text,
                  {"void model_9_odd_n__me_encode(const unsigned char struct_2[6], float code[6]);",
                   "const float i_2[6]", "(void)register_2;"});
  expect_contains(c_source(methods.graphs, {.name = "int", .facts = {"ends */ here"}}),
                  {"int_encode(", "ends * / here"});
}

// ---- The file

/// digits-2d's network.
CProgram digits_program() {
  Autoencoder model({.shapes = {{1, 8, 8}, {1, 8, 8}},
                     .network = DenseNetwork{.widths = {32, 2},
                                             .activation = Activation::Sigmoid,
                                             .code_activation = Activation::Sigmoid}});
  make_up_weights(model, 0.2);
  const TemporaryFolder folder;
  export_autoencoder(model, folder / "best.pt", {.variant = "dense"});
  auto loaded = evaluation::ExportedModel::load(folder / "best.pt");
  std::vector<Graph> graphs;
  for (const std::string method : {"encode", "decode", "forward"}) {
    const TensorMethod::Argument argument = method == "decode"
                                                ? TensorMethod::Argument{"z", {2}}
                                                : TensorMethod::Argument{"x", {1, 8, 8}};
    graphs.push_back(script_graph(loaded.module(), method, {argument}));
  }
  return {graphs, {.name = "digits", .facts = {"variant dense, recipe digits-2d"}}};
}

TEST(CSource, SaysWhatItIsAndCosts) {
  expect_contains(
      digits_program().source(),
      {"variant dense, recipe digits-2d", "float x[64]; float code[2];", "digits_encode(x, code);",
       "17,416 bytes of constants", "4,224 multiply-adds", "128 bytes of working memory",
       "void digits_encode(const float x[64], float code[2]);",
       "/* encoder.dense1: 64 -> 32, sigmoid */"});
}

TEST(CSource, WritesWeightsOnceEvenTiedOnes) {
  Methods methods;
  Autoencoder tied({.shapes = {{1, 4, 4}, {1, 4, 4}},
                    .network = DenseNetwork{.widths = {5, 2}, .tied_weights = true}});
  add_model(methods, tied, "tied");
  const std::string text = c_source(methods.graphs, {});
  // 5 · 16 + 2 · 5 weights, 5 + 2 + 5 + 16 biases.
  expect_contains(text, {"472 bytes of constants", "model_dense_transposed("});
}

TEST(CSource, FitsAMicrocontroller) {
  HOURGLASS_NEEDS_C_COMPILER();
  const std::string size = hourglass::testing::find_program("size");
  if (size.empty()) GTEST_SKIP() << "needs the program 'size', which is not in PATH";
  const CProgram program = digits_program();
  const auto object = program.file("model.o");
  auto flags = hourglass::testing::strict_c_flags();
  for (const std::string flag : {"-Os", "-ffreestanding", "-c"}) flags.push_back(flag);
  for (const std::string& more :
       {program.file("model.c").string(), std::string("-o"), object.string()})
    flags.push_back(more);
  ASSERT_EQ(program.compile(flags), "");
  std::istringstream lines(hourglass::testing::run(size, {object}).output);
  std::string titles;
  int64_t text = 0, data = 0, zeros = 0;
  std::getline(lines, titles);
  lines >> text >> data >> zeros;
  EXPECT_GT(text, 17416);
  EXPECT_LT(text + data + zeros, 20000);
}

TEST(CSource, RefusesScalesAndDecimalsThatItDoesNotCompute) {
  const auto module = script(
      "def row(self, x):\n"
      "    return torch.upsample_nearest1d(x.reshape(-1, 2, 3), None, [2.2])\n"
      "def square(self, x):\n"
      "    return torch.upsample_nearest2d(x.reshape(-1, 1, 2, 3), None, [2.4, 2.0])\n"
      "def cents(self, x):\n    return torch.round(x, decimals=2)\n"
      "def whole(self, x):\n    return torch.round(x, decimals=0)\n");
  const auto source_for = [&](const std::string& method) {
    return c_source({script_graph(module, method, {{"x", {6}}})}, {});
  };
  // ATen takes pixel floor(i / 2.2) of three, not i / 2.
  expect_contains(error_of([&] { source_for("row"); }),
                  {"aten::upsample_nearest1d", "a scale of 2, as 3 -> 6", "found 2.2"});
  expect_contains(error_of([&] { source_for("square"); }),
                  {"aten::upsample_nearest2d", "a scale of 2, as 2 -> 4", "found 2.4"});
  expect_contains(error_of([&] { source_for("cents"); }), {"aten::round", "0 decimals", "found 2"});
  expect_contains(source_for("whole"), {"rintf("});
}

TEST(CSource, NamesAnOperationThatItLacks) {
  const auto module = script(
      "def encode(self, x):\n    return torch.cumsum(torch.linear(x, self.layer.weight), 1)\n"
      "def score(self, x):\n    return x.to(dtype=5).sum([1])\n"
      "def dense(self, x):\n    return x * 2.0\n");
  const auto error_for = [&](const std::string& method) {
    return error_of([&] { c_source({script_graph(module, method, {{"x", {6}}})}, {}); });
  };
  expect_contains(error_for("encode"), {"aten::cumsum in layer", "expected an operation", "C"});
  expect_contains(error_for("score"), {"aten::to", "float32", "Half"});
  expect_contains(error_for("dense"), {"different names", "'model_dense' taken"});
}

}  // namespace
}  // namespace hourglass::formats
