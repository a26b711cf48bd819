#include "hourglass/evaluation/probe.h"

#include "hourglass/tests/evaluation/reference.h"
#include "hourglass/tests/support/support.h"

#include <c10/core/InferenceMode.h>

namespace hourglass::evaluation {
namespace {

TEST(Probe, ClassifiesDigitsLikeScikitLearn) {
  const nlohmann::json expected = testing::reference("probe");
  const auto [training, test] = testing::divided_digits();
  const LinearProbe probe = fit_linear_probe(training.items, training.labels);
  EXPECT_NEAR(probe.accuracy(test.items, test.labels), expected["accuracy"].get<double>(), 0.002);
  EXPECT_TRUE(at::allclose(probe.bias, testing::tensor_of(expected["bias"]), 0, 0.005));
  EXPECT_TRUE(
      at::allclose(probe.weight[3], testing::tensor_of(expected["weight_of_class_3"]), 0, 0.001));
}

TEST(Probe, IsTheSameEachTimeAlsoUnderInferenceMode) {
  const auto training = testing::divided_digits().training;
  const LinearProbe first = fit_linear_probe(training.items, training.labels);
  const c10::InferenceMode guard;
  const LinearProbe second = fit_linear_probe(training.items, training.labels);
  EXPECT_TRUE(at::equal(first.weight, second.weight));
  EXPECT_TRUE(at::equal(first.bias, second.bias));
}

TEST(Probe, KeepsTheLabelsItWasGiven) {
  const at::Tensor codes = at::tensor({-2.0F, -1.0F, 1.0F, 2.0F}).view({4, 1});
  const at::Tensor labels = at::tensor({40L, 40L, -3L, -3L});
  EXPECT_TRUE(at::equal(fit_linear_probe(codes, labels).predict(codes), labels));
}

TEST(Probe, DoesNotCareForTheScaleOfCodesNorForDeadUnits) {
  const auto [training, test] = testing::divided_digits();
  const LinearProbe plain = fit_linear_probe(training.items, training.labels);
  const auto widened = [](const at::Tensor& items) {
    return at::cat({items * 1024, at::full({items.size(0), 1}, 5.0)}, 1);
  };
  const LinearProbe scaled = fit_linear_probe(widened(training.items), training.labels);
  EXPECT_TRUE(at::equal(scaled.predict(widened(test.items)), plain.predict(test.items)));
}

TEST(Probe, RefusesASingleClassAndMissingLabels) {
  const at::Tensor codes = at::rand({4, 2});
  testing::expect_contains(
      testing::error_of([&] { fit_linear_probe(codes, at::zeros({4}, at::kLong)); }),
      {"at least 2 classes", "found 1"});
  testing::expect_contains(testing::error_of([&] { fit_linear_probe(codes, at::Tensor()); }),
                           {"expected 4", "found 0"});
}

}  // namespace
}  // namespace hourglass::evaluation
