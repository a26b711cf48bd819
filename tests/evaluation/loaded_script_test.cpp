#include "hourglass/evaluation/loaded_script.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/anomaly_findings.h"
#include "hourglass/formats/exports.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/one_class.h"
#include "hourglass/models/variational.h"
#include "hourglass/tests/evaluation/small_model.h"
#include "hourglass/tests/support/support.h"

#include <algorithm>

namespace hourglass::evaluation {

using namespace models;

namespace {

using testing::error_of;
using testing::expect_contains;
using testing::exported;
using testing::four_values;
using testing::TemporaryFolder;
using testing::unscaled;

const models::TensorMethod& method_of(const formats::Script& script, const std::string& name) {
  return *std::find_if(script.methods.begin(), script.methods.end(),
                       [&](const auto& method) { return method.name == name; });
}

/// A variational model of rows of four, and a detector fitted to some.
struct Detecting {
  TemporaryFolder folder;
  Variational variational{{}, four_values()};
  ExportedModel model;
  at::Tensor x = at::rand({2000, 4});
  AnomalyDetector detector;

  Detecting(const std::string& loss, const DetectorOptions& options)
      : model(exported(variational, folder / "best.pt", {{"loss", loss}})),
        detector(
            fit_detector(model, {.rows = unscaled(x), .text = "rows", .scaling = {}}, options)) {}
};

class DetectorInside : public ::testing::TestWithParam<std::pair<std::string, DetectorOptions>> {};

TEST_P(DetectorInside, GivesTheScoresAndFlagsOfTheTool) {
  Detecting f(GetParam().first, GetParam().second);
  formats::Script script = script_of(f.model);
  add_detector(script, f.model, f.detector);
  const at::Tensor rows = at::rand({10'000, 4}) * 1.2 - 0.1;
  const at::Tensor items = GetParam().first == "bce" ? rows.clamp(0, 1) : rows;
  const auto found = judge_rows(f.model, f.detector, *unscaled(items));
  const at::Tensor scores = method_of(script, "score").run({items}).front();
  EXPECT_EQ(scores.scalar_type(), at::kDouble);
  EXPECT_TRUE(at::allclose(scores, found.scores, 1e-6, 1e-7));
  EXPECT_TRUE(at::equal(method_of(script, "is_anomaly").run({items}).front(), found.flags()));
  EXPECT_GT(found.flagged(), 0);
  for (const auto& graph : formats::graphs_of(script))
    EXPECT_FALSE(graph.operations.empty()) << graph.method;
}

INSTANTIATE_TEST_SUITE_P(
    Scores, DetectorInside,
    ::testing::Values(std::pair{"mse", DetectorOptions{.score = AnomalyScore::Reconstruction}},
                      std::pair{"mse", DetectorOptions{.score = AnomalyScore::Elbo}},
                      std::pair{"bce", DetectorOptions{.score = AnomalyScore::Elbo}},
                      std::pair{"mae", DetectorOptions{.score = AnomalyScore::Elbo, .samples = 3}},
                      std::pair{"mse", DetectorOptions{.score = AnomalyScore::Mahalanobis}}));

TEST(AddDetector, ScoresTheDistanceFromACentre) {
  const TemporaryFolder folder;
  OneClass one_class({}, four_values());
  one_class.named_buffers()["centre"].uniform_(0.5, 1.5);
  auto model = exported(one_class, folder / "best.pt", {{"loss", "mse"}});
  const at::Tensor x = at::rand({50, 4});
  const auto detector = fit_detector(model, {.rows = unscaled(x), .text = "rows", .scaling = {}},
                                     {.score = AnomalyScore::CentreDistance});
  formats::Script script = script_of(model);
  add_detector(script, model, detector);
  EXPECT_TRUE(at::allclose(method_of(script, "score").run({x}).front(), detector.normal_scores,
                           1e-6, 1e-7));
  EXPECT_EQ(method_of(script, "centre_distance").arguments.size(), 1U);
  EXPECT_EQ(formats::graphs_of(script).size(), 6U);
}

TEST(AddDetector, ScoresTheStepsOfAWindow) {
  const TemporaryFolder folder;
  Autoencoder windows({.shapes = {{6, 2}, {6, 2}}, .network = DenseNetwork{.widths = {3}}});
  auto model = exported(windows, folder / "best.pt", {{"loss", "mse"}});
  formats::Script script = script_of(model);
  add_detector(script, model,
               {.options = {.score = AnomalyScore::Reconstruction},
                .threshold = 0.1,
                .steps = StepAverage::Mean});
  const at::Tensor x = at::rand({5, 6, 2});
  const at::Tensor expected = (model.reconstruct(x) - x).to(at::kDouble).square().mean(2);
  EXPECT_TRUE(at::allclose(method_of(script, "score").run({x}).front(), expected, 1e-5, 1e-7));
  EXPECT_TRUE(at::equal(method_of(script, "is_anomaly").run({x}).front(),
                        method_of(script, "score").run({x}).front() > 0.1));
  EXPECT_EQ(formats::graphs_of(script).size(), 5U);
}

TEST(AddDetector, RefusesScoresOfManyDraws) {
  Detecting f("mse", {.score = AnomalyScore::Elbo, .samples = 65});
  formats::Script script = script_of(f.model);
  expect_contains(error_of([&] { add_detector(script, f.model, f.detector); }),
                  {"`threshold`", "at most 64", "65"});
}

TEST(AddDetector, TellsScoresTheCondition) {
  const TemporaryFolder folder;
  Autoencoder plain(four_values(/*condition_width=*/3));
  auto model = exported(plain, folder / "best.pt", {{"loss", "mse"}}, {"a", "b", "c"});
  formats::Script script = script_of(model);
  add_detector(script, model,
               {.options = {.score = AnomalyScore::Reconstruction}, .threshold = 0.1});
  EXPECT_EQ(method_of(script, "score").arguments.size(), 2U);
  EXPECT_EQ(method_of(script, "score")
                .run({at::rand({5, 4}), at::eye(3).narrow(0, 0, 1).expand({5, 3})})
                .front()
                .size(0),
            5);
}

TEST(ScriptOf, TakesThirdPartyFilesOfAGivenShape) {
  HOURGLASS_NEEDS_THIRD_PARTY_MODELS();
  auto model = ExportedModel::load(testing::third_party_model("autoencoder"));
  expect_contains(error_of([&] { script_of(model); }), {"input_shape"});
  model.set_input_shape({1, 8, 8});
  const formats::Script script = script_of(model);
  EXPECT_EQ(script.card.code_shape, Shape{3});
  EXPECT_EQ(formats::graphs_of(script).size(), 3U);
}

}  // namespace
}  // namespace hourglass::evaluation
