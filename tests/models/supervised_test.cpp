#include "hourglass/models/supervised.h"

#include "hourglass/core/error.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/models/steps.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <cmath>

namespace hourglass::models {
namespace {

const ModelSpec kTwoNumbersOfThreeClasses = {.shapes = {{2}, {2}},
                                             .network = DenseNetwork{.widths = {2}},
                                             .likelihood = {Loss::Mse, Activation::Linear},
                                             .classes = 3};

/// Two numbers are their own code; the first speaks for class 0, the second for class 1.
Supervised speaking(const SupervisedOptions& options = {}) {
  Supervised model(options, kTwoNumbersOfThreeClasses);
  for (const char* name : {"encoder.dense1.weight", "decoder.dense1.weight"}) {
    set_parameter(model, name, at::eye(2));
  }
  for (const char* name : {"encoder.dense1.bias", "decoder.dense1.bias", "classifier.bias"}) {
    set_parameter(model, name, at::zeros_like(model.named_parameters()[name]));
  }
  set_parameter(model, "classifier.weight", at::eye(3).slice(1, 0, 2));
  return model;
}

Batch labelled(const at::Tensor& x, const at::Tensor& labels) {
  Batch batch = batch_of(x);
  batch.labels = labels;
  return batch;
}

TEST(Supervised, LossesMatchTheirDefinitions) {
  auto model = speaking({.reconstruction_weight = 10, .classification_weight = 0.5});
  Batch batch =
      labelled(at::tensor({1.0F, 0.0F, 0.0F, 2.0F}).view({2, 2}), at::tensor({0, 2}, at::kLong));
  batch.target = batch.input + at::tensor({0.2F, 0.0F});
  const StepContext step = step_with_seed(1);
  const auto values = model.losses(batch, step);
  const double first = std::log(std::exp(1.0) + 2) - 1, second = std::log(std::exp(2.0) + 2);
  EXPECT_NEAR(value_of(model, values, "reconstruction"), 0.2 * 0.2 / 2, 1e-6);
  EXPECT_NEAR(value_of(model, values, "classification"), (first + second) / 2, 1e-6);
  EXPECT_NEAR(value_of(model, values, "accuracy"), 0.5, 1e-9);
  EXPECT_NEAR(total_of(model, values, step), 10 * 0.02 + 0.5 * (first + second) / 2, 1e-5);
}

/// Then the decoder is of no weight, and its weights stay.
TEST(Supervised, WithoutReconstructionItIsAClassifier) {
  auto model = speaking({.reconstruction_weight = 0});
  const Batch batch = labelled(at::rand({4, 2}), at::tensor({0, 1, 2, 1}, at::kLong));
  const StepContext step = step_with_seed(1);
  total(model.phases().front(), model.losses(batch, step), step).backward();
  const auto gradient = [&](const char* name) { return model.named_parameters()[name].grad(); };
  EXPECT_GT(gradient("encoder.dense1.weight").abs().max().item<double>(), 0);
  EXPECT_GT(gradient("classifier.weight").abs().max().item<double>(), 0);
  EXPECT_EQ(gradient("decoder.dense1.weight").abs().max().item<double>(), 0);
}

TEST(Supervised, SaysTheProbabilityOfEachClass) {
  auto model = speaking();
  const auto methods = model.extra_methods();
  ASSERT_EQ(methods.size(), 1);
  EXPECT_EQ(methods[0].name, "classify");
  const at::Tensor found = methods[0].run({at::tensor({1.0F, 0.0F}).view({1, 2})})[0];
  const float sum = std::exp(1.0F) + 2;
  EXPECT_TRUE(at::allclose(found, at::tensor({std::exp(1.0F), 1.0F, 1.0F}).view({1, 3}) / sum));
}

TEST(Supervised, RefusesToLearnNothing) {
  const SupervisedOptions nothing{.reconstruction_weight = 0, .classification_weight = 0};
  EXPECT_THROW(check(nothing, DenseNetwork{}), UsageError);
  EXPECT_NO_THROW(check(SupervisedOptions{.reconstruction_weight = 0}, DenseNetwork{}));
}

TEST(Supervised, RefusesDataWithoutClasses) {
  ModelSpec spec = kTwoNumbersOfThreeClasses;
  spec.classes = 0;
  testing::expect_contains(testing::error_of([&] { Supervised({}, spec); }),
                           {"labelled data", "no labels", "label_column"});
  spec.classes = 1;
  testing::expect_contains(testing::error_of([&] { Supervised({}, spec); }), {"found one"});
}

}  // namespace
}  // namespace hourglass::models
