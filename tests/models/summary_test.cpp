#include "hourglass/models/summary.h"

#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/lstm_network.h"

#include <gtest/gtest.h>

namespace hourglass::models {
namespace {

int64_t multiply_adds_of(const Shape& item, const NetworkOptions& network) {
  Autoencoder model({.shapes = {item, item}, .network = network});
  return summarize(model).multiply_adds;
}

TEST(Summary, CountsMultiplyAddsOfAnItem) {
  const int64_t dense = 2 * (4 * 5 + 5 * 3);
  EXPECT_EQ(multiply_adds_of({4}, DenseNetwork{.widths = {5, 3}}), dense);
  EXPECT_EQ(multiply_adds_of({4}, DenseNetwork{.widths = {5, 3}, .tied_weights = true}), dense);
  // 3 x 3 weights from 1 to 2 maps at each pixel, 2 to 2 in the code's 4 x 4, 2 to 1 at each pixel.
  EXPECT_EQ(multiply_adds_of({1, 8, 8}, ConvolutionalNetwork{.filters = {2}}),
            9 * (64 * 2 + 16 * 4 + 64 * 2));
  // Four gates in each of six steps, the last layer of the encoder too: its last state needs all.
  const int64_t gates = 4 * (5 * (2 + 5) + 3 * (5 + 3) + 5 * (3 + 5));
  EXPECT_EQ(multiply_adds_of({6, 2}, LstmNetwork{.widths = {5, 3}}), 6 * (gates + 5 * 2));
}

}  // namespace
}  // namespace hourglass::models
