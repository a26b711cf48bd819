#include "hourglass/training/flat_parameters.h"

#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/dense_network.h"

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
  flat.values().add_(flat.flatten(gradients));
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

}  // namespace
}  // namespace hourglass::training
