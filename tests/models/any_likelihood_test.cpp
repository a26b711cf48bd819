#include "hourglass/core/error.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/layers_network.h"
#include "hourglass/models/networks/lstm_network.h"
#include "hourglass/models/networks/strided_network.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <string>
#include <vector>

namespace hourglass::models {
namespace {

// Any decoder takes any likelihood: networks beside the items they are for.
struct Place {
  std::string name;
  NetworkOptions network;
  Shape item;
};

std::vector<Place> places() {
  return {{"dense, a row", DenseNetwork{.widths = {4}}, {6}},
          {"dense, an image", DenseNetwork{.widths = {4}}, {2, 4, 5}},
          {"convolutional, an image", ConvolutionalNetwork{.filters = {3}}, {2, 6, 7}},
          {"convolutional, a sequence", ConvolutionalNetwork{.filters = {3}}, {9, 2}},
          {"strided", StridedNetwork{.filters = 3, .widths = {5, 2}}, {3, 7, 7}},
          {"lstm, a sequence", LstmNetwork{.widths = {3}}, {5, 2}},
          {"lstm, an image", LstmNetwork{.widths = {3}}, {2, 4, 5}},
          {"lstm, a row", LstmNetwork{.widths = {3}}, {6}}};
}

Likelihood likelihood_of(Loss loss) {
  switch (loss) {
    case Loss::Bce: return {loss, Activation::Sigmoid};
    case Loss::NegativeBinomial:
    case Loss::ZeroInflatedNegativeBinomial: return {loss, Activation::Softplus};
    default: return {loss, Activation::Linear};
  }
}

TEST(AnyLikelihood, IsTakenByEveryNetwork) {
  for (const auto& place : places()) {
    for (const auto& [loss, name] : names_of(Loss{})) {
      SCOPED_TRACE(place.name + " " + name);
      at::manual_seed(3);
      Autoencoder model({.shapes = {place.item, place.item},
                         .network = place.network,
                         .likelihood = likelihood_of(loss)});
      const at::Tensor x = at::randint(0, 2, with_batch(5, place.item)).to(at::kFloat);
      const at::Tensor z = model.encode(x);
      EXPECT_EQ(model.decode_logits(z).sizes().slice(1),
                at::IntArrayRef(parameter_shape(loss, place.item)));
      EXPECT_EQ(model.decode(z).sizes(), x.sizes());
      EXPECT_EQ(model.layers(x).back().name, "output");
      const at::Tensor value =
          model.losses({x, x, {}, {}, {}}, {.random = RowRandom(1, 1)}).terms[0];
      value.backward();
      EXPECT_TRUE(value.isfinite().item<bool>());
      for (const auto& parameter : model.named_parameters()) {
        const at::Tensor& gradient = parameter.value().grad();
        EXPECT_TRUE(gradient.isfinite().all().item<bool>()) << parameter.key();
      }
    }
  }
}

TEST(AnyLikelihood, AsksTheUsersOwnLayersForItsNumbers) {
  const auto model = [](const std::string& last) {
    return Autoencoder({.shapes = {{1, 4, 4}, {1, 4, 4}},
                        .network = LayersNetwork{.encoder = "conv:2,3; flatten; dense:3",
                                                 .decoder = "dense:16; reshape:1,4,4; " + last},
                        .likelihood = {Loss::Gaussian, Activation::Linear}});
  };
  EXPECT_EQ(model("conv:2,3").decode(at::rand({5, 3})).sizes(), (Shape{5, 1, 4, 4}));
  testing::expect_contains(testing::error_of([&] { model("conv:1,3"); }),
                           {"`decoder`", "2 x 4 x 4", "`loss`", "1 x 4 x 4"});
}

}  // namespace
}  // namespace hourglass::models
