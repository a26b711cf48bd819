#include "hourglass/models/networks/lstm_network.h"

#include "hourglass/models/autoencoder.h"
#include "hourglass/models/recurrent_layers.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <cmath>

namespace hourglass::models {
namespace {

using Output = LstmLayer::Output;

/// The hidden states [B, T, U] of an LSTM, step by step as Hochreiter & Schmidhuber's formula with
/// forget gates has them.
at::Tensor lstm_by_hand(const at::Tensor& x, const at::Tensor& input_kernel,
                        const at::Tensor& recurrent_kernel, const at::Tensor& bias) {
  at::Tensor h = at::zeros({x.size(0), recurrent_kernel.size(1)});
  at::Tensor c = at::zeros_like(h);
  std::vector<at::Tensor> states;
  for (int64_t t = 0; t < x.size(1); ++t) {
    const auto gates =
        (at::matmul(x.select(1, t), input_kernel.t()) + at::matmul(h, recurrent_kernel.t()) + bias)
            .chunk(4, 1);
    const at::Tensor input = gates[0].sigmoid(), forget = gates[1].sigmoid(),
                     cell = gates[2].tanh(), output = gates[3].sigmoid();
    c = forget * c + input * cell;
    h = output * c.tanh();
    states.push_back(h);
  }
  return at::stack(states, 1);
}

at::Tensor states_by_hand(const LstmLayer& layer, const at::Tensor& x, const std::string& suffix) {
  const auto p = layer.named_parameters();
  return lstm_by_hand(x, p["input_kernel" + suffix], p["recurrent_kernel" + suffix],
                      p["bias" + suffix]);
}

TEST(LstmLayer, ComputesItsFormulaStepByStep) {
  at::manual_seed(1);
  const at::Tensor x = at::randn({3, 5, 4});
  LstmLayer sequence(4, 6, Output::Sequence, /*bidirectional=*/false);
  EXPECT_TRUE(at::allclose(sequence.forward(x), states_by_hand(sequence, x, ""), 1e-4, 1e-6));
  LstmLayer last(4, 6, Output::Last, /*bidirectional=*/false);
  EXPECT_TRUE(at::allclose(last.forward(x), states_by_hand(last, x, "").select(1, 4), 1e-4, 1e-6));
}

TEST(LstmLayer, BidirectionalReadsFromTheEndToo) {
  at::manual_seed(1);
  const at::Tensor x = at::randn({3, 5, 4});
  LstmLayer sequence(4, 6, Output::Sequence, /*bidirectional=*/true);
  const at::Tensor forward = states_by_hand(sequence, x, "");
  const at::Tensor backward = states_by_hand(sequence, x.flip(1), "_reverse").flip(1);
  EXPECT_TRUE(at::allclose(sequence.forward(x), at::cat({forward, backward}, 2), 1e-4, 1e-6));

  // The last state of each direction: the one that read backwards ends at the first step.
  LstmLayer last(4, 6, Output::Last, /*bidirectional=*/true);
  const at::Tensor ends = at::cat({states_by_hand(last, x, "").select(1, 4),
                                   states_by_hand(last, x.flip(1), "_reverse").select(1, 4)},
                                  1);
  EXPECT_TRUE(at::allclose(last.forward(x), ends, 1e-4, 1e-6));
}

TEST(LstmLayer, StartsAsKerasDoes) {
  at::manual_seed(1);
  constexpr int64_t kFeatures = 40, kUnits = 30;
  const LstmLayer layer(kFeatures, kUnits, Output::Last, /*bidirectional=*/true);
  const auto p = layer.named_parameters();
  EXPECT_EQ(p.size(), 6U);  // one bias a direction, so that the forget gate's 1 is there once
  for (const std::string suffix : {"", "_reverse"}) {
    const auto biases = p["bias" + suffix].chunk(4);
    for (size_t gate = 0; gate < 4; ++gate) {
      EXPECT_TRUE(at::equal(biases[gate], at::full({kUnits}, gate == 1 ? 1.0 : 0.0))) << gate;
    }
    // Orthogonal over the whole kernel [4U, U], not gate by gate.
    const at::Tensor recurrent = p["recurrent_kernel" + suffix];
    EXPECT_TRUE(at::allclose(at::matmul(recurrent.t(), recurrent), at::eye(kUnits), 0, 1e-5));
    const double limit = std::sqrt(6.0 / (kFeatures + 4 * kUnits));
    const double largest = p["input_kernel" + suffix].abs().max().item<double>();
    EXPECT_LE(largest, limit);
    EXPECT_GT(largest, 0.99 * limit);
  }
}

TEST(RepeatLayer, GivesTheVectorOnceAStep) {
  RepeatLayer layer(3);
  const at::Tensor x = at::rand({2, 4});
  const at::Tensor y = layer.forward(x);
  EXPECT_EQ(y.sizes(), (std::vector<int64_t>{2, 3, 4}));
  for (int64_t t = 0; t < 3; ++t) EXPECT_TRUE(at::equal(y.select(1, t), x));
}

/// The output of the layer of that name on the way of x.
at::Tensor output_of(Autoencoder& model, const at::Tensor& x, const std::string& layer) {
  for (const auto& output : model.layers(x)) {
    if (output.name == layer) return output.value;
  }
  ADD_FAILURE() << "no layer " << layer;
  return {};
}

TEST(LstmNetwork, TakesImagesTablesAndSequences) {
  struct Case {
    Shape item, sequence;
  };
  for (const auto& [item, sequence] : {Case{{8}, {8, 1}}, Case{{5, 3}, {5, 3}},
                                       Case{{1, 6, 4}, {6, 4}}, Case{{3, 6, 4}, {6, 12}}}) {
    Autoencoder model({.shapes = {item, item}, .network = LstmNetwork{.widths = {5, 3}}});
    std::vector<int64_t> sizes = {2}, steps = {2};
    sizes.insert(sizes.end(), item.begin(), item.end());
    steps.insert(steps.end(), sequence.begin(), sequence.end());
    const at::Tensor x = at::rand(sizes);
    EXPECT_EQ(output_of(model, x, "encoder.sequence1").sizes(), steps) << shape_text(item);
    EXPECT_EQ(model.encode(x).sizes(), (std::vector<int64_t>{2, 3})) << shape_text(item);
    EXPECT_EQ(model.forward(x).sizes(), sizes) << shape_text(item);
  }
}

TEST(LstmNetwork, AStepOfAnImageIsARowOfAllItsChannels) {
  Autoencoder model({.shapes = {{3, 6, 4}, {3, 6, 4}}, .network = LstmNetwork{.widths = {2}}});
  const at::Tensor x = at::rand({2, 3, 6, 4});
  const at::Tensor sequence = output_of(model, x, "encoder.sequence1");
  EXPECT_TRUE(at::equal(sequence[1][2], at::cat({x[1][0][2], x[1][1][2], x[1][2][2]})));
  // And back: the features of a step become the row that they were.
  const at::Tensor features = output_of(model, x, "decoder.dense1");
  const at::Tensor image = output_of(model, x, "decoder.items1");
  EXPECT_TRUE(at::equal(features[1][2], at::cat({image[1][0][2], image[1][1][2], image[1][2][2]})));
}

TEST(LstmNetwork, MapsSequencesToOnesOfAnotherLength) {
  Autoencoder model({.shapes = {{8, 3}, {5, 2}}, .network = LstmNetwork{.widths = {4}}});
  EXPECT_EQ(model.forward(at::rand({2, 8, 3})).sizes(), (std::vector<int64_t>{2, 5, 2}));
}

TEST(LstmNetwork, BidirectionalLayersHaveACodeOfTwiceTheWidth) {
  Autoencoder model({.shapes = {{1, 8, 8}, {1, 8, 8}},
                     .network = LstmNetwork{.widths = {6, 5, 4}, .bidirectional = true}});
  EXPECT_EQ(model.code_shape(), (Shape{8}));
  const at::Tensor x = at::rand({3, 1, 8, 8});
  EXPECT_EQ(model.encode(x).sizes(), (std::vector<int64_t>{3, 8}));
  EXPECT_EQ(model.forward(x).sizes(), x.sizes());
  EXPECT_EQ(output_of(model, x, "decoder.lstm1").sizes(), (std::vector<int64_t>{3, 8, 10}));
  EXPECT_EQ(output_of(model, x, "decoder.lstm2").sizes(), (std::vector<int64_t>{3, 8, 12}));
}

TEST(LstmNetwork, WithoutHiddenLayersTheDecoderIsAsWideAsTheCode) {
  Autoencoder model({.shapes = {{8, 3}, {8, 3}}, .network = LstmNetwork{.widths = {4}}});
  const at::Tensor x = at::rand({2, 8, 3});
  EXPECT_EQ(output_of(model, x, "decoder.lstm1").sizes(), (std::vector<int64_t>{2, 8, 4}));
}

TEST(LstmNetwork, RefusesWhatIsNoSequence) {
  testing::expect_contains(testing::error_of([] {
                             Autoencoder({.shapes = {{2, 3, 4, 5}, {8}}, .network = LstmNetwork{}});
                           }),
                           {"2 x 3 x 4 x 5"});
  testing::expect_contains(
      testing::error_of([] {
        Autoencoder({.shapes = {{8}, {8}}, .network = LstmNetwork{.widths = {0}}});
      }),
      {"`widths`", "found 0"});
}

}  // namespace
}  // namespace hourglass::models
