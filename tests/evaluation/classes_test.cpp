#include "hourglass/evaluation/classes.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/trained_classes.h"
#include "hourglass/tests/evaluation/small_model.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::evaluation {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::unscaled;

const std::vector<std::string> kNames = {"boot", "bag", "1"};

at::Tensor flags(const std::vector<int64_t>& values) { return at::tensor(values).to(at::kBool); }

TEST(ClassName, IsTheNumberWhereThereIsNoName) {
  EXPECT_EQ(class_name(1, kNames), "bag");
  EXPECT_EQ(class_name(3, kNames), "3");
  EXPECT_EQ(class_name(0, {}), "0");
}

TEST(AnomaliesAmong, ReadsClassesByNameThenByNumber) {
  const at::Tensor labels = at::tensor({0, 1, 2, 1}, at::kLong);
  const auto anomalies = [&](const NormalClasses& classes) {
    return anomalies_among(labels, kNames, classes, /*absent_allowed=*/false);
  };
  EXPECT_TRUE(at::equal(anomalies({.normal = {"bag"}}), flags({1, 0, 1, 0})));
  EXPECT_TRUE(at::equal(anomalies({.anomalous = {"0", "1"}}), flags({1, 0, 1, 0})));
  expect_contains(error_of([&] { anomalies({.normal = {"bog"}}); }), {"'bog'", "bag"});
  expect_contains(
      error_of([&] {
        anomalies_among(at::tensor({0, 2}, at::kLong), kNames, {.normal = {kNames[1]}},
                        /*absent_allowed=*/false);
      }),
      {"class '" + kNames[1] + "'", "found rows of " + kNames[0] + ", " + kNames[2] + " alone"});
  EXPECT_TRUE(at::equal(anomalies_among(labels, kNames, {.anomalous = {"bog"}}, true),
                        flags({0, 0, 0, 0})));
}

TEST(TrainedClasses, AreNormalWhereTheDataHaveOthers) {
  formats::DataCard data;
  data.class_names = kNames;
  EXPECT_FALSE(normal_by_training(data).any()) << "a card that does not say has rows of all";
  data.trained_classes = kNames;
  EXPECT_FALSE(normal_by_training(data).any());
  data.trained_classes = {"bag"};
  EXPECT_EQ(normal_by_training(data).normal, (std::vector<std::string>{"bag"}));
}

TEST(TrainedClasses, MayBeAnomalies) {
  using Names = std::vector<std::string>;
  formats::DataCard data;
  data.class_names = kNames;
  EXPECT_EQ(anomalies_in_training(data, {}), Names{});
  EXPECT_EQ(anomalies_in_training(data, {.normal = {"bag"}}), (Names{"boot", "1"}));
  EXPECT_EQ(anomalies_in_training(data, {.anomalous = {"0"}}), Names{"boot"});
  expect_contains(anomalies_in_training_text(data, {"boot", "1"}), {"2 of the", "--classes 'bag'"});
  data.trained_classes = {"bag"};
  EXPECT_EQ(anomalies_in_training(data, {.normal = {"bag"}}), Names{});
}

TEST(NormalRowsOfClasses, AreThoseThatAreNamed) {
  const auto rows = unscaled(at::arange(8).to(at::kFloat).view({4, 2}), at::tensor({0, 1, 2, 1}));
  const auto normal = normal_rows(rows, kNames, {.normal = {"bag"}});
  EXPECT_TRUE(at::equal(normal->batch(normal->all_positions()).rows, at::tensor({1, 3})));
  EXPECT_TRUE(at::equal(labels_of(*normal), at::tensor({1, 1})));
  EXPECT_EQ(normal_rows(rows, kNames, {}), rows);
  expect_contains(error_of([&] {
                    normal_rows(rows, kNames, {.anomalous = {"0", "bag", "2"}});
                  }),
                  {"alone"});
  expect_contains(error_of([&] {
                    normal_rows(unscaled(at::rand({3, 2})), {}, {.normal = {"0"}});
                  }),
                  {"`normal_class`", "no labels"});
  expect_contains(error_of([] {
                    check(NormalClasses{{"0"}, {"1"}});
                  }),
                  {"`normal_class`", "`anomaly_class`"});
}

}  // namespace
}  // namespace hourglass::evaluation
