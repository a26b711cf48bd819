#include "hourglass/formats/script_graph.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/exports.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/lstm_network.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <algorithm>

namespace hourglass::formats {

using namespace models;

namespace {

using testing::error_of;
using testing::expect_contains;

/// A TorchScript module of one method, "forward(self, x)", with a parameter "weight" of [4, 3].
torch::jit::Module scripted(const std::string& body) {
  torch::jit::Module module("Scripted");
  module.register_parameter("weight", at::rand({4, 3}), /*is_buffer=*/false);
  module.register_attribute("training", c10::BoolType::get(), false);
  module.define("def forward(self, x):\n" + body);
  return module;
}

Graph scripted_graph(const std::string& body, const Shape& item = {3}) {
  const auto module = scripted(body);
  const std::vector<TensorMethod::Argument> arguments = {{"x", item}};
  Graph graph = script_graph(module, "forward", arguments);
  expect_same_results(
      graph, {.name = "forward", .arguments = arguments, .run = script_runner(module, "forward")});
  return graph;
}

std::vector<std::string> operations_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const auto& operation : graph.operations) names.push_back(operation.name);
  return names;
}

TEST(ScriptGraph, TellsSizesThatGrowWithTheBatch) {
  const Graph graph = scripted_graph("    return torch.relu(x).view(x.size(0) * 2, -1)\n", {6});
  EXPECT_EQ(operations_of(graph), (std::vector<std::string>{"aten::relu", "aten::view"}));
  const Value& result = graph.value(graph.outputs.front());
  EXPECT_EQ(result.sizes, (std::vector<Size>{{0, 2}, {3, 0}}));
  EXPECT_EQ(graph.operations.back().sizes("size"), (std::vector<Size>{{0, 2}, {-1, 0}}));
}

TEST(ScriptGraph, KeepsParametersUnderTheirNamesAndWhatFollowsFromThem) {
  const Graph graph = scripted_graph("    return torch.matmul(x, torch.t(self.weight))\n");
  ASSERT_EQ(graph.operations.size(), 2U);
  const Value& weight = graph.value(graph.operations[0].tensor("self"));
  EXPECT_EQ(weight.name, "weight");
  EXPECT_EQ(weight.kind, Value::Kind::Parameter);
  EXPECT_FALSE(graph.depends_on_items(graph.operations[0]));
  EXPECT_TRUE(graph.value(graph.operations[0].results[0]).constant.has_value());
  EXPECT_TRUE(graph.depends_on_items(graph.operations[1]));
}

TEST(ScriptGraph, FollowsBranchesThatTheModelDecides) {
  const Graph graph = scripted_graph(
      "    if self.training:\n        y = torch.relu(x)\n    else:\n        y = torch.tanh(x)\n    "
      "return y\n");
  EXPECT_EQ(operations_of(graph), std::vector<std::string>{"aten::tanh"});
}

TEST(ScriptGraph, LeavesOutWhatChangesNothing) {
  const Graph graph =
      scripted_graph("    return torch.dropout(torch.relu_(x.clone()).contiguous(), 0.5, False)\n");
  EXPECT_EQ(operations_of(graph), std::vector<std::string>{"aten::relu"});
}

TEST(ScriptGraph, RefusesWhatIsNoListOfOperations) {
  expect_contains(
      error_of([] {
        scripted_graph("    while bool(x.sum() < 10.0):\n        x = x + 1\n    return x\n");
      }),
      {"forward", "prim::Loop"});
  expect_contains(
      error_of(
          [] { scripted_graph("    if bool(x.sum() > 0.0):\n        x = x + 1\n    return x\n"); }),
      {"branch that depends on the items"});
  expect_contains(error_of([] { scripted_graph("    return x.size(0)\n"); }),
                  {"expected a method that gives tensors"});
}

TEST(ScriptGraph, SaysWhatFailsInOneLine) {
  const std::string error = error_of([] { scripted_graph("    return x.view(7, 11)\n"); });
  expect_contains(error, {"forward", "shape"});
  EXPECT_EQ(error.find('\n'), std::string::npos);
}

TEST(ScriptGraph, ShowsWhatDoesNotGrowEvenlyWithTheBatch) {
  expect_contains(
      error_of([] { scripted_graph("    return x.repeat([x.size(0) * x.size(0), 1])\n"); }),
      {"forward", "batch"});
}

TEST(GraphsOf, NamesTheLayerOfEveryOperation) {
  Autoencoder model(
      {.shapes = {{1, 8, 8}, {1, 8, 8}}, .network = ConvolutionalNetwork{.filters = {3, 2}}});
  const auto graphs = graphs_of(script_of(model, {.variant = "convolutional"}));
  ASSERT_EQ(graphs.size(), 3U);
  EXPECT_EQ(graphs[0].method, "forward");
  EXPECT_EQ(graphs[0].operations.front().where(), "aten::conv2d in encoder.conv1");
  EXPECT_EQ(graphs[0].operations[1].where(), "aten::relu in encoder.conv1");
}

TEST(GraphsOf, SaysThatAnLstmStartsFromZeros) {
  Autoencoder model({.shapes = {{5, 3}, {5, 3}}, .network = LstmNetwork{.widths = {4, 2}}});
  const auto graphs = graphs_of(script_of(model, {.variant = "lstm"}));
  const auto lstm = std::find_if(graphs[0].operations.begin(), graphs[0].operations.end(),
                                 [](const Operation& one) { return one.name == "aten::lstm"; });
  ASSERT_NE(lstm, graphs[0].operations.end());
  for (const ValueId id : lstm->tensors("hx")) EXPECT_TRUE(graphs[0].value(id).is_zero);
}

TEST(Operation, SaysWhichArgumentIsNotWhatWasExpected) {
  const Graph graph = scripted_graph("    return torch.relu(x)\n");
  expect_contains(error_of([&] { graph.operations[0].integer("dim"); }), {"aten::relu", "dim"});
}

}  // namespace
}  // namespace hourglass::formats
