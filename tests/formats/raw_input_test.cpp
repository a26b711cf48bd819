#include "hourglass/formats/raw_input.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/exports.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/variational.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace hourglass::formats {

using namespace models;

namespace {

using testing::error_of;
using testing::expect_contains;

const models::TensorMethod& method_of(const Script& script, const std::string& name) {
  return *std::find_if(script.methods.begin(), script.methods.end(),
                       [&](const auto& method) { return method.name == name; });
}

ModelCard card_of(const std::string& type, const datasets::Scaling& scaling) {
  return {.variant = "dense",
          .value_range = ValueRange{0, 1},
          .data = DataCard{.name = "a", .stored_type = type, .scaling = scaling}};
}

TEST(WithRawInput, TakesAndGivesBytesOfImages) {
  Autoencoder model({.shapes = {{1, 4, 4}, {1, 4, 4}}, .network = DenseNetwork{.widths = {5, 2}}});
  const Script raw = with_raw_input(script_of(model, card_of("uint8", {{0.0}, {1 / 255.0}})));
  const at::NoGradGuard no_grad;
  const at::Tensor bytes = at::randint(256, {7, 1, 4, 4}, at::kByte),
                   x = bytes.to(at::kFloat) * static_cast<float>(1 / 255.0);
  EXPECT_TRUE(
      at::allclose(method_of(raw, "encode").run({bytes}).front(), model.encode(x), 0, 1e-6));
  EXPECT_TRUE(at::allclose(method_of(raw, "forward").run({bytes}).front(), model.forward(x) * 255,
                           1e-5, 1e-4));
  const at::Tensor z = at::rand({3, 2});
  EXPECT_TRUE(
      at::allclose(method_of(raw, "decode").run({z}).front(), model.decode(z) * 255, 1e-5, 1e-4));
  EXPECT_EQ(raw.card.data->scaling.factor, std::vector<double>{1.0});
  EXPECT_DOUBLE_EQ(raw.card.value_range->high, 255);
  for (const Graph& graph : graphs_of(raw)) {
    const bool is_of_codes = graph.method == "decode";
    EXPECT_EQ(graph.value(graph.inputs.front()).type, is_of_codes ? at::kFloat : at::kByte);
  }
}

TEST(WithRawInput, LeavesOutALikelihoodOfScaledValues) {
  Autoencoder model({.shapes = {{3}, {3}},
                     .network = DenseNetwork{.widths = {2}},
                     .likelihood = {Loss::Gaussian, Activation::Linear}});
  const Script script = script_of(model, card_of("float32", {{10, -1, 7}, {0.1, 4, 1}}));
  EXPECT_EQ(method_of(script, "decode_parameters").run({at::rand({5, 2})}).front().size(1), 6);
  for (const auto& method : with_raw_input(script).methods) {
    EXPECT_NE(method.name, "decode_parameters");
  }
}

TEST(WithRawInput, ScalesColumnsAndKeepsConstantOnes) {
  Variational model({}, {.shapes = {{3}, {3}}, .network = DenseNetwork{.widths = {2}}});
  const Script raw =
      with_raw_input(script_of(model, card_of("float32", {{10, -1, 7}, {0.1, 4, 0}})));
  const at::NoGradGuard no_grad;
  const at::Tensor rows = at::tensor({12.0F, -0.5F, 7.0F, 15.0F, -1.0F, 7.0F}).view({2, 3});
  const at::Tensor x = at::tensor({0.2F, 2.0F, 0.0F, 0.5F, 0.0F, 0.0F}).view({2, 3});
  const auto found = method_of(raw, "encode_distribution").run({rows});
  EXPECT_TRUE(at::allclose(found.at(0), model.encode(x), 1e-5, 1e-6));
  const at::Tensor given = method_of(raw, "forward").run({rows}).front();
  EXPECT_TRUE(
      at::allclose(given.select(1, 0), model.forward(x).select(1, 0) * 10 + 10, 1e-5, 1e-5));
  EXPECT_TRUE(at::equal(given.select(1, 2), at::full({2}, 7.0F)));
}

TEST(WithRawInput, FollowsCurvesThereAndBack) {
  Autoencoder model({.shapes = {{3}, {3}}, .network = DenseNetwork{.widths = {2}}});
  const datasets::Scaling scaling = {
      .curves = {{{0, 1, 10, 1000}, {0, 0.25, 0.5, 1}}, {{-1, 3}, {0, 1}}, {{7}, {0}}}};
  const Script raw = with_raw_input(script_of(model, card_of("float32", scaling)));
  const at::NoGradGuard no_grad;
  const at::Tensor rows =
      at::tensor({-50.F, -2.F, 7.F, 0.5F, 0.F, 8.F, 4.F, 3.F, 7.F, 5000.F, 9.F, -1.F}).view({4, 3});
  const at::Tensor x = datasets::ItemScaling(scaling, {3}).apply(rows.clone());
  EXPECT_TRUE(
      at::allclose(method_of(raw, "encode").run({rows}).front(), model.encode(x), 1e-5, 1e-5));
  const at::Tensor given = method_of(raw, "forward").run({rows}).front(), y = model.forward(x);
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(at::allclose(given.select(1, i).to(at::kDouble),
                             to_stored(scaling, i, y.select(1, i)), 1e-4, 1e-3));
  }
  EXPECT_DOUBLE_EQ(raw.card.data->highest, 1000);
  EXPECT_EQ(raw.card.data->scaling, datasets::Scaling());
}

