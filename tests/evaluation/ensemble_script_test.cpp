#include "hourglass/evaluation/ensemble_script.h"

#include "hourglass/evaluation/anomaly_ensemble.h"
#include "hourglass/evaluation/anomaly_findings.h"
#include "hourglass/formats/exports.h"
#include "hourglass/tests/evaluation/small_model.h"
#include "hourglass/tests/support/support.h"

#include <memory>

namespace hourglass::evaluation {
namespace {

using testing::error_of;
using testing::expect_contains;
using testing::four_values;
using testing::TemporaryFolder;
using testing::unscaled;

MemberModel member(const std::filesystem::path& path, AnomalyScore score,
                   int64_t condition_width = 0) {
  models::Autoencoder model(four_values(condition_width));
  const std::vector<std::string> classes(static_cast<size_t>(condition_width), "a class");
  return {
      std::make_shared<ExportedModel>(testing::exported(model, path, {{"loss", "mse"}}, classes)),
      score};
}

TEST(ScriptOfEnsemble, GivesTheScoresAndFlagsOfTheTool) {
  const TemporaryFolder folder;
  const AnomalyDetector ensemble =
      fit_ensemble({member(folder / "a.pt", AnomalyScore::Reconstruction),
                    member(folder / "b.pt", AnomalyScore::Mahalanobis),
                    member(folder / "c.pt", AnomalyScore::Reconstruction)},
                   {.rows = unscaled(at::rand({300, 4})), .text = "rows", .scaling = {}},
                   {ThresholdKind::Quantile, 0.9});
  const at::Tensor items = at::rand({500, 4}) * 1.2 - 0.1;
  const auto found = judge_rows(*ensemble.members[0]->model, ensemble, *unscaled(items));
  const formats::Script script = script_of_ensemble(ensemble);
  EXPECT_TRUE(at::allclose(script.methods.at(0).run({items}).front(), found.scores, 1e-6, 1e-6));
  EXPECT_TRUE(at::equal(script.methods.at(1).run({items}).front(), found.flags()));
  EXPECT_GT(found.flagged(), 0);

  for (const auto format : {formats::ExportFormat::Pt2, formats::ExportFormat::Onnx,
                            formats::ExportFormat::C, formats::ExportFormat::TorchScript}) {
    for (const auto& path : formats::write_export(script, format, folder.path(), "ensemble")) {
      EXPECT_TRUE(std::filesystem::exists(path)) << path;
    }
  }
}

TEST(ScriptOfEnsemble, RefusesMembersThatAreToldAClass) {
  const TemporaryFolder folder;
  AnomalyDetector ensemble;
  const auto told = member(folder / "a.pt", AnomalyScore::Reconstruction, 3);
  ensemble.members.push_back(std::make_shared<EnsembleMember>(EnsembleMember{.model = told.model}));
  expect_contains(error_of([&] { script_of_ensemble(ensemble); }), {"a.pt", "condition"});
}

}  // namespace
}  // namespace hourglass::evaluation
