#include "hourglass/evaluation/anomaly_ensemble.h"

#include "hourglass/evaluation/anomaly_findings.h"
#include "hourglass/evaluation/errors.h"
#include "hourglass/tests/evaluation/small_model.h"
#include "hourglass/tests/support/support.h"

#include <memory>

namespace hourglass::evaluation {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::exported_member;
using testing::TemporaryFolder;
using testing::unscaled;

std::vector<MemberModel> three_models(const TemporaryFolder& folder) {
  return {{exported_member(folder / "a.pt"), AnomalyScore::Reconstruction},
          {exported_member(folder / "b.pt"), AnomalyScore::Reconstruction},
          {exported_member(folder / "c.pt"), AnomalyScore::Mahalanobis}};
}

NormalRows all_of(const at::Tensor& values) {
  return {.rows = unscaled(values), .text = "rows of a test", .scaling = {}};
}

TEST(AnomalyEnsemble, AddsTheMeanDeviationsOfEachScore) {
  const TemporaryFolder folder;
  const auto members = three_models(folder);
  const at::Tensor x = at::rand({200, 4});
  const AnomalyDetector ensemble = fit_ensemble(members, all_of(x), {ThresholdKind::Quantile, 0.9});
  const auto deviations = [](const at::Tensor& scores) {
    return fit_common_scale(scores).deviations(scores);
  };
  const at::Tensor a = deviations(item_mse(members[0].model->reconstruct(x), x));
  const at::Tensor b = deviations(item_mse(members[1].model->reconstruct(x), x));
  const at::Tensor codes = members[2].model->encode(x);
  const at::Tensor c = deviations(fit_mahalanobis(codes).distance(codes));
  EXPECT_TRUE(ensemble.normal_scores.allclose((a + b) / 2 + c));
  EXPECT_EQ(score_name(ensemble), "ensemble");

  const auto found = judge_rows(*members[0].model, ensemble, *unscaled(x));
  EXPECT_TRUE(found.scores.allclose(ensemble.normal_scores));
  EXPECT_EQ(found.flagged(), 20);
}

TEST(AnomalyEnsemble, IsKeptInAFileBesideItsModels) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "members");
  const at::Tensor x = at::rand({50, 4});
  const AnomalyDetector ensemble =
      fit_ensemble({{exported_member(folder / "members/a.pt"), AnomalyScore::Mahalanobis},
                    {exported_member(folder / "members/b.pt"), AnomalyScore::Reconstruction}},
                   all_of(x), {ThresholdKind::Mad, 6});
  testing::write_file(folder / "detector.json", ensemble_text(ensemble, folder.path()));
  const ModelLoader load = [](const std::filesystem::path& path) {
    return std::make_shared<ExportedModel>(ExportedModel::load(path));
  };
  const AnomalyDetector again = load_ensemble(folder / "detector.json", load);
  EXPECT_EQ(again.threshold, ensemble.threshold);
  EXPECT_EQ(again.options.threshold.text(), "mad:6");
  EXPECT_EQ(again.normal_rows, "rows of a test");
  const Batch batch = unscaled(x)->batch(at::arange(50));
  EXPECT_TRUE(at::equal(ensemble_scorer(again)(batch), ensemble_scorer(ensemble)(batch)));

  // Another model in the place of a member.
  exported_member(folder / "members/b.pt");
  expect_contains(error_of([&] { load_ensemble(folder / "detector.json", load); }),
                  {"detector.json", "another checkpoint"});
  std::filesystem::remove(folder / "members/b.pt");
  expect_contains(error_of([&] { load_ensemble(folder / "detector.json", load); }), {"b.pt"});
  testing::write_file(folder / "none.json",
                      R"({"format": 1, "rule": "mad:6", "threshold": 1, "normal_rows": "",
                          "scaling": {"offset": [0], "factor": [1]}, "members": []})");
  expect_contains(error_of([&] { load_ensemble(folder / "none.json", load); }),
                  {"none.json", "members", "at least one"});
}

}  // namespace
}  // namespace hourglass::evaluation
