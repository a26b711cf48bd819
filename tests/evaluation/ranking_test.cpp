#include "hourglass/evaluation/ranking.h"

#include "hourglass/tests/evaluation/reference.h"
#include "hourglass/tests/support/support.h"

#include <cmath>

namespace hourglass::evaluation {
namespace {

const at::Tensor kScores = at::tensor({0.1, 0.4, 0.4, 0.8}, at::kDouble);
const at::Tensor kPositive = at::tensor({0, 0, 1, 1}) == 1;

TEST(Ranking, EqualsScikitLearnOnScoresWithTies) {
  const nlohmann::json cases = testing::reference("ranking");
  ASSERT_EQ(cases.size(), 3U);
  for (const auto& expected : cases) {
    const at::Tensor scores = testing::tensor_of(expected["scores"]);
    const at::Tensor positive = testing::tensor_of(expected["positive"]) == 1;
    EXPECT_NEAR(auroc(scores, positive), expected["auroc"].get<double>(), 1e-12);
    EXPECT_NEAR(average_precision(scores, positive), expected["average_precision"].get<double>(),
                1e-12);
  }
}

TEST(Ranking, TheRocCurveEqualsScikitLearns) {
  for (const auto& expected : testing::reference("ranking")) {
    const RocCurve curve = roc_curve(testing::tensor_of(expected["scores"]),
                                     testing::tensor_of(expected["positive"]) == 1);
    const auto false_rate = expected["false_positive_rate"].get<std::vector<double>>();
    const auto true_rate = expected["true_positive_rate"].get<std::vector<double>>();
    ASSERT_GE(curve.thresholds.size(), false_rate.size());
    for (size_t i = 0; i < false_rate.size(); ++i) {
      EXPECT_NEAR(curve.false_positive_rate[i], false_rate[i], 1e-12);
      EXPECT_NEAR(curve.true_positive_rate[i], true_rate[i], 1e-12);
    }
  }
}

TEST(Ranking, TheRocCurveGoesFromNothingToAll) {
  const RocCurve curve = roc_curve(kScores, kPositive);
  EXPECT_TRUE(std::isinf(curve.thresholds.front()));
  EXPECT_EQ(curve.thresholds.size(), 4U);  // three distinct scores
  EXPECT_EQ(curve.false_positive_rate, (std::vector<double>{0, 0, 0.5, 1}));
  EXPECT_EQ(curve.true_positive_rate, (std::vector<double>{0, 0.5, 1, 1}));
}

TEST(Ranking, EqualScoresForAllGiveHalf) {
  EXPECT_DOUBLE_EQ(auroc(at::ones({4}), kPositive), 0.5);
  EXPECT_DOUBLE_EQ(average_precision(at::ones({4}), kPositive), 0.5);
}

TEST(Ranking, ConfusionFlagsScoresAboveTheThreshold) {
  const Confusion confusion = confusion_at(kScores, kPositive, 0.3);
  EXPECT_EQ(confusion.true_positives, 2);
  EXPECT_EQ(confusion.false_positives, 1);
  EXPECT_EQ(confusion.true_negatives, 1);
  EXPECT_EQ(confusion.false_negatives, 0);
  EXPECT_DOUBLE_EQ(confusion.precision(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(confusion.recall(), 1);
  EXPECT_DOUBLE_EQ(confusion.false_positive_rate(), 0.5);
  EXPECT_DOUBLE_EQ(confusion.f1(), 0.8);
  EXPECT_EQ(confusion_at(kScores, kPositive, 0.4).true_positives, 1);  // not at the threshold
}

TEST(Ranking, RatiosWithoutCasesAreZero) {
  const Confusion nothing = confusion_at(kScores, kPositive, 2);
  EXPECT_EQ(nothing.precision(), 0);
  EXPECT_EQ(nothing.recall(), 0);
  EXPECT_EQ(nothing.f1(), 0);
}

TEST(Ranking, RefusesAMissingClassScoresThatAreNotFiniteAndUnequalLengths) {
  const at::Tensor none = at::zeros({4}, at::kBool);
  testing::expect_contains(testing::error_of([&] { auroc(kScores, none); }),
                           {"0 positive and 4 negative"});
  at::Tensor broken = kScores.clone();
  broken[2] = NAN;
  testing::expect_contains(testing::error_of([&] { average_precision(broken, kPositive); }),
                           {"found nan for item 2"});
  testing::expect_contains(testing::error_of([&] { roc_curve(at::rand({3}), kPositive); }),
                           {"found 4 and 3"});
}

}  // namespace
}  // namespace hourglass::evaluation
