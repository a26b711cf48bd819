#include "hourglass/training/flat_parameters.h"

#include "hourglass/models/autoencoder.h"
#include "hourglass/models/layers.h"
#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace hourglass::training {

using namespace models;

namespace {

struct SmallFlat {
  Autoencoder model{{.shapes = {{5}, {5}}, .network = DenseNetwork{.widths = {3, 2}}}};
  at::Tensor x = at::rand({4, 5});
};

TEST(FlatParameters, KeepsTheModelsFunctionAndItsLeaves) {
  SmallFlat f;
  const at::Tensor before = f.model.forward(f.x);
  const FlatParameters flat(f.model);
  EXPECT_TRUE(at::equal(f.model.forward(f.x), before));
  for (const auto& parameter : f.model.parameters()) {
    EXPECT_TRUE(parameter.is_leaf() && parameter.requires_grad());
  }
}

TEST(FlatParameters, ChangingTheVectorChangesTheModel) {
  SmallFlat f;
  FlatParameters flat(f.model);
  flat.values().zero_();
  for (const auto& parameter : f.model.parameters()) {
    EXPECT_EQ(parameter.abs().sum().item<float>(), 0);
  }
}

TEST(FlatParameters, GradientsLineUpWithTheirParameters) {
  SmallFlat f;
  FlatParameters flat(f.model);
  std::vector<at::Tensor> gradients;
  for (const auto& parameter : f.model.parameters()) gradients.push_back(parameter.detach() * 2);
  gradients.back() = at::Tensor();  // a parameter that the loss did not use
  const FlatParameters::Range all = flat.range({});
  flat.values().add_(flat.flatten(all, gradients));
  const auto parameters = f.model.parameters();
  for (size_t i = 0; i + 1 < parameters.size(); ++i) {
    EXPECT_TRUE(at::allclose(parameters[i], gradients[i] * 1.5));
  }
}

TEST(FlatParameters, StartsEveryParameterOnACacheLine) {
  SmallFlat f;
  const FlatParameters flat(f.model);
  for (const auto& parameter : f.model.parameters()) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(parameter.data_ptr()) % 64, 0U);
  }
}

TEST(FlatParameters, PartsOfAVectorHaveTheNamesAndShapesOfTheParameters) {
  models::Autoencoder model({.shapes = {{1, 8, 8}, {1, 8, 8}},
                             .network = models::ConvolutionalNetwork{.filters = {4, 2}}});
  const FlatParameters flat(model);
  const FlatParameters::Range all = flat.range({});
  for (const auto& [name, part] : flat.named_parts(all, flat.values(all))) {
    EXPECT_TRUE(at::equal(part, model.named_parameters()[name])) << name;
  }
}

TEST(FlatParameters, ARangeIsThePartOfItsModules) {
  SmallFlat f;
  const FlatParameters flat(f.model);
  const auto encoder = flat.range({"encoder"}), decoder = flat.range({"decoder"});
  EXPECT_EQ(encoder.size + decoder.size, flat.values().size(0));
  EXPECT_EQ(decoder.offset, encoder.size);
  flat.values(encoder).zero_();
  for (const auto& entry : f.model.named_parameters()) {
    const bool zero = entry.value().abs().sum().item<double>() == 0;
    EXPECT_EQ(zero, entry.key().starts_with("encoder.") || entry.key().ends_with(".bias"))
        << entry.key();
  }
}

TEST(FlatParameters, RefusesModulesThatDoNotLieSideBySide) {
  class Apart : public torch::nn::Module {
   public:
    Apart() {
      for (const char* name : {"a", "b", "c"})
        register_parameter(std::string(name) + "x", at::ones({1}));
      for (const char* name : {"one", "two", "three"}) {
        register_module(name, std::make_shared<models::DenseLayer>(1, 1, models::Activation::Relu));
      }
    }
  };
  const FlatParameters flat((Apart()));
  EXPECT_NO_THROW(flat.range({"one", "two"}));
  testing::expect_contains(testing::error_of([&] { flat.range({"one", "three"}); }),
                           {"one, three", "one after the other"});
  testing::expect_contains(testing::error_of([&] { flat.range({"four"}); }), {"four", "none"});
}

}  // namespace
}  // namespace hourglass::training