TEST(WithRawInput, KeepsTheNamesOfParameters) {
  Autoencoder model({.shapes = {{6}, {6}}, .network = DenseNetwork{.widths = {2}}});
  const Graph graph =
      graphs_of(with_raw_input(script_of(model, card_of("float32", {{1.0}, {2.0}})))).front();
  const auto has = [&](const std::string& name) {
    return std::any_of(graph.values.begin(), graph.values.end(),
                       [&](const Value& value) { return value.name == name; });
  };
  EXPECT_TRUE(has("encoder.dense1.weight"));
  EXPECT_TRUE(has("input_offset"));
}

TEST(WithRawInput, RefusesAScalingOfColumnsThatTheModelIsToldToo) {
  Autoencoder model({.shapes = {{3}, {3}}, .network = DenseNetwork{.widths = {2}}});
  const auto complaint_for = [&](const ModelCard& card) {
    return error_of([&] { with_raw_input(script_of(model, card)); });
  };
  // Of four columns, of which items have three.
  expect_contains(complaint_for(card_of("float32", {{10, -1, 7, 0}, {0.1, 4, 1, 2}})),
                  {"`raw_input`", "a scaling of the model's items, 3 -> 3"});
  const datasets::ScalingCurve curve = {{0, 1, 10}, {0, 0.5, 1}};
  expect_contains(complaint_for(card_of("float32", {.curves = {curve, curve, curve, curve}})),
                  {"`raw_input`", "a scaling of the model's items"});

  ModelCard told = card_of("float32", {{0.0}, {0.25}});
  told.options = RecordedOptions(nlohmann::json{{"condition", "columns:0"}});
  expect_contains(complaint_for(told), {"`raw_input`", "told no scaled columns", "columns:0"});
  told.data->scaling = {};
  EXPECT_NO_THROW(with_raw_input(script_of(model, told)));
}

TEST(WithRawInput, NeedsARecordedScaling) {
  Autoencoder model({.shapes = {{6}, {6}}, .network = DenseNetwork{.widths = {2}}});
  const Script script = script_of(model, {.variant = "dense"});
  expect_contains(error_of([&] { with_raw_input(script); }), {"`raw_input`", "scaled"});
}

}  // namespace
}  // namespace hourglass::formats
