#include "hourglass/evaluation/anomaly_detector.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/evaluation/anomaly_findings.h"
#include "hourglass/evaluation/errors.h"
#include "hourglass/models/conditional.h"
#include "hourglass/models/gaussian.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/one_class.h"
#include "hourglass/models/variational.h"
#include "hourglass/tests/evaluation/small_model.h"
#include "hourglass/tests/support/support.h"

#include <functional>
#include <string>

namespace hourglass::evaluation {

using namespace models;

namespace {

using testing::error_of;
using testing::expect_contains;
using testing::exported;
using testing::four_values;
using testing::TemporaryFolder;
using testing::unscaled;

ExportedModel plain_model(const TemporaryFolder& folder, const std::string& name = "best.pt") {
  Autoencoder model(four_values());
  return exported(model, folder / name, {{"loss", "mse"}});
}

NormalRows normal_of(const at::Tensor& values, const at::Tensor& labels = {}) {
  return {.rows = unscaled(values, labels), .text = "rows of a test", .scaling = {{0.5}, {2.0}}};
}

TEST(AnomalyDetector, TakesItsThresholdFromTheErrorsOfNormalRows) {
  const TemporaryFolder folder;
  auto model = plain_model(folder);
  const at::Tensor x = at::rand({101, 4});
  int64_t done = 0;
  const auto detector =
      fit_detector(model, normal_of(x), {.threshold = {ThresholdKind::Quantile, 0.9}},
                   [&](int64_t rows) { done = rows; });
  const at::Tensor errors = item_mse(model.reconstruct(x), x);
  EXPECT_TRUE(at::equal(detector.normal_scores, errors));
  EXPECT_DOUBLE_EQ(detector.threshold, std::get<0>(errors.kthvalue(91)).item<double>());
  EXPECT_EQ(detector.options.score, AnomalyScore::Reconstruction);
  EXPECT_EQ(done, 101);
}

TEST(AnomalyDetector, MahalanobisScoresOfNormalRowsAreThoseOfAnyRows) {
  const TemporaryFolder folder;
  auto model = plain_model(folder);
  const at::Tensor x = at::rand({1500, 4});
  const auto detector = fit_detector(model, normal_of(x), {.score = AnomalyScore::Mahalanobis});
  const auto found = judge_rows(model, detector, *unscaled(x));
  EXPECT_TRUE(at::equal(found.scores, detector.normal_scores));
  EXPECT_EQ(found.flagged(), 15);
}

/// That the score of rows under three conditions is the loss of the mean code plus a divergence.
void expect_elbo(
    ExportedModel& model,
    const std::function<at::Tensor(const GaussianCode&, const at::Tensor& condition)>& kl) {
  const at::Tensor x = at::rand({5, 4});
  const at::Tensor condition = at::eye(3).index_select(0, at::tensor({0, 1, 2, 1, 0}));
  const at::Tensor scores = elbo_scorer(
      model, /*samples=*/0, /*seed=*/1)({.input = x, .target = x, .condition = condition});
  const auto code = model.run_method("encode_distribution", x, condition);
  const at::Tensor loss = (model.decode(code[0], condition) - x).square().sum(1);
  const at::Tensor expected = loss + kl({code[0], code[1]}, condition);
  EXPECT_TRUE(scores.allclose(expected.to(at::kDouble), 1e-5, 1e-6));
  EXPECT_EQ(resolve_score(AnomalyScore::Auto, model), AnomalyScore::Elbo);
}

TEST(AnomalyDetector, ElboIsLossPlusKlUnderTheConditionOfTheRow) {
  const TemporaryFolder folder;
  Variational variational({}, four_values(/*condition_width=*/3));
  auto model = exported(variational, folder / "best.pt", {{"loss", "mse"}}, {"a", "b", "c"});
  expect_elbo(model, [](const GaussianCode& code, const at::Tensor& /*condition*/) {
    return kl_from_standard_normal(code);
  });
}

TEST(AnomalyDetector, ElboIsFromThePriorThatTheConditionHas) {
  const TemporaryFolder folder;
  Conditional conditional({.prior = ConditionalPrior::Learned}, four_values(/*condition_width=*/3));
  auto model = exported(conditional, folder / "best.pt", {{"loss", "mse"}, {"prior", "learned"}},
                        {"a", "b", "c"});
  expect_elbo(model, [&](const GaussianCode& code, const at::Tensor& condition) {
    const auto prior = [&](const std::string& name) {
      return at::linear(condition, model.parameter("prior." + name + ".weight"),
                        model.parameter("prior." + name + ".bias"));
    };
    return kl_divergence(code, {prior("mean"), prior("log_variance")});
  });
}

TEST(AnomalyDetector, CentreDistanceIsSquaredAndThatOfOneClassModels) {
  const TemporaryFolder folder;
  OneClass one_class({}, four_values());
  const auto refusal = [&] {
    auto model = exported(one_class, folder / "early.pt", {{"loss", "mse"}});
    return error_of([&] { centre_scorer(model); });
  };
  expect_contains(refusal(), {"early.pt", "`score` centre-distance", "pretraining"});
  const at::Tensor centre = one_class.named_buffers()["centre"];
  centre.uniform_(0.5, 1.5);
  auto model = exported(one_class, folder / "best.pt", {{"loss", "mse"}});
  EXPECT_EQ(resolve_score(AnomalyScore::Auto, model), AnomalyScore::CentreDistance);
  const at::Tensor x = at::rand({7, 4});
  const auto detector = fit_detector(model, normal_of(x), {});
  const at::Tensor expected = (model.encode(x) - centre).square().sum(1);
  EXPECT_TRUE(at::allclose(detector.normal_scores, expected.to(at::kDouble), 1e-5, 1e-7));
  EXPECT_TRUE(at::allclose(model.run_method("centre_distance", x).front(), expected, 1e-5, 1e-7));
  write_file_atomically(folder / "limit.json", detector_text(detector, model));
  EXPECT_EQ(load_detector(folder / "limit.json", model).options.score,
            AnomalyScore::CentreDistance);

  auto plain = plain_model(folder, "plain.pt");
  expect_contains(error_of([&] { centre_scorer(plain); }),
                  {"plain.pt", "one-class", "mahalanobis"});
}

TEST(AnomalyDetectorFile, HoldsAllButTheNormalScores) {
  const TemporaryFolder folder;
  auto model = plain_model(folder);
  const DetectorOptions options = {.score = AnomalyScore::Mahalanobis,
                                   .samples = 3,
                                   .seed = 9,
                                   .threshold = {ThresholdKind::Mad, 3.5}};
  const auto detector = fit_detector(model, normal_of(at::rand({60, 4})), options);
  write_file_atomically(folder / "limit.json", detector_text(detector, model));
  const auto read = load_detector(folder / "limit.json", model);
  EXPECT_EQ(read.options.score, AnomalyScore::Mahalanobis);
  EXPECT_EQ(read.options.samples, 3);
  EXPECT_EQ(read.options.seed, 9U);
  EXPECT_EQ(read.options.threshold.text(), "mad:3.5");
  EXPECT_EQ(read.threshold, detector.threshold);
  EXPECT_EQ(read.normal_rows, "rows of a test");
  EXPECT_EQ(read.scaling.offset, std::vector<double>{0.5});
  ASSERT_TRUE(read.codes);
  EXPECT_TRUE(at::equal(read.codes->mean, detector.codes->mean));
  EXPECT_TRUE(at::equal(read.codes->precision, detector.codes->precision));
  EXPECT_FALSE(read.normal_scores.defined());
  expect_same_scaling(read, {.name = "a", .scaling = {{0.5}, {2.0}}}, "limit.json");
  expect_contains(error_of([&] { expect_same_scaling(read, {.name = "b.csv"}, "limit.json"); }),
                  {"limit.json", "b.csv", "`scale`"});
}

TEST(AnomalyDetectorFile, OfTimeStepsSaysTheStride) {
  const TemporaryFolder folder;
  auto model = plain_model(folder);
  auto detector = fit_detector(model, normal_of(at::rand({60, 4})), {});
  EXPECT_FALSE(nlohmann::json::parse(detector_text(detector, model)).contains("stride"));
  detector.steps = StepAverage::Median;
  detector.stride = 24;
  auto json = nlohmann::json::parse(detector_text(detector, model));
  const auto read = [&] {
    testing::write_file(folder / "limit.json", json.dump());
    return load_detector(folder / "limit.json", model);
  };
  EXPECT_EQ(read().stride, 24);
  json["stride"] = 0;
  expect_contains(error_of([&] { read(); }), {"limit.json", "'stride'", "time steps"});
  json.erase("stride");
  EXPECT_EQ(read().steps, StepAverage::Median) << "a file of an earlier version";
  EXPECT_FALSE(read().stride);
}

TEST(AnomalyDetectorFile, IsRefusedInOneLineWhereItIsNotOne) {
  const TemporaryFolder folder;
  auto model = plain_model(folder);
  const auto detector =
      fit_detector(model, normal_of(at::rand({60, 4})), {.score = AnomalyScore::Mahalanobis});
  const auto json = nlohmann::json::parse(detector_text(detector, model));
  const auto error_with = [&](const std::string& key, const nlohmann::json& value) {
    nlohmann::json changed = json;
    changed[nlohmann::json::json_pointer(key)] = value;
    testing::write_file(folder / "bad.json", changed.dump());
    return error_of([&] { load_detector(folder / "bad.json", model); });
  };
  expect_contains(error_with("/score", "odd"), {"bad.json", "'score'", "mahalanobis", "odd"});
  expect_contains(error_with("/rule", "quantile:2"), {"bad.json", "'rule'", "quantile:Q"});
  expect_contains(error_with("/threshold", "high"), {"bad.json", "'threshold'", "number"});
  expect_contains(error_with("/mahalanobis/precision", {1, 2}),
                  {"'mahalanobis.precision'", "2 × 2"});
  expect_contains(error_with("/checkpoint", 1), {"'checkpoint'", "`save_threshold`"});
  expect_contains(error_with("/checkpoint/sha256", "abc"), {"bad.json", "another checkpoint"});
  expect_contains(error_with("/format", 2), {"bad.json", "format 1"});
  testing::write_file(folder / "bad.json", "{");
  expect_contains(error_of([&] { load_detector(folder / "bad.json", model); }), {"bad.json"});
}

TEST(AnomalyFindings, AreComparedWithClassesWhereLabelsSayThem) {
  const TemporaryFolder folder;
  auto model = plain_model(folder);
  const at::Tensor usual = at::full({4, 4}, 0.5), odd = at::full({2, 4}, 50.0);
  const at::Tensor labels = at::tensor({0, 0, 0, 0, 1, 1}, at::kLong);
  AnomalyDetector detector = {.options = {.score = AnomalyScore::Reconstruction}, .threshold = 100};
  auto found = judge_rows(model, detector, *unscaled(at::cat({usual, odd}), labels));
  compare_with_classes(found, {}, {"bag", "boot"});
  EXPECT_FALSE(found.anomalous.defined());
  compare_with_classes(found, {.normal = {"bag"}}, {"bag", "boot"});
  ASSERT_TRUE(found.separation);
  EXPECT_DOUBLE_EQ(found.separation->auroc, 1);
  EXPECT_EQ(found.separation->confusion.true_positives, found.flagged());
  const std::string csv = scores_csv(found, {.rows = {7, 8, 9, 10, 11, 12}}, {"bag", "boot"});
  expect_contains(csv, {"row,label,score,flag\n7,bag,", "\n12,boot,"});
  compare_with_classes(found, {.anomalous = {"2"}}, {});
  EXPECT_FALSE(found.separation) << "no row is of that class";
}

}  // namespace
}  // namespace hourglass::evaluation
